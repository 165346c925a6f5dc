import { Agent, type IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import type { Express, Request, RequestHandler, Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { type GatewayDeps, requireSession } from './gateway-deps.ts';
import { isRead, originGuard, requireCsrfToken } from './guards.ts';
import { limitPerAddress } from './limits.ts';
import { answerRefusal, GatewayRefusal } from './refusal.ts';

/** Biggest body a parent may send; nothing they send is bigger than a form. */
const BODY_BYTES_MAX = 64 * 1024;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const SOCKETS_MAX = 256;
const BROWSER_GRACE_MS = 5_000;
/** A service that is not reached at all is known within this; a slow answer has the longer time. */
const IDLE_SOCKET_MS = 4_000;

/**
 * What passes to a service. A list of what may, not of what may not: identity, forwarding, cookie and hop-by-hop headers from
 * outside, and those nobody has thought of yet, stay outside.
 */
const FORWARDED = ['accept', 'accept-language', 'content-type', 'content-length', 'if-none-match', 'range'] as const;
/** What a service has no business saying to a browser. */
const SWALLOWED = [
  'set-cookie',
  'server',
  'x-powered-by',
  'access-control-allow-origin',
  'access-control-allow-credentials',
];

/**
 * `/api/<service>/…` of every service: for a signed-in person only, with the internal identity token in place of the session. Without
 * a session the answer is 401 `signed_out` and no service is called.
 */
export function apiRoutes(app: Express, deps: GatewayDeps): void {
  const limited = limitPerAddress(deps.apiLimit, 'open');
  for (const [service, baseUrl] of deps.upstreams) {
    app.use(`/api/${service}/`, limited, originGuard, admit(deps), proxyTo(service, baseUrl, deps));
  }
  app.use('/api/', () => {
    throw new GatewayRefusal('not_found');
  });
}

function admit(deps: GatewayDeps): RequestHandler {
  return async (request, response, next) => {
    if (!METHODS.has(request.method)) throw new GatewayRefusal('method_not_allowed');
    const session = await requireSession(deps, request);
    if (!isRead(request)) requireCsrfToken(request, session);
    checkBody(request);
    const issued = await deps.tokens.tokenFor(session).catch((cause: unknown) => {
      throw new GatewayRefusal('service_away', { cause });
    });
    if (issued === null) throw new GatewayRefusal('signed_out');
    request.headers = forwardedHeaders(request.headers, response, issued.token);
    // Express cut the mount path off; the service sees the whole path.
    request.url = request.originalUrl;
    next();
  };
}

function checkBody(request: Request): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (isRead(request) && (length > 0 || request.headers['transfer-encoding'] !== undefined)) {
    throw new GatewayRefusal('bad_request');
  }
  // A body of unknown length could grow while it passes: a browser always says how long its form is.
  if (request.headers['transfer-encoding'] !== undefined) throw new GatewayRefusal('length_required');
  if (!(length <= BODY_BYTES_MAX)) throw new GatewayRefusal('too_large');
}

function forwardedHeaders(given: IncomingHttpHeaders, response: Response, token: string): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = { authorization: `Bearer ${token}` };
  for (const name of FORWARDED) if (given[name] !== undefined) headers[name] = given[name];
  // As the app made it; the trace's headers are added by the instrumentation of the outgoing call.
  const requestId = response.getHeader('x-request-id');
  if (typeof requestId === 'string') headers['x-request-id'] = requestId;
  return headers;
}

function proxyTo(service: string, baseUrl: string, deps: GatewayDeps): RequestHandler {
  return createProxyMiddleware<Request, Response>({
    target: baseUrl,
    changeOrigin: true,
    xfwd: false,
    agent: new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_SOCKET_MS }),
    proxyTimeout: deps.upstreamTimeoutMs,
    // Cuts the browser's own connection: it must outlast the service's time, or nobody is left to read the refusal.
    timeout: deps.upstreamTimeoutMs + BROWSER_GRACE_MS,
    // The default plugins answer errors in English with the upstream's address, and log to the console.
    ejectPlugins: true,
    plugins: [
      (proxyServer) => {
        proxyServer.on('proxyRes', ({ headers }) => {
          for (const name of SWALLOWED) delete headers[name];
          headers['cache-control'] ??= 'no-store';
        });
        // With a listener the middleware does not pass the error on: the answer is given here.
        proxyServer.on('error', (error, request, response) => {
          deps.logger.warn({ err: error, upstream: service }, 'a service did not answer');
          if (request === undefined || response instanceof Socket || response === undefined) return;
          // Half an answer cannot become a refusal any more: the browser sees a broken connection, not a complete lie.
          if (response.headersSent || response.destroyed) response.destroy();
          else answerRefusal(request, response, 'service_away');
        });
      },
    ],
  });
}
