import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import { isUnavailable } from './grpc-client.ts';
import type { Part } from './lifecycle.ts';
import { listen } from './listen.ts';
import type { Logger } from './logger.ts';
import { histogram } from './metrics.ts';

const BODY_BYTES_MAX = 64 * 1024;
const REQUEST_WITHIN_MS = 15_000;
const HEADERS_WITHIN_MS = 10_000;
const SLOW_CLIENTS_CUT_EVERY_MS = 2_000;
/** Status in metrics and logs of a request whose client went away before the answer. */
const CLIENT_GONE = 499;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A refusal on its way to a browser: status, kind, and a sentence that a parent understands. */
export class HttpRefusal extends Error {
  readonly status: number;
  readonly kind: string;
  readonly fields: Readonly<Record<string, string>> | undefined;
  constructor(status: number, kind: string, title: string, fields?: Readonly<Record<string, string>>) {
    super(title);
    this.status = status;
    this.kind = kind;
    this.fields = fields;
  }
}

/** The one answer to "not yours" and to "does not exist": the same bytes for both. */
export function notFound(): HttpRefusal {
  return new HttpRefusal(404, 'not_found', "Consultazione non possibile, verificare il codice fiscale dell'utente");
}

/** The answer while something that the answer needs is away. */
export function unavailable(): HttpRefusal {
  return new HttpRefusal(503, 'unavailable', 'Il servizio non è raggiungibile: riprovare tra qualche minuto');
}

const requestSeconds = histogram('campanella_http_server_seconds', 'Time of an HTTP request, by route and status', [
  'method',
  'route',
  'status',
]);

/**
 * Makes an Express application with a request id (a caller's only if it is a UUID), a bounded JSON body, an access log without
 * personal data (the route's pattern, never the URL) and metrics. Add routes, then {@link finishHttpApp}.
 */
export function createHttpApp(options: {
  readonly logger: Logger;
  readonly service: string;
  readonly parseBody?: boolean;
}): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use((request, response, next) => {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && UUID.test(given) ? given : randomUUID();
    response.locals['requestId'] = requestId;
    response.locals['logger'] = options.logger;
    response.setHeader('x-request-id', requestId);
    const startedAt = performance.now();
    // "close" comes after "finish", and also when the client has gone before its answer.
    response.on('close', () => {
      const status = response.writableFinished ? response.statusCode : CLIENT_GONE;
      const route = routeOf(request);
      const seconds = (performance.now() - startedAt) / 1000;
      requestSeconds.observe({ method: request.method, route, status }, seconds);
      const { method } = request;
      options.logger.debug({ requestId, method, route, status, ms: Math.round(seconds * 1000) }, 'request answered');
    });
    next();
  });
  if (options.parseBody !== false) app.use(express.json({ limit: BODY_BYTES_MAX }));
  return app;
}

function routeOf(request: express.Request): string {
  const route: unknown = request.route;
  if (typeof route === 'object' && route !== null && 'path' in route) return request.baseUrl + String(route.path);
  return request.baseUrl === '' ? 'unmatched' : `${request.baseUrl}/*`;
}

/** Adds what answers when no route did, and turns everything thrown into problem details (RFC 9457), here and nowhere else. */
export function finishHttpApp(app: express.Express): void {
  app.use((_request, _response, next) => next(new HttpRefusal(404, 'no_such_page', 'Pagina non trovata')));
  app.use((cause: unknown, request: express.Request, response: express.Response, next: express.NextFunction) => {
    if (response.headersSent) return next(cause);
    sendProblem(response, toRefusal(cause, request, response));
  });
}

/** Writes a refusal as problem details. */
export function sendProblem(response: express.Response, refusal: HttpRefusal): void {
  const body = { type: 'about:blank', title: refusal.message, status: refusal.status, kind: refusal.kind };
  response
    .status(refusal.status)
    .set('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(refusal.fields === undefined ? body : { ...body, fields: refusal.fields }));
}

function toRefusal(cause: unknown, request: express.Request, response: express.Response): HttpRefusal {
  if (cause instanceof HttpRefusal) return cause;
  if (isBodyFault(cause)) {
    return cause.status === 413
      ? new HttpRefusal(413, 'too_large', 'La richiesta è troppo grande')
      : new HttpRefusal(400, 'malformed', 'La richiesta non è leggibile');
  }
  const logger: Logger | undefined = response.locals['logger'];
  if (isUnavailable(cause)) {
    logger?.warn({ err: cause, requestId: response.locals['requestId'], route: routeOf(request) }, 'a service is away');
    return unavailable();
  }
  logger?.error({ err: cause, requestId: response.locals['requestId'], route: routeOf(request) }, 'request failed');
  return new HttpRefusal(500, 'internal', 'Si è verificato un errore: riprovare tra qualche minuto');
}

function isBodyFault(cause: unknown): cause is Error & { status: number } {
  return (
    cause instanceof Error &&
    'status' in cause &&
    typeof cause.status === 'number' &&
    cause.status >= 400 &&
    cause.status < 500
  );
}

/** Serves an application with bounded times, so that a slow client cannot hold a socket for ever. */
export function httpServer(options: {
  readonly host: string;
  readonly port: number;
  readonly app: express.Express;
  readonly logger: Logger;
}): Part & { readonly address: string } {
  const server = createServer(
    {
      requestTimeout: REQUEST_WITHIN_MS,
      headersTimeout: HEADERS_WITHIN_MS,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: SLOW_CLIENTS_CUT_EVERY_MS,
    },
    options.app,
  );
  let address = '';
  return {
    name: 'http-server',
    get address() {
      return address;
    },
    onBroken(report) {
      // A port that is taken is told by the start; what comes later ends the service.
      server.once('listening', () => server.on('error', report));
    },
    async start() {
      address = await listen(server, { name: 'HTTP_PORT', host: options.host, port: options.port });
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** How long requests under way may take to end when the server stops. */
const DRAIN_MS = 2_000;
