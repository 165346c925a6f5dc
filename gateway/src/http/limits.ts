import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { Session } from '../domain/session.ts';
import type { Limit } from './gateway-deps.ts';
import { answerRefusal, type GatewayRefusalKind } from './refusal.ts';
import { slot } from './slot.ts';

/** One household gets one /56 of IPv6, so that is what counts as one address. */
const IPV6_PREFIX = 56;

/**
 * Limits requests per address.
 *
 * @param whenAway `open` lets everything through while Redis is away (reading goes on), `closed` lets nothing through (guessing does not)
 * @param kind what the refusal is called
 */
export function limitPerAddress(
  limit: Limit,
  whenAway: 'open' | 'closed',
  kind: GatewayRefusalKind = 'too_many_requests',
): RequestHandler {
  const addressOf = (request: Request) => ipKeyGenerator(request.ip ?? 'unknown', IPV6_PREFIX);
  return limitBy(addressOf, limit, whenAway, kind);
}

const person = slot<Session>('person');

/** Notes whose request it is that is answered. */
export function setPerson(response: Response, session: Session): void {
  person.set(response, session);
}

/** The session of a request that has been let in. */
export function personOf(response: Response): Session {
  const session = person.of(response);
  if (session === undefined) throw new Error('a route was reached without being let in');
  return session;
}

/**
 * Limits requests per signed-in person, from however many addresses and devices. Open while Redis cannot count: whoever gets here was
 * just found in the same Redis, and the limit per address still stands in front.
 */
export function limitPerPerson(limit: Limit): RequestHandler {
  const keyOf = (_request: Request, response: Response) => {
    const { municipalityId, personId } = personOf(response);
    return `${municipalityId}/${personId}`;
  };
  return limitBy(keyOf, limit, 'open', 'too_many_requests');
}

function limitBy(
  keyGenerator: (request: Request, response: Response) => string,
  limit: Limit,
  whenAway: 'open' | 'closed',
  kind: GatewayRefusalKind,
): RequestHandler {
  return rateLimit({
    windowMs: limit.windowMs,
    limit: limit.requests,
    store: limit.store,
    passOnStoreError: whenAway === 'open',
    // Only a refusal says how much is left of its window: nobody reads it on every answer.
    standardHeaders: false,
    legacyHeaders: false,
    keyGenerator,
    handler: (request, response) =>
      answerRefusal(request, response, kind, { retryAfterS: secondsLeft(request, limit) }),
    // The store says for itself when it is away; express-rate-limit would write to the console on every request.
    logger: { warn: () => undefined, error: () => undefined },
  });
}

function secondsLeft(request: Request, { windowMs }: Limit): number {
  const info: { readonly resetTime?: unknown } = 'rateLimit' in request ? Object(request.rateLimit) : {};
  const leftMs = info.resetTime instanceof Date ? info.resetTime.getTime() - Date.now() : windowMs;
  return Math.max(1, Math.ceil(leftMs / 1000));
}
