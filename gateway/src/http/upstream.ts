import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { counter, gauge, type Logger } from '@campanella/service-kit';
import {
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
} from 'cockatiel';
import type { Request, Response } from 'express';
import { type Dispatcher, Pool } from 'undici';
import { retryBudget } from '../domain/retry-budget.ts';
import { isRead } from './guards.ts';

/** A service behind the gateway. */
export interface UpstreamSettings {
  readonly name: string;
  readonly baseUrl: string;
  /** How long an answer may take to begin, all attempts together; then also how long it may stand still. */
  readonly readWithinMs: number;
  readonly writeWithinMs: number;
}

/** Requests under way to one service at once: a slow one fills its own room and takes nothing from the others. */
const UNDER_WAY_MAX = 256;
/** Kept connections are given up well before the services give them up, so that no request meets a closing one. */
const IDLE_SOCKET_MS = 4_000;
/** The breaker opens when more than half of the last 20 requests, and at least 5, were not answered. */
const BREAKER = { threshold: 0.5, size: 20, minimumNumberOfCalls: 5 };
/** It lets one request through after a second; while those fail, less and less often. */
const PROBES = { initialDelay: 1_000, maxDelay: 15_000 };
const RETRIES_PER_REQUEST = 0.1;
const RETRIES_IN_HAND = 10;
const RETRY_AFTER_MS = { least: 20, spread: 80 };

/** What a service may say to a browser beside its status and body; cookies, policies, addresses and hop-by-hop headers are not its to say. */
const PASSED_BACK = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'retry-after',
  'vary',
]);

type Fault = 'unreachable' | 'late' | 'not_a_service' | 'breaker_open' | 'full' | 'client_gone';

/** A service did not answer. */
export class NoAnswer extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, cause?: unknown) {
    super(`no answer: ${fault}`, { cause });
    this.name = 'NoAnswer';
    this.fault = fault;
  }
}

/** Faults of the service, and not of our own bounds or of a browser that gave up: nobody outside may open the breaker. */
const SERVICE_FAULTS: ReadonlySet<Fault> = new Set(['unreachable', 'late', 'not_a_service']);

const faults = counter('campanella_gateway_upstream_faults_total', 'Requests that a service did not answer, by fault', [
  'upstream',
  'fault',
]);
const retries = counter('campanella_gateway_upstream_retries_total', 'Reads that were asked again', ['upstream']);
const underWay = gauge('campanella_gateway_upstream_requests', 'Requests under way to a service', ['upstream']);
const breakerState = gauge('campanella_gateway_breaker_state', '0 closed, 1 half open (one probe), 2 open', [
  'upstream',
]);

const STATE_VALUE = {
  [CircuitState.Closed]: 0,
  [CircuitState.HalfOpen]: 1,
  [CircuitState.Open]: 2,
  [CircuitState.Isolated]: 2,
};

/** What a service is sent: a method, the whole path with its query, headers and body of our own making. */
export interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A service as the proxy uses it. */
export interface Upstream {
  /**
   * Passes a request on and the answer back; resolves when the service has done its part. A read that reached nobody is asked once more,
   * within the same deadline and the budget of retries.
   *
   * @throws NoAnswer when nothing was sent to the browser yet
   */
  forward(request: Request, response: Response, sent: Sent): Promise<void>;
  close(): Promise<void>;
}

/** Opens a service: its own connections, room, breaker and budget. */
export function openUpstream(settings: UpstreamSettings, logger: Logger): Upstream {
  const upstream = settings.name;
  const base = new URL(settings.baseUrl);
  const pool = new Pool(base.origin, {
    connections: UNDER_WAY_MAX,
    keepAliveTimeout: IDLE_SOCKET_MS,
    keepAliveMaxTimeout: IDLE_SOCKET_MS,
    // Until an answer begins the attempt's own deadline holds; afterwards it may not stand still for longer than this.
    headersTimeout: 0,
    bodyTimeout: Math.max(settings.readWithinMs, settings.writeWithinMs),
  });
  const room = bulkhead(UNDER_WAY_MAX);
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof NoAnswer && SERVICE_FAULTS.has(error.fault)),
    { breaker: new CountBreaker(BREAKER), halfOpenAfter: new ExponentialBackoff(PROBES) },
  );
  breakerState.set({ upstream }, STATE_VALUE[CircuitState.Closed]);
  breaker.onStateChange((state) => {
    breakerState.set({ upstream }, STATE_VALUE[state]);
    if (state === CircuitState.Open) logger.warn({ upstream }, 'a service does not answer; its breaker is open');
    if (state === CircuitState.Closed) logger.info({ upstream }, 'a service answers again; its breaker is closed');
  });
  const budget = retryBudget(RETRIES_PER_REQUEST, RETRIES_IN_HAND);
  const prefix = base.pathname.replace(/\/$/, '');

  const guarded = async (request: Request, response: Response, sent: Sent, endsAtMs: number) => {
    // One probe decides; all others are told at once instead of waiting for it.
    if (breaker.state === CircuitState.HalfOpen) throw new NoAnswer('breaker_open');
    const asked = { method: request.method, path: prefix + request.originalUrl, ...sent };
    const withinMs = Math.max(1, endsAtMs - performance.now());
    try {
      return await breaker.execute(() => attempt(pool, asked, response, withinMs));
    } catch (error) {
      throw error instanceof NoAnswer ? error : new NoAnswer('breaker_open', error);
    }
  };

  const askTwice = async (request: Request, response: Response, sent: Sent) => {
    const endsAtMs = performance.now() + (isRead(request) ? settings.readWithinMs : settings.writeWithinMs);
    budget.earn();
    try {
      return await guarded(request, response, sent, endsAtMs);
    } catch (error) {
      const isWorthAnother = error instanceof NoAnswer && error.fault === 'unreachable' && isRead(request);
      if (!isWorthAnother || !budget.take()) throw error;
      retries.inc({ upstream });
      await wait(RETRY_AFTER_MS.least + Math.random() * RETRY_AFTER_MS.spread);
      if (response.destroyed) throw new NoAnswer('client_gone');
      return await guarded(request, response, sent, endsAtMs);
    }
  };

  return {
    forward: async (request, response, sent) => {
      underWay.inc({ upstream });
      try {
        await room.execute(async () => {
          const { ended } = await askTwice(request, response, sent);
          const brokenOff = await ended;
          if (brokenOff !== null) logger.warn({ upstream, err: brokenOff }, 'a service broke its answer off');
        });
      } catch (error) {
        const noAnswer = error instanceof BulkheadRejectedError ? new NoAnswer('full', error) : error;
        if (!(noAnswer instanceof NoAnswer)) throw noAnswer;
        const { fault, cause } = noAnswer;
        faults.inc({ upstream, fault });
        if (SERVICE_FAULTS.has(fault) || fault === 'full') {
          logger.warn({ upstream, fault, err: cause }, 'a service did not answer');
        }
        throw noAnswer;
      } finally {
        underWay.dec({ upstream });
      }
    },
    close: () => pool.destroy(),
  };
}

/** An answer that has begun. */
interface Begun {
  /** Resolves when the service has sent all of it: null, or why it broke off. */
  readonly ended: Promise<Error | null>;
}

interface Asked extends Sent {
  readonly method: string;
  readonly path: string;
}

/** Asks once. Resolves when the answer has begun to pass to the browser. @throws NoAnswer */
function attempt(pool: Pool, asked: Asked, response: Response, withinMs: number): Promise<Begun> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null;
    let phase: 'waiting' | 'begun' | 'over' = 'waiting';
    const ended = Promise.withResolvers<Error | null>();
    const fail = (noAnswer: NoAnswer) => {
      if (phase !== 'waiting') return;
      finish();
      reject(noAnswer);
      controller?.abort(noAnswer);
    };
    const finish = () => {
      phase = 'over';
      clearTimeout(deadline);
      response.off('close', onClose);
    };
    const onClose = () => {
      if (phase === 'waiting') return fail(new NoAnswer('client_gone'));
      if (phase === 'begun') controller?.abort(new NoAnswer('client_gone'));
    };
    const deadline = setTimeout(() => fail(new NoAnswer('late')), withinMs);
    response.on('close', onClose);
    pool.dispatch(
      { method: asked.method, path: asked.path, headers: asked.headers, body: asked.body ?? null },
      {
        onRequestStart(given) {
          controller = given;
          if (phase === 'over') given.abort(new NoAnswer('client_gone'));
        },
        onResponseStart(given, status, headers) {
          // Interim answers come here too.
          if (status < 200 || phase !== 'waiting') return;
          if (isStrange(status, headers)) return fail(new NoAnswer('not_a_service'));
          clearTimeout(deadline);
          phase = 'begun';
          response.statusCode = status;
          passHeadersBack(headers, response);
          response.on('drain', () => given.resume());
          resolve({ ended: ended.promise });
        },
        onResponseData(given, chunk) {
          if (phase === 'begun' && !response.write(chunk)) given.pause();
        },
        onResponseEnd() {
          if (phase !== 'begun') return;
          finish();
          response.end();
          ended.resolve(null);
        },
        onResponseError(_given, error) {
          if (phase === 'waiting') return fail(new NoAnswer('unreachable', error));
          if (phase !== 'begun') return;
          finish();
          // Half an answer cannot become a refusal any more: the browser sees a broken connection, not a complete lie.
          const isOurs = response.destroyed;
          response.destroy();
          ended.resolve(isOurs ? null : error);
        },
      },
    );
  });
}

function passHeadersBack(headers: IncomingHttpHeaders, response: Response): void {
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && PASSED_BACK.has(name)) response.setHeader(name, value);
  }
  if (headers['cache-control'] === undefined) response.setHeader('cache-control', 'no-store');
}

/** A service's own faults are problem details; any other page of a fault comes from something between us and may say where it stands. */
function isStrange(status: number, headers: IncomingHttpHeaders): boolean {
  return status >= 500 && !(headers['content-type'] ?? '').startsWith('application/problem+json');
}
