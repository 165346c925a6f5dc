import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
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
import { createProxyMiddleware } from 'http-proxy-middleware';
import { retryBudget } from '../domain/retry-budget.ts';
import { bodyOf } from './body.ts';
import { isRead } from './guards.ts';
import { answerRefusal } from './refusal.ts';

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

/** A service as the proxy uses it. */
export interface Upstream {
  /**
   * Passes a request on and the answer back; resolves when the answer is under way. A read that reached nobody is asked once more, within
   * the same deadline and the budget of retries.
   *
   * @throws NoAnswer when nothing was sent to the browser yet
   */
  forward(request: Request, response: Response): Promise<void>;
}

/** What an attempt waits for. */
interface Attempt {
  proxyRequest: ClientRequest | null;
  answered(): void;
  failed(error: NoAnswer): void;
}

/** Opens a service: its own sockets, room, breaker and budget. */
export function openUpstream(settings: UpstreamSettings, logger: Logger): Upstream {
  const upstream = settings.name;
  const attempts = new WeakMap<IncomingMessage, Attempt>();
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
  const proxy = makeProxy(settings, attempts, logger);

  const attempt = (request: Request, response: Response, withinMs: number) =>
    new Promise<void>((resolve, reject) => {
      const failed = (error: NoAnswer) => {
        clearTimeout(deadline);
        attempts.delete(request);
        reject(error);
      };
      const own: Attempt = {
        proxyRequest: null,
        failed,
        answered: () => {
          clearTimeout(deadline);
          attempts.delete(request);
          resolve();
        },
      };
      const deadline = setTimeout(() => {
        failed(new NoAnswer('late'));
        own.proxyRequest?.destroy();
      }, withinMs);
      attempts.set(request, own);
      void proxy(request, response, () => undefined);
    });

  const guarded = async (request: Request, response: Response, endsAtMs: number) => {
    // One probe decides; all others are told at once instead of waiting for it.
    if (breaker.state === CircuitState.HalfOpen) throw new NoAnswer('breaker_open');
    try {
      await breaker.execute(() => attempt(request, response, Math.max(1, endsAtMs - performance.now())));
    } catch (error) {
      throw error instanceof NoAnswer ? error : new NoAnswer('breaker_open', error);
    }
  };

  const forward = async (request: Request, response: Response) => {
    const endsAtMs = performance.now() + (isRead(request) ? settings.readWithinMs : settings.writeWithinMs);
    budget.earn();
    try {
      await guarded(request, response, endsAtMs);
    } catch (error) {
      const isWorthAnother = error instanceof NoAnswer && error.fault === 'unreachable' && isRead(request);
      if (!isWorthAnother || response.headersSent || !budget.take()) throw error;
      retries.inc({ upstream });
      await wait(RETRY_AFTER_MS.least + Math.random() * RETRY_AFTER_MS.spread);
      if (response.destroyed) throw new NoAnswer('client_gone');
      await guarded(request, response, endsAtMs);
    }
  };

  return {
    forward: async (request, response) => {
      try {
        await room.execute(async () => {
          underWay.inc({ upstream });
          try {
            await forward(request, response);
          } finally {
            underWay.dec({ upstream });
          }
        });
      } catch (error) {
        const fault = error instanceof BulkheadRejectedError ? new NoAnswer('full', error) : error;
        if (!(fault instanceof NoAnswer)) throw fault;
        faults.inc({ upstream, fault: fault.fault });
        if (SERVICE_FAULTS.has(fault.fault) || fault.fault === 'full') {
          logger.warn({ upstream, fault: fault.fault, err: fault.cause }, 'a service did not answer');
        }
        throw fault;
      }
    },
  };
}

function makeProxy(settings: UpstreamSettings, attempts: WeakMap<IncomingMessage, Attempt>, logger: Logger) {
  const upstream = settings.name;
  const fail = (error: Error, request: Request, response: Response) => {
    const attempt = attempts.get(request);
    if (attempt !== undefined) {
      attempt.failed(new NoAnswer(response.destroyed ? 'client_gone' : 'unreachable', error));
    } else if (response.headersSent && !response.writableFinished) {
      // Half an answer cannot become a refusal any more: the browser sees a broken connection, not a complete lie.
      if (!response.destroyed) logger.warn({ upstream, err: error }, 'a service broke its answer off');
      response.destroy();
    }
  };
  return createProxyMiddleware<Request, Response>({
    target: settings.baseUrl,
    changeOrigin: true,
    xfwd: false,
    agent: new Agent({ keepAlive: true, maxSockets: UNDER_WAY_MAX, timeout: IDLE_SOCKET_MS }),
    // Of silence, while an answer passes; until it begins, the attempt's own deadline holds.
    proxyTimeout: Math.max(settings.readWithinMs, settings.writeWithinMs),
    // The default plugins answer errors in English with the upstream's address, and log to the console.
    ejectPlugins: true,
    plugins: [
      (proxyServer) => {
        proxyServer.on('proxyReq', (proxyRequest, request) => {
          const attempt = attempts.get(request);
          if (attempt !== undefined) attempt.proxyRequest = proxyRequest;
          const body = bodyOf(request);
          if (body !== undefined) proxyRequest.write(body);
        });
        proxyServer.on('proxyRes', (proxyResponse, request, response) => {
          const attempt = attempts.get(request);
          if (isStrange(proxyResponse)) {
            proxyResponse.resume();
            answerRefusal(request, response, 'service_away');
            attempt?.failed(new NoAnswer('not_a_service'));
            return;
          }
          const { headers } = proxyResponse;
          for (const name of Object.keys(headers)) if (!PASSED_BACK.has(name)) delete headers[name];
          headers['cache-control'] ??= 'no-store';
          // Its reason phrase is free text.
          proxyResponse.statusMessage = '';
          attempt?.answered();
        });
        // With a listener the middleware does not pass an error on: the answer is given by whoever waits for the attempt.
        proxyServer.on('error', (error, request, response) => {
          if (request !== undefined && response !== undefined && 'headersSent' in response)
            fail(error, request, response);
        });
        proxyServer.on('econnreset', (error, request, response) => fail(error, request, response));
      },
    ],
  });
}

/** A service's own faults are problem details; any other page of a fault comes from something between us and may say where it stands. */
function isStrange({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 500 && !(headers['content-type'] ?? '').startsWith('application/problem+json');
}
