import { accept, type Decision, refuse } from '@campanella/vocabulary';
import { applyPolicy, joinPolicies, type Metadata, type MetadataPolicy } from './metadata-policy.ts';

/** The public keys of an entity in JSON Web Key form. */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** What an entity says of itself (issuer and subject are one) or a superior of a subordinate, once its signature was found right. */
export interface EntityStatement {
  readonly issuer: string;
  readonly subject: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly jwks: KeySet;
  readonly authorityHints: readonly string[];
  readonly metadata: Readonly<Record<string, Metadata>>;
  readonly metadataPolicy: Readonly<Record<string, MetadataPolicy>>;
  readonly metadataPolicyCritical: readonly string[];
  /** How many superiors may stand between this one and a leaf; null for any number. */
  readonly maxPathLength: number | null;
  readonly allowedLeafTypes: readonly string[] | null;
  readonly trustMarks: readonly { readonly type: string; readonly jwt: string }[];
  /** Who may give which trust mark, as an anchor says. */
  readonly trustMarkIssuers: Readonly<Record<string, readonly string[]>>;
}

/** The statements from a leaf up to its anchor: the leaf's own, then each superior's about the one below, then the anchor's own. */
export interface TrustChain {
  readonly leaf: EntityStatement;
  readonly subordinates: readonly EntityStatement[];
  readonly anchor: EntityStatement;
}

/** A chain that does not lead to trust. The code is for the log. */
export interface ChainRefusal {
  readonly kind: 'untrusted';
  readonly code: string;
}

/** What a chain comes to. */
export interface TrustedEntity {
  readonly metadata: Metadata;
  readonly expiresAt: Date;
}

/**
 * Concludes from the statements of a chain what the anchor vouches for.
 *
 * The signatures were checked before, each with the keys that the superior vouches for; here: that the statements hang together, that none
 * has expired, the anchor's constraints, and the metadata under every superior's policy.
 *
 * @param type e.g. `openid_provider`
 * @returns the metadata that counts, and until when: the earliest end of all statements
 * @see OpenID Federation 1.0, sections 4, 6.1, 6.2 and 10.2
 */
export function concludeChain(chain: TrustChain, type: string, now: Date): Decision<TrustedEntity, ChainRefusal> {
  const untrusted = (code: string) => refuse({ kind: 'untrusted' as const, code });
  const { leaf, subordinates, anchor } = chain;
  const superior = subordinates.at(-1);
  if (superior === undefined || superior.issuer !== anchor.subject) return untrusted('chain_ends_elsewhere');
  for (const [index, statement] of subordinates.entries()) {
    const below = index === 0 ? leaf.subject : subordinates[index - 1]?.issuer;
    if (statement.subject !== below) return untrusted('chain_is_broken');
  }
  const all = [leaf, ...subordinates, anchor];
  if (all.some((statement) => statement.expiresAt <= now)) return untrusted('statement_expired');
  const between = subordinates.length - 1;
  for (const [index, { maxPathLength }] of [...subordinates, anchor].entries()) {
    const below = Math.min(index, between);
    if (maxPathLength !== null && below > maxPathLength) return untrusted('path_too_long');
  }
  for (const { allowedLeafTypes } of [...subordinates, anchor]) {
    if (allowedLeafTypes !== null && !allowedLeafTypes.includes(type)) return untrusted('type_not_allowed');
  }
  const said = leaf.metadata[type];
  if (said === undefined) return untrusted('no_such_metadata');
  const topDown = subordinates.toReversed();
  const policy = joinPolicies(
    topDown.map((statement) => statement.metadataPolicy[type] ?? {}),
    topDown.flatMap((statement) => statement.metadataPolicyCritical),
  );
  if (!policy.ok) return untrusted(`${policy.refusal.kind}:${policy.refusal.parameter}`);
  // What the immediate superior states of the leaf stands above what the leaf says of itself, before any policy (section 6.1.4).
  const metadata = applyPolicy({ ...said, ...subordinates[0]?.metadata[type] }, policy.value);
  if (!metadata.ok) return untrusted(`${metadata.refusal.kind}:${metadata.refusal.parameter}`);
  const expiresAt = new Date(Math.min(...all.map((statement) => statement.expiresAt.getTime())));
  return accept({ metadata: metadata.value, expiresAt });
}
