import { timingSafeEqual } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { noteAccess } from '@campanella/service-kit';
import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { isPlainTarget } from '../domain/local-path.ts';
import { networkOf } from '../domain/network.ts';
import { isOwnOrigin } from '../domain/request-origin.ts';
import type { Session } from '../domain/session.ts';
import { type GatewayDeps, setSite, siteOf } from './gateway-deps.ts';
import { GatewayRefusal } from './refusal.ts';

const YEAR_S = 31_536_000;

/** What a page of ours may never use, whatever a script on it asks for. */
const PERMISSIONS = [
  ...['accelerometer', 'browsing-topics', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid'],
  ...['magnetometer', 'microphone', 'midi', 'payment', 'serial', 'usb', 'xr-spatial-tracking'],
]
  .map((feature) => `${feature}=()`)
  .join(', ');

/** Security headers of the answers to what never became a request. */
export function wireHeaders(scheme: 'http' | 'https'): Readonly<Record<string, string>> {
  return {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'permissions-policy': PERMISSIONS,
    ...(scheme === 'https' ? { 'strict-transport-security': `max-age=${YEAR_S}` } : {}),
  };
}

/**
 * Security headers of every answer. No inline script, nothing from elsewhere, no framing. Styles set by script on elements are no
 * inline styles to the policy; Bootstrap Italia's pictures are data URLs in its style sheet.
 */
export function securityHeaders(scheme: 'http' | 'https'): RequestHandler {
  const others = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    strictTransportSecurity: scheme === 'https' ? { maxAge: YEAR_S, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
  });
  // They are the same on every answer: helmet makes them once.
  const headers = new Map<string, string>([['Permissions-Policy', PERMISSIONS]]);
  const once = new ServerResponse(new IncomingMessage(new Socket()));
  others(once.req, once, () => undefined);
  for (const [name, value] of Object.entries(once.getHeaders())) headers.set(name, String(value));
  return (_request, response, next) => {
    response.setHeaders(headers);
    next();
  };
}

/** More headers than any browser and any proxy before us send together. */
const HEADERS_MAX = 100;
/** Headers of which a second one makes a request ambiguous: one server believes the first, the next one the last. */
const SINGLE = new Set([
  'host',
  'authorization',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'origin',
  'x-csrf-token',
  'x-request-id',
]);

/** Refuses requests that two servers could read differently: too many headers, or two of one that may stand once. */
export const framingGuard: RequestHandler = (request, _response, next) => {
  const { rawHeaders } = request;
  if (rawHeaders.length > 2 * HEADERS_MAX) throw new GatewayRefusal('headers_too_large');
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) throw new GatewayRefusal('bad_request');
    seen.add(name);
  }
  // HTTP/1.1 demands it, and without it nobody knows whose site is meant.
  if (!seen.has('host')) throw new GatewayRefusal('bad_request');
  next();
};

/** Lets through plain paths on a host that is a municipality's, and nothing else. */
export function siteGuard(deps: Pick<GatewayDeps, 'municipalityHosts' | 'scheme'>): RequestHandler {
  return (request, response, next) => {
    noteAccess(response, { network: networkOf(request.ip ?? '') });
    if (!isPlainTarget(request.originalUrl)) throw new GatewayRefusal('bad_request');
    const host = (request.headers.host ?? '').toLowerCase();
    const municipalityId = deps.municipalityHosts.get(host);
    if (municipalityId === undefined) throw new GatewayRefusal('unknown_host');
    noteAccess(response, { municipalityId });
    setSite(request, { municipalityId, origin: `${deps.scheme}://${host}` });
    next();
  };
}

const SAFE_METHODS = new Set(['GET', 'HEAD']);

/** Says whether a request changes nothing. */
export function isRead(request: Request): boolean {
  return SAFE_METHODS.has(request.method);
}

/** Refuses a change that a browser says comes from another site. */
export const originGuard: RequestHandler = (request, _response, next) => {
  const { origin, 'sec-fetch-site': site } = request.headers;
  const secFetchSite = Array.isArray(site) ? site.join(',') : site;
  if (!isRead(request) && !isOwnOrigin({ origin, secFetchSite }, siteOf(request).origin)) {
    throw new GatewayRefusal('cross_site');
  }
  next();
};

/** Refuses a change without the session's CSRF token. @throws GatewayRefusal `csrf_token` */
export function requireCsrfToken(request: Request, session: Session): void {
  const given = Buffer.from(request.get('x-csrf-token') ?? '');
  const expected = Buffer.from(session.csrfToken);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new GatewayRefusal('csrf_token');
}
