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
import { isRead } from './guards.ts';
import { slot } from './slot.ts';

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
  const agent = new Agent({ keepAlive: true, maxSockets: UNDER_WAY_MAX, timeout: IDLE_SOCKET_MS });
  const proxy = makeProxy(settings, agent);
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

  /** Asks once. Resolves when the answer has begun to pass to the browser. */
  const attempt = (request: Request, response: Response, sent: Sent, withinMs: number) => {
    const asking = openAttempt(sent, response, withinMs);
    attempts.set(request, asking);
    request.headers = { ...sent.headers };
    // Express cut the mount path off; the service sees the whole path.
    request.url = request.originalUrl;
    void proxy(request, response, () => undefined);
    return asking.begun;
  };

  const guarded = async (request: Request, response: Response, sent: Sent, endsAtMs: number) => {
    // One probe decides; all others are told at once instead of waiting for it.
    if (breaker.state === CircuitState.HalfOpen) throw new NoAnswer('breaker_open');
    const withinMs = Math.max(1, endsAtMs - performance.now());
    try {
      return await breaker.execute(() => attempt(request, response, sent, withinMs));
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
          // Left while its session was read: no service works for nobody.
          if (response.destroyed) throw new NoAnswer('client_gone');
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
    close: async () => agent.destroy(),
  };
}

/** An answer that has begun. */
interface Begun {
  /** Resolves when all of it has passed: null, or why it broke off. */
  readonly ended: Promise<Error | null>;
}

/** What http-proxy-middleware's events are about: one attempt at a request. */
interface Attempt {
  readonly sent: Sent;
  readonly begun: Promise<Begun>;
  /** The request to the service is made. */
  made(proxyRequest: ClientRequest): void;
  /** The service answers. */
  answered(proxyResponse: IncomingMessage): void;
  /** It did not answer, or broke its answer off. */
  failed(noAnswer: NoAnswer): void;
}

const attempts = slot<Attempt>('attempt');

function openAttempt(sent: Sent, response: Response, withinMs: number): Attempt {
  const begun = Promise.withResolvers<Begun>();
  const ended = Promise.withResolvers<Error | null>();
  let phase: 'waiting' | 'begun' | 'over' = 'waiting';
  let made: ClientRequest | null = null;
  const finish = () => {
    phase = 'over';
    clearTimeout(deadline);
    response.off('close', onClose);
  };
  const failed = (noAnswer: NoAnswer) => {
    const before = phase;
    if (before === 'over') return;
    const isGone = response.destroyed;
    finish();
    made?.destroy();
    if (before === 'waiting') return begun.reject(noAnswer);
    // Half an answer cannot become a refusal any more: the browser sees a broken connection, not a complete lie.
    response.destroy();
    ended.resolve(isGone ? null : noAnswer);
  };
  const onClose = () => {
    if (!response.writableFinished) return failed(new NoAnswer('client_gone'));
    finish();
    ended.resolve(null);
  };
  const deadline = setTimeout(() => failed(new NoAnswer('late')), withinMs);
  response.on('close', onClose);
  return {
    sent,
    begun: begun.promise,
    made: (proxyRequest) => {
      made = proxyRequest;
      if (phase === 'over') proxyRequest.destroy();
    },
    answered: (proxyResponse) => {
      // Too late: it is let run out, since cutting it would cut the browser as well.
      if (phase !== 'waiting') return void proxyResponse.resume();
      if (isStrange(proxyResponse)) {
        proxyResponse.resume();
        made = null;
        return failed(new NoAnswer('not_a_service'));
      }
      phase = 'begun';
      clearTimeout(deadline);
      response.statusCode = proxyResponse.statusCode ?? 502;
      passHeadersBack(proxyResponse.headers, response);
      proxyResponse.pipe(response);
      begun.resolve({ ended: ended.promise });
    },
    failed,
  };
}

function makeProxy(settings: UpstreamSettings, agent: Agent) {
  const fail = (error: Error, request: Request, response: Response) => {
    attempts.of(request)?.failed(new NoAnswer(response.destroyed ? 'client_gone' : 'unreachable', error));
  };
  return createProxyMiddleware<Request, Response>({
    target: settings.baseUrl,
    changeOrigin: true,
    xfwd: false,
    agent,
    // What passes back is a list of ours.
    selfHandleResponse: true,
    // Of silence, while an answer passes; until it begins, the attempt's own deadline holds.
    proxyTimeout: Math.max(settings.readWithinMs, settings.writeWithinMs),
    // The default plugins answer errors in English with the upstream's address, and log to the console.
    ejectPlugins: true,
    plugins: [
      (proxyServer) => {
        proxyServer.on('proxyReq', (proxyRequest, request) => {
          const attempt = attempts.of(request);
          attempt?.made(proxyRequest);
          if (attempt?.sent.body !== undefined) proxyRequest.write(attempt.sent.body);
        });
        proxyServer.on('proxyRes', (proxyResponse, request) => attempts.of(request)?.answered(proxyResponse));
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

function passHeadersBack(headers: IncomingMessage['headers'], response: Response): void {
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && PASSED_BACK.has(name)) response.setHeader(name, value);
  }
  if (headers['cache-control'] === undefined) response.setHeader('cache-control', 'no-store');
}

/** A service's own faults are problem details; any other page of a fault comes from something between us and may say where it stands. */
function isStrange({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 500 && !(headers['content-type'] ?? '').startsWith('application/problem+json');
}
