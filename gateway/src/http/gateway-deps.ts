import type { Logger } from '@campanella/service-kit';
import type { Request, Response } from 'express';
import type { Store } from 'express-rate-limit';
import type { Municipality } from '../app/municipalities.ts';
import type { Sessions } from '../app/sessions.ts';
import type { SignIn } from '../app/sign-in.ts';
import type { TokenCache } from '../app/token-cache.ts';
import { type CookieJar, readCookie } from '../domain/cookies.ts';
import type { Session } from '../domain/session.ts';
import { GatewayRefusal } from './refusal.ts';

/** How much one address may ask within a window. */
export interface Limit {
  readonly requests: number;
  readonly windowMs: number;
  readonly store: Store;
}

/** Everything the gateway's routes use. */
export interface GatewayDeps {
  readonly logger: Logger;
  readonly scheme: 'http' | 'https';
  readonly municipalityHosts: ReadonlyMap<string, number>;
  readonly cookies: CookieJar;
  readonly sessions: Sessions;
  readonly tokens: TokenCache;
  readonly signIn: SignIn;
  readonly municipalityFacts: (municipalityId: number) => Promise<Municipality>;
  readonly signInLimit: Limit;
  readonly apiLimit: Limit;
  /** Base URL of each service's HTTP API, by its name in `/api/<name>/`. */
  readonly upstreams: ReadonlyMap<string, string>;
  readonly upstreamTimeoutMs: number;
  readonly portalDir: string;
  readonly now: () => Date;
}

/** The host the browser used, and whose municipality it is. */
export interface Site {
  readonly municipalityId: number;
  /** Scheme, host and port, as in an Origin header. */
  readonly origin: string;
}

const sites = new WeakMap<Request, Site>();

/** Notes whose site a request is for. */
export function setSite(request: Request, site: Site): void {
  sites.set(request, site);
}

/** The site of a request that has passed the host check. */
export function siteOf(request: Request): Site {
  const site = sites.get(request);
  if (site === undefined) throw new Error('a route was reached without the host check');
  return site;
}

/** The session a request's cookie names, if it is of this site's municipality; null otherwise. @throws RedisAwayError */
export async function findSession(deps: GatewayDeps, request: Request): Promise<Session | null> {
  const sessionId = readCookie(request.headers.cookie, deps.cookies.sessionName);
  const session = sessionId === null ? null : await deps.sessions.find(sessionId, deps.now());
  return session?.municipalityId === siteOf(request).municipalityId ? session : null;
}

/** As {@link findSession}. @throws GatewayRefusal `signed_out` where there is none */
export async function requireSession(deps: GatewayDeps, request: Request): Promise<Session> {
  const session = await findSession(deps, request);
  if (session === null) throw new GatewayRefusal('signed_out');
  return session;
}

/** Adds a cookie to an answer. */
export function setCookie(response: Response, setCookieValue: string): void {
  response.append('Set-Cookie', setCookieValue);
}
