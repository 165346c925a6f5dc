import { isDeepStrictEqual } from 'node:util';
import { FederationError } from './federation-error.ts';
import type { Metadata } from './statements.ts';

/** What a superior demands of one parameter; the order of application is that of the members. */
export interface ParameterPolicy {
  readonly value?: unknown;
  readonly add?: unknown;
  readonly default?: unknown;
  readonly one_of?: unknown;
  readonly subset_of?: unknown;
  readonly superset_of?: unknown;
  readonly essential?: unknown;
}

/** Policy of one entity type: parameter → operators. */
export type MetadataPolicy = Readonly<Record<string, ParameterPolicy>>;

/**
 * Applies a policy to an entity's metadata.
 *
 * @returns the resulting metadata; parameters without a policy stay as they are
 * @throws FederationError `unauthorized_client` naming the parameter that the policy refuses
 * @see OpenID Federation 1.0, section 6.1.3
 */
export function applyMetadataPolicy(metadata: Metadata, policy: MetadataPolicy): Metadata {
  const result: Record<string, unknown> = { ...metadata };
  for (const [parameter, operators] of Object.entries(policy)) {
    const value = applyOperators(parameter, result[parameter], operators);
    if (value === undefined) delete result[parameter];
    else result[parameter] = value;
  }
  return result;
}

function applyOperators(parameter: string, given: unknown, operators: ParameterPolicy): unknown {
  const refuse = (why: string): never => {
    throw new FederationError('unauthorized_client', `metadata policy: ${parameter} ${why}`);
  };
  let value = given;
  if (operators.value !== undefined) value = operators.value ?? undefined;
  if (operators.add !== undefined) value = union(value, operators.add);
  if (operators.default !== undefined && value === undefined) value = operators.default;
  if (operators.one_of !== undefined && value !== undefined && !includes(operators.one_of, value)) {
    refuse(`must be one of ${JSON.stringify(operators.one_of)}`);
  }
  if (operators.subset_of !== undefined && value !== undefined) {
    const kept = asArray(value).filter((item) => includes(operators.subset_of, item));
    value = kept.length === 0 ? undefined : kept;
  }
  if (operators.superset_of !== undefined && value !== undefined) {
    const missing = asArray(operators.superset_of).filter((item) => !includes(value, item));
    if (missing.length > 0) refuse(`must contain ${JSON.stringify(missing)}`);
  }
  if (operators.essential === true && value === undefined) refuse('is missing, or nothing of it is allowed');
  return value;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function includes(list: unknown, item: unknown): boolean {
  return asArray(list).some((one) => isDeepStrictEqual(one, item));
}

function union(first: unknown, second: unknown): readonly unknown[] {
  const start = first === undefined ? [] : asArray(first);
  return [...start, ...asArray(second).filter((item) => !includes(start, item))];
}
