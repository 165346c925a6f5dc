import { type MunicipalityId, type PersonId, type PupilId, parseId, parseNumberId } from '@campanella/vocabulary';
import type { RequestHandler, Response } from 'express';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { HttpRefusal, unavailable } from './http-app.ts';

export const IDENTITY_ISSUER = 'campanella-identity';
export const IDENTITY_AUDIENCE = 'campanella';
/** Oldest token that is believed, whatever its own expiry says. */
export const IDENTITY_TOKEN_MAX_AGE_S = 300;

/** Who asks, as the internal identity token says. */
export interface Identity {
  readonly personId: PersonId;
  readonly municipalityId: MunicipalityId;
  readonly role: 'guardian' | 'office' | 'school' | 'sre';
  /** The pupils whose registered payer the person is. */
  readonly pupilIds: readonly PupilId[];
}

/** Makes a zod step of a parser that answers null for what it refuses. */
function parsedBy<Raw, Value>(raw: z.ZodType<Raw>, parse: (value: Raw) => Value | null) {
  return raw.transform((value, context): Value => {
    const parsed = parse(value);
    if (parsed !== null) return parsed;
    context.addIssue({ code: 'custom', message: 'malformed' });
    return z.NEVER;
  });
}

const Claims = z.object({
  sub: parsedBy(z.string(), parseId<PersonId>),
  municipality_id: parsedBy(z.number(), parseNumberId<MunicipalityId>),
  role: z.enum(['guardian', 'office', 'school', 'sre']),
  pupil_ids: z.array(parsedBy(z.string(), parseId<PupilId>)).max(100),
});

/**
 * Lets a request through only with a valid internal identity token (`Authorization: Bearer`), which {@link identityOf} then
 * answers. Any fault in the token is the same 401; keys that cannot be had are 503.
 */
export function requireIdentity(options: { readonly jwksUrl: string }): RequestHandler {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: 2_000, cooldownDuration: 1_000 });
  return async (request, response, next) => {
    const [scheme, token] = (request.get('authorization') ?? '').split(' ');
    if (scheme !== 'Bearer' || token === undefined) throw signedOut();
    response.locals['identity'] = await verify(token, keys);
    next();
  };
}

async function verify(token: string, keys: ReturnType<typeof createRemoteJWKSet>): Promise<Identity> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: IDENTITY_ISSUER,
      audience: IDENTITY_AUDIENCE,
      algorithms: ['EdDSA', 'RS256'],
      maxTokenAge: IDENTITY_TOKEN_MAX_AGE_S,
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance: 5,
    });
    const claims = Claims.parse(payload);
    return {
      personId: claims.sub,
      municipalityId: claims.municipality_id,
      role: claims.role,
      pupilIds: claims.pupil_ids,
    };
  } catch (cause) {
    throw cause instanceof z.ZodError || isTokenFault(cause) ? signedOut() : unavailable();
  }
}

/** Faults of the token, and not of the keys' way to us: those must sign nobody out. */
function isTokenFault(cause: unknown): boolean {
  if (!(cause instanceof errors.JOSEError)) return false;
  const isKeysFault =
    cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid || cause.code === 'ERR_JOSE_GENERIC';
  return !isKeysFault;
}

function signedOut(): HttpRefusal {
  return new HttpRefusal(401, 'signed_out', 'Sessione scaduta: accedere di nuovo');
}

/** The identity of a request that passed {@link requireIdentity}. @throws Error otherwise: a route without the guard is a bug */
export function identityOf(response: Response): Identity {
  const identity: Identity | undefined = response.locals['identity'];
  if (identity === undefined) throw new Error('this route is not behind requireIdentity');
  return identity;
}
