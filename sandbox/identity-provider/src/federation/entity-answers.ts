import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { FederationError } from './federation-error.ts';
import type { SigningKey } from './keys.ts';
import { nowS, RESOLVE_RESPONSE, signJwt } from './statements.ts';
import { resolveTrustChain } from './trust-chain.ts';

/** Answers a signed statement. */
export function sendJwt(response: Response, type: string, jwt: string): void {
  // Not `send`, which would add a charset that these types do not have.
  response.setHeader('content-type', `application/${type}`).setHeader('cache-control', 'no-store').end(jwt);
}

/** A query parameter that is given exactly once. @throws FederationError `invalid_request` */
export function requiredParameter(request: Request, name: string): string {
  const value = request.query[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new FederationError('invalid_request', `the parameter ${name} is required, once`);
}

/** Turns the federation's refusals into its error answers. */
export function sendFederationError(cause: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (!(cause instanceof FederationError)) {
    next(cause);
    return;
  }
  response
    .status(cause.status)
    .set('cache-control', 'no-store')
    .json({ error: cause.code, error_description: cause.message });
}

/**
 * The resolve end point: metadata with the policy applied, valid trust marks and the chain of a subject.
 *
 * @param options.knows whether a subject may be asked for; another is 404, and is not fetched
 * @see the technical rules, "Federation endpoints" and example EN 4
 */
export function resolveEndpoint(options: {
  readonly id: string;
  readonly key: SigningKey;
  readonly anchor: string;
  readonly knows: (subject: string) => boolean;
}): RequestHandler {
  return async (request, response) => {
    const subject = requiredParameter(request, 'sub');
    const anchor = requiredParameter(request, 'anchor');
    if (anchor !== options.anchor) throw new FederationError('not_found', `${anchor} is no trust anchor here`);
    if (!options.knows(subject)) throw new FederationError('not_found', `${subject} is unknown here`);
    const resolved = await resolveTrustChain(subject, anchor);
    const claims = {
      iss: options.id,
      sub: subject,
      metadata: resolved.metadata,
      trust_marks: resolved.trustMarks,
      trust_chain: resolved.trustChain,
    };
    const lifetimeS = Math.max(1, resolved.expiresAtS - nowS());
    sendJwt(response, RESOLVE_RESPONSE, await signJwt(options.key, RESOLVE_RESPONSE, claims, lifetimeS));
  };
}
