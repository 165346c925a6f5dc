import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { z } from 'zod';
import type { EntityStatement, KeySet } from '../domain/trust-chain.ts';

/** Signatures that SPID and CIE must or should support; neither `none` nor a shared secret (cryptographic algorithms, both rules). */
export const SIGNATURES = ['RS256', 'RS512', 'ES256', 'ES512', 'PS256', 'PS512'];
const CLOCK_TOLERANCE_S = 60;
const LIST_MAX = 50;

/** Media types and the `typ` of the JWT inside, OpenID Federation 1.0. */
export const STATEMENT_TYPE = 'application/entity-statement+jwt';
const STATEMENT_TYP = 'entity-statement+jwt';

/** A statement that is not what it should be: form, signature, or who says it of whom. */
export class StatementError extends Error {
  constructor(subject: string, reason: string, options?: ErrorOptions) {
    super(`the statement about ${subject}: ${reason}`, options);
    this.name = 'StatementError';
  }
}

const Jwk = z.record(z.string(), z.unknown()).and(z.object({ kty: z.string(), kid: z.string().min(1) }));
const Jwks = z.object({ keys: z.array(Jwk).min(1).max(LIST_MAX) });
const metadataByType = z.record(z.string(), z.record(z.string(), z.unknown()));
const TrustMark = z
  // `id` before the final specification, `trust_mark_type` in it; the Italian rules still say `id`.
  .object({ id: z.string().optional(), trust_mark_type: z.string().optional(), trust_mark: z.string() })
  .transform(({ id, trust_mark_type: type, trust_mark: jwt }) => ({ type: type ?? id ?? '', jwt }));

const Claims = z
  .object({
    iss: z.string(),
    sub: z.string(),
    iat: z.number(),
    exp: z.number(),
    jwks: Jwks,
    authority_hints: z.array(z.string()).max(LIST_MAX).default([]),
    metadata: metadataByType.default({}),
    metadata_policy: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
    metadata_policy_crit: z.array(z.string()).default([]),
    constraints: z
      .object({
        max_path_length: z.int().min(0).nullable().default(null),
        allowed_leaf_entity_types: z.array(z.string()).nullable().default(null),
      })
      .default({ max_path_length: null, allowed_leaf_entity_types: null }),
    trust_marks: z.array(TrustMark).max(LIST_MAX).default([]),
    trust_mark_issuers: z.record(z.string(), z.array(z.string())).default({}),
    crit: z.array(z.string()).max(0, 'names claims that we do not understand').default([]),
  })
  .transform(
    (claims): EntityStatement => ({
      issuer: claims.iss,
      subject: claims.sub,
      issuedAt: new Date(claims.iat * 1000),
      expiresAt: new Date(claims.exp * 1000),
      jwks: claims.jwks,
      authorityHints: claims.authority_hints,
      metadata: claims.metadata,
      metadataPolicy: claims.metadata_policy,
      metadataPolicyCritical: claims.metadata_policy_crit,
      maxPathLength: claims.constraints.max_path_length,
      allowedLeafTypes: claims.constraints.allowed_leaf_entity_types,
      trustMarks: claims.trust_marks,
      trustMarkIssuers: claims.trust_mark_issuers,
    }),
  );

/** Who must have said it of whom, and whose keys prove it. */
export interface Expected {
  readonly issuer: string;
  readonly subject: string;
  /** Null for an entity's word about itself, which its own keys prove: worth nothing until a superior vouches for them. */
  readonly keys: KeySet | null;
  readonly now: Date;
}

/**
 * Reads an entity statement and checks its signature, type, times, and who says it of whom.
 *
 * @throws StatementError for every fault
 */
export async function readStatement(jwt: string, expected: Expected): Promise<EntityStatement> {
  const { issuer, subject, now } = expected;
  try {
    const keys = expected.keys ?? Claims.parse(decodeJwt(jwt)).jwks;
    const { payload } = await jwtVerify(jwt, createLocalJWKSet({ keys: keys.keys.map((key) => Jwk.parse(key)) }), {
      issuer,
      subject,
      typ: STATEMENT_TYP,
      algorithms: SIGNATURES,
      requiredClaims: ['iss', 'sub', 'iat', 'exp', 'jwks'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: now,
    });
    const statement = Claims.parse(payload);
    if (statement.issuedAt.getTime() > now.getTime() + CLOCK_TOLERANCE_S * 1000) throw new Error('is of the future');
    return statement;
  } catch (error) {
    throw new StatementError(subject, reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join(', ');
  return error instanceof Error ? error.message : 'is unreadable';
}

const TrustMarkClaims = z.object({
  iss: z.string(),
  sub: z.string(),
  id: z.string().optional(),
  trust_mark_type: z.string().optional(),
});

/**
 * Says whether a trust mark of an entity is real: of its type, for this subject, not expired, and signed by somebody whom the anchor lets
 * give that type.
 *
 * @param keysOf the federation keys of an issuer of trust marks; null for one that we know nothing of
 */
export async function isRealTrustMark(
  mark: { readonly type: string; readonly jwt: string },
  subject: string,
  anchor: EntityStatement,
  keysOf: (issuer: string) => KeySet | null,
  now: Date,
): Promise<boolean> {
  try {
    const { iss } = TrustMarkClaims.parse(decodeJwt(mark.jwt));
    const keys = keysOf(iss);
    if (keys === null || !(anchor.trustMarkIssuers[mark.type] ?? []).includes(iss)) return false;
    const { payload } = await jwtVerify(mark.jwt, createLocalJWKSet({ keys: keys.keys.map((key) => Jwk.parse(key)) }), {
      issuer: iss,
      subject,
      algorithms: SIGNATURES,
      requiredClaims: ['iss', 'sub', 'iat'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: now,
    });
    const claims = TrustMarkClaims.parse(payload);
    return (claims.trust_mark_type ?? claims.id) === mark.type;
  } catch {
    return false;
  }
}
