import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { Limit } from './gateway-deps.ts';
import { answerRefusal, type GatewayRefusalKind } from './refusal.ts';

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
  return rateLimit({
    windowMs: limit.windowMs,
    limit: limit.requests,
    store: limit.store,
    passOnStoreError: whenAway === 'open',
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request) => ipKeyGenerator(request.ip ?? 'unknown', IPV6_PREFIX),
    handler: (request, response) => answerRefusal(request, response, kind),
    // The store says for itself when it is away; express-rate-limit would write to the console on every request.
    logger: { warn: () => undefined, error: () => undefined },
  });
}
