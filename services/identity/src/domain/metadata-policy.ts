import { accept, type Decision, refuse } from '@campanella/vocabulary';

/** Metadata of one entity type: what an entity says of itself. */
export type Metadata = Readonly<Record<string, unknown>>;

/** What a superior prescribes for one entity type: parameter → operator → value. */
export type MetadataPolicy = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A policy that cannot be obeyed: two superiors contradict each other, or the metadata breaks it. */
export interface PolicyRefusal {
  readonly kind: 'policy_contradiction' | 'policy_broken' | 'policy_unknown';
  /** The parameter at fault. */
  readonly parameter: string;
}

const OPERATORS = ['value', 'add', 'default', 'one_of', 'subset_of', 'superset_of', 'essential'] as const;
type Operator = (typeof OPERATORS)[number];
type Rules = Readonly<Partial<Record<Operator, unknown>>>;

/**
 * Joins the policies of a chain of superiors, the anchor's first. A lower one may narrow what a higher one said, never widen it.
 *
 * @see OpenID Federation 1.0, section 6.1.3 (operators, and how each combines with its like)
 */
export function joinPolicies(
  policies: readonly MetadataPolicy[],
  criticalOperators: readonly string[] = [],
): Decision<MetadataPolicy, PolicyRefusal> {
  const unknown = criticalOperators.find((name) => !isOperator(name));
  if (unknown !== undefined) return refuse({ kind: 'policy_unknown', parameter: unknown });
  const joined: Record<string, Rules> = {};
  for (const policy of policies) {
    for (const [parameter, given] of Object.entries(policy)) {
      const rules = joinRules(joined[parameter] ?? {}, given);
      if (rules === null) return refuse({ kind: 'policy_contradiction', parameter });
      joined[parameter] = rules;
    }
  }
  return accept(joined);
}

/** Operators that are not the specification's are passed over unless they are said to be critical. */
function joinRules(higher: Rules, lower: Readonly<Record<string, unknown>>): Rules | null {
  const joined: Partial<Record<Operator, unknown>> = { ...higher };
  for (const operator of OPERATORS) {
    if (!(operator in lower)) continue;
    const value = lower[operator];
    if (!(operator in higher)) joined[operator] = value;
    else {
      const both = joinOperator(operator, higher[operator], value);
      if (both === undefined) return null;
      joined[operator] = both;
    }
  }
  return joined;
}

/** Undefined for a contradiction. */
function joinOperator(operator: Operator, higher: unknown, lower: unknown): unknown {
  switch (operator) {
    case 'value':
    case 'default':
      return isSame(higher, lower) ? higher : undefined;
    case 'essential':
      return higher === true || lower === true;
    case 'add':
    case 'superset_of':
      return union(toList(higher), toList(lower));
    case 'one_of':
    case 'subset_of': {
      const common = toList(higher).filter((item) => has(toList(lower), item));
      return operator === 'one_of' && common.length === 0 ? undefined : common;
    }
  }
}

/**
 * Applies a joined policy to what an entity says of itself.
 *
 * @returns the metadata that counts; or the first parameter that breaks the policy
 * @see OpenID Federation 1.0, section 6.1.4.2 (the order: value, add, default, then the checks)
 */
export function applyPolicy(metadata: Metadata, policy: MetadataPolicy): Decision<Metadata, PolicyRefusal> {
  const result: Record<string, unknown> = { ...metadata };
  for (const [parameter, rules] of Object.entries(policy)) {
    const value = decide(result[parameter], rules);
    if (value === BROKEN) return refuse({ kind: 'policy_broken', parameter });
    if (value === undefined) delete result[parameter];
    else result[parameter] = value;
  }
  return accept(result);
}

const BROKEN = Symbol('broken');

function decide(given: unknown, rules: Rules): unknown {
  let value = given;
  if ('value' in rules) value = rules.value ?? undefined; // null removes the parameter
  if ('add' in rules) value = union(toList(value), toList(rules.add));
  if ('default' in rules && value === undefined) value = rules.default;
  if (value === undefined) return rules.essential === true ? BROKEN : undefined;
  // A parameter such as scope is a list written as one text.
  const isText = typeof value === 'string';
  const list = toList(value);
  if ('one_of' in rules && !has(toList(rules.one_of), value)) return BROKEN;
  if ('superset_of' in rules && !toList(rules.superset_of).every((item) => has(list, item))) return BROKEN;
  if (!('subset_of' in rules)) return value;
  const kept = list.filter((item) => has(toList(rules.subset_of), item));
  if (kept.length === 0) return rules.essential === true ? BROKEN : undefined;
  return isText ? kept.join(' ') : kept;
}

function isOperator(name: string): name is Operator {
  return OPERATORS.some((operator) => operator === name);
}

function toList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return value.split(' ');
  return Array.isArray(value) ? value : [value];
}

function union(a: readonly unknown[], b: readonly unknown[]): readonly unknown[] {
  return [...a, ...b.filter((item) => !has(a, item))];
}

function has(list: readonly unknown[], item: unknown): boolean {
  return list.some((one) => isSame(one, item));
}

/** Equal as JSON, whatever the order of an object's members. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}
