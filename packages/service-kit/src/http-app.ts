import { randomUUID } from 'node:crypto';
import express from 'express';
import { isUnavailable } from './grpc-client.ts';
import type { Logger } from './logger.ts';
import { histogram } from './metrics.ts';

const BODY_BYTES_MAX = 64 * 1024;
/** Status in metrics and logs of a request whose client went away before the answer. */
const CLIENT_GONE = 499;
const METHODS_KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
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

/**
 * The answer to a request that a schema refuses. Of each field at fault it says where it is, and nothing of what was sent: a schema's own
 * messages are English, and may repeat it.
 */
export function malformed(
  title: string,
  { issues }: { readonly issues: readonly { readonly path: readonly PropertyKey[] }[] },
): HttpRefusal {
  const places = issues.map(({ path }) => path.map(String).join('.')).filter((place) => place !== '');
  const fields = Object.fromEntries(places.map((place) => [place, 'valore mancante o non valido']));
  return new HttpRefusal(422, 'malformed', title, fields);
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

/** What an access log may say of a request beside its own line; nothing in it may tell a person. */
export interface AccessFacts {
  /** The route's pattern, where Express does not know it. */
  readonly route?: string;
  readonly upstream?: string;
  readonly municipalityId?: number;
  /** The network a request came from, never the whole address. */
  readonly network?: string;
}

/** Adds to the access log's line of a request. */
export function noteAccess(response: express.Response, facts: AccessFacts): void {
  const { locals } = response;
  locals['access'] = locals['access'] === undefined ? facts : { ...locals['access'], ...facts };
}

/**
 * Makes an Express application with a request id (a caller's only if it is a UUID), a bounded JSON body, an access log without
 * personal data (the route's pattern, never the URL) and metrics. Add routes, then {@link finishHttpApp}.
 */
export function createHttpApp(options: {
  readonly logger: Logger;
  readonly service: string;
  readonly parseBody?: boolean;
  /** Level of the access log; `debug` behind the gateway, which has one line per request already. */
  readonly accessLevel?: 'debug' | 'info';
  /** Where the access log goes, if not where everything goes. */
  readonly accessLogger?: Logger;
}): express.Express {
  const { logger, accessLevel = 'debug' } = options;
  // Its fields are all ours and none is secret: looking for secrets in each line took a fifth of the gateway's time.
  const accessLog = (options.accessLogger ?? logger).child({}, { redact: [] });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use((request, response, next) => {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && UUID.test(given) ? given : randomUUID();
    response.locals['requestId'] = requestId;
    response.locals['logger'] = logger;
    response.setHeader('x-request-id', requestId);
    const startedAt = performance.now();
    // "close" comes after "finish", and also when the client has gone before its answer.
    response.on('close', () => {
      const status = response.writableFinished ? response.statusCode : CLIENT_GONE;
      const { route = routeOf(request), ...facts }: AccessFacts = response.locals['access'] ?? {};
      const seconds = (performance.now() - startedAt) / 1000;
      // A method is the client's word: made-up ones must not become a time series each.
      const method = METHODS_KNOWN.has(request.method) ? request.method : 'other';
      requestSeconds.observe({ method, route, status }, seconds);
      const ms = Math.round(seconds * 1000);
      accessLog[accessLevel]({ requestId, method, route, status, ms, ...facts }, 'request answered');
    });
    next();
  });
  if (options.parseBody !== false) app.use(refuseNul, express.json({ limit: BODY_BYTES_MAX, reviver: withoutNul }));
  return app;
}

/** A character that no text has and that PostgreSQL keeps in none: refused at the door, where it would be a fault of ours further on. */
const NUL = '\0';

const refuseNul: express.RequestHandler = (request, _response, next) =>
  next(request.url.includes('%00') ? unreadable() : undefined);

function withoutNul(key: string, value: unknown): unknown {
  if (key.includes(NUL) || (typeof value === 'string' && value.includes(NUL))) throw new SyntaxError('NUL in a text');
  return value;
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
    return cause.status === 413 ? new HttpRefusal(413, 'too_large', 'La richiesta è troppo grande') : unreadable();
  }
  const logger: Logger | undefined = response.locals['logger'];
  if (isUnavailable(cause)) {
    logger?.warn({ err: cause, requestId: response.locals['requestId'], route: routeOf(request) }, 'a service is away');
    return unavailable();
  }
  logger?.error({ err: cause, requestId: response.locals['requestId'], route: routeOf(request) }, 'request failed');
  return new HttpRefusal(500, 'internal', 'Si è verificato un errore: riprovare tra qualche minuto');
}

function unreadable(): HttpRefusal {
  return new HttpRefusal(400, 'malformed', 'La richiesta non è leggibile');
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
