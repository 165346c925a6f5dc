import { createLocalJWKSet, importJWK, type JSONWebKeySet, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { FederationError } from './federation-error.ts';
import type { SigningKey } from './keys.ts';

/** Signature algorithms of the rules: required, then recommended. */
export const SIGNATURES_REQUIRED = ['RS256', 'RS512'] as const;
export const SIGNATURES = [...SIGNATURES_REQUIRED, 'ES256', 'ES512', 'PS256', 'PS512'] as const;

/** JOSE types; on the wire the content type is `application/` and the same. */
export const ENTITY_STATEMENT = 'entity-statement+jwt';
export const TRUST_MARK = 'trust-mark+jwt';
export const RESOLVE_RESPONSE = 'resolve-response+jwt';

const CLOCK_TOLERANCE_S = 5;

const keySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string().min(1), kid: z.string().min(1) })).min(1),
});

const statement = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  iat: z.number().int(),
  exp: z.number().int(),
  jwks: keySet,
  metadata: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  metadata_policy: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  authority_hints: z.array(z.string()).default([]),
  trust_marks: z.array(z.looseObject({ id: z.string(), trust_mark: z.string() })).default([]),
  trust_mark_issuers: z.record(z.string(), z.array(z.string())).default({}),
});

/** An entity configuration or a statement about a subordinate, verified and parsed. */
export type Statement = z.output<typeof statement>;
/** Metadata of one entity type. */
export type Metadata = Readonly<Record<string, unknown>>;

/** Seconds since 1970, as JWTs count. */
export function nowS(): number {
  return Math.floor(Date.now() / 1000);
}

/** Signs claims with `iat` now and `exp` after the lifetime. */
export async function signJwt(
  key: SigningKey,
  type: string,
  claims: JWTPayload & { readonly iss: string; readonly sub: string },
  lifetimeS: number,
): Promise<string> {
  const issuedAt = nowS();
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: type })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeS)
    .sign(await importJWK(key.privateJwk, 'RS256'));
}

/**
 * Verifies type, algorithm, signature, issuer, subject and times, and the statement's shape.
 *
 * @throws FederationError `invalid_client`
 */
export async function verifyStatement(
  jwt: string,
  keys: JSONWebKeySet,
  expected: { readonly issuer: string; readonly subject: string },
): Promise<Statement> {
  try {
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(keys), {
      ...expected,
      typ: ENTITY_STATEMENT,
      algorithms: [...SIGNATURES],
      requiredClaims: ['iat', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
    });
    return statement.parse(payload);
  } catch (cause) {
    throw new FederationError(
      'invalid_client',
      `the statement of ${expected.issuer} is not valid: ${reason(cause)}`,
      cause,
    );
  }
}

/** Verifies an entity configuration with the keys in itself. @throws FederationError `invalid_client` */
export async function verifyEntityConfiguration(jwt: string, id: string): Promise<Statement> {
  const keys = keySet.safeParse(payloadOf(jwt)['jwks']);
  if (!keys.success) {
    throw new FederationError('invalid_client', `the entity configuration of ${id} has no federation keys with a kid`);
  }
  return verifyStatement(jwt, keys.data, { issuer: id, subject: id });
}

/** A trust mark's claims where it is valid; null where not. */
export async function verifyTrustMark(
  jwt: string,
  keys: JSONWebKeySet,
  expected: { readonly issuer: string; readonly subject?: string },
): Promise<JWTPayload | null> {
  const options = {
    ...expected,
    typ: TRUST_MARK,
    algorithms: [...SIGNATURES],
    requiredClaims: ['sub', 'id', 'iat', 'exp'],
    clockTolerance: CLOCK_TOLERANCE_S,
  };
  const verified = await jwtVerify(jwt, createLocalJWKSet(keys), options).catch(() => null);
  return verified?.payload ?? null;
}

function payloadOf(jwt: string): Readonly<Record<string, unknown>> {
  try {
    return z.looseObject({}).parse(JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()));
  } catch (cause) {
    throw new FederationError('invalid_client', 'an entity configuration is not a JWT', cause);
  }
}

function reason(cause: unknown): string {
  if (cause instanceof z.ZodError) return z.prettifyError(cause);
  return cause instanceof Error ? cause.message : String(cause);
}
