import { isIP } from 'node:net';
import type { Logger } from '@campanella/service-kit';
import type { Request, Response } from 'express';
import type { Store } from 'express-rate-limit';
import type { Municipality } from '../app/municipality-facts.ts';
import type { Sessions } from '../app/sessions.ts';
import type { SignIn, SignInMethod } from '../app/sign-in.ts';
import type { TokenCache } from '../app/token-cache.ts';
import { type CookieJar, hasCookie, readCookie } from '../domain/cookies.ts';
import type { Session } from '../domain/session.ts';
import { GatewayRefusal } from './refusal.ts';
import { slot } from './slot.ts';
import type { UpstreamSettings } from './upstream.ts';

/** How much one address or one person may ask within a window. */
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
  readonly signInMethods: (municipalityId: number) => Promise<readonly SignInMethod[]>;
  readonly municipalityFacts: (municipalityId: number) => Promise<Municipality>;
  readonly signInLimit: Limit;
  /** Attempts with a password, which are worth guessing at. */
  readonly companyLimit: Limit;
  readonly apiLimit: Limit;
  /** Per signed-in person. */
  readonly personLimit: Limit;
  /** The services behind `/api/<name>/`. */
  readonly upstreams: readonly UpstreamSettings[];
  /** Base URL of identity's HTTP API, for what the federations read of us. */
  readonly identityHttpUrl: string;
  readonly portalDir: string;
  readonly now: () => Date;
}

/** The host the browser used, and whose municipality it is. */
export interface Site {
  readonly municipalityId: number;
  /** Scheme, host and port, as in an Origin header. */
  readonly origin: string;
}

const sites = slot<Site>('site');

/** Notes whose site a request is for. */
export function setSite(request: Request, site: Site): void {
  sites.set(request, site);
}

/** The site of a request that has passed the host check. */
export function siteOf(request: Request): Site {
  const site = sites.of(request);
  if (site === undefined) throw new Error('a route was reached without the host check');
  return site;
}

/**
 * The session a request's cookie names, if it is of this site's municipality; null otherwise. A cookie that names no session is taken
 * from the browser with the answer. @throws RedisAwayError
 */
export async function findSession(deps: GatewayDeps, request: Request): Promise<Session | null> {
  const sessionId = readCookie(request.headers.cookie, deps.cookies.sessionName);
  const session = sessionId === null ? null : await deps.sessions.find(sessionId, deps.now());
  if (session === null) removeSessionCookie(deps, request);
  return session?.municipalityId === siteOf(request).municipalityId ? session : null;
}

/** Takes the session's cookie from a browser that sent one. */
export function removeSessionCookie(deps: GatewayDeps, request: Request): void {
  const { res: response } = request;
  if (response === undefined || !hasCookie(request.headers.cookie, deps.cookies.sessionName)) return;
  setCookie(response, deps.cookies.write(deps.cookies.sessionName, '', 0));
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

/** The browser's address for the sign-in log, IPv4 in its own form; empty where a proxy before us gave none. */
export function sourceAddressOf(request: Request): string {
  const address = (request.ip ?? '').replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '');
  return isIP(address) === 0 ? '' : address;
}
