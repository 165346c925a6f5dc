import { noteAccess } from '@campanella/service-kit';
import type { Express, Request, RequestHandler, Response } from 'express';
import { isHonestQuery } from '../domain/sent-value.ts';
import type { Session } from '../domain/session.ts';
import { bodyOf, readBody } from './body.ts';
import { type GatewayDeps, requireSession } from './gateway-deps.ts';
import { isRead, originGuard, requireCsrfToken } from './guards.ts';
import { limitPerAddress, limitPerPerson, personOf, setPerson } from './limits.ts';
import { GatewayRefusal } from './refusal.ts';
import { slot } from './slot.ts';
import { NoAnswer, openUpstream, type Sent, type UpstreamSettings } from './upstream.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * What passes to a service. A list of what may, not of what may not: identity, forwarding, cookie and hop-by-hop headers from
 * outside, and those nobody has thought of yet, stay outside.
 */
const FORWARDED = ['accept', 'accept-language', 'if-none-match', 'range'] as const;

/**
 * `/api/<service>/…` of every service: for a signed-in person only, with the internal identity token in place of the session. Without
 * a session the answer is 401 `signed_out` and no service is called. Guards are in the order of what they cost.
 */
export function apiRoutes(app: Express, deps: GatewayDeps): void {
  const perAddress = limitPerAddress(deps.apiLimit, 'open');
  const perPerson = limitPerPerson(deps.personLimit);
  for (const settings of deps.upstreams) {
    const path = `/api/${settings.name}/`;
    app.use(path, checkRequest(settings), lookUp(deps), perAddress, originGuard, admit, perPerson, readBody);
    app.use(path, passOn(settings, deps));
  }
  app.use('/api/', () => {
    throw new GatewayRefusal('not_found');
  });
}

function checkRequest({ name }: UpstreamSettings): RequestHandler {
  const facts = { route: `/api/${name}/*`, upstream: name };
  return (request, response, next) => {
    noteAccess(response, facts);
    if (!METHODS.includes(request.method)) throw new GatewayRefusal('method_not_allowed', { allow: METHODS });
    const [, query = ''] = request.originalUrl.split('?', 2);
    if (!isHonestQuery(query)) throw new GatewayRefusal('bad_request');
    next();
  };
}

const sessions = slot<Promise<Session>>('session');

/** Asks for the session without waiting for it: the question goes to Redis together with that of the limit. */
function lookUp(deps: GatewayDeps): RequestHandler {
  return (request, _response, next) => {
    const session = requireSession(deps, request);
    // A refusal of the limit comes first, and then nobody waits for this one.
    session.catch(() => undefined);
    sessions.set(request, session);
    next();
  };
}

const admit: RequestHandler = async (request, response, next) => {
  const session = await sessions.of(request);
  if (session === undefined) throw new Error('a session was not looked up');
  if (!isRead(request)) requireCsrfToken(request, session);
  setPerson(response, session);
  next();
};

function passOn(settings: UpstreamSettings, deps: GatewayDeps): RequestHandler {
  const upstream = openUpstream(settings, deps.logger);
  return async (request, response) => {
    const session = personOf(response);
    const issued = await deps.tokens.tokenFor(session).catch((cause: unknown) => {
      throw new GatewayRefusal('service_away', { cause });
    });
    if (issued === null) throw new GatewayRefusal('signed_out');
    try {
      await upstream.forward(request, response, sentOf(request, response, issued.token));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (error.fault !== 'client_gone' && !response.headersSent) {
        throw new GatewayRefusal('service_away', { cause: error });
      }
    }
  };
}

function sentOf(request: Request, response: Response, token: string): Sent {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  for (const name of FORWARDED) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  const body = bodyOf(request);
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (!isRead(request)) headers['content-length'] = String(Buffer.byteLength(body ?? ''));
  // As the app made it; the trace's headers are added by the instrumentation of the outgoing call.
  const requestId = response.getHeader('x-request-id');
  if (typeof requestId === 'string') headers['x-request-id'] = requestId;
  return { headers, body };
}
