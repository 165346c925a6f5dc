import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { isPlainTarget } from '../domain/local-path.ts';
import { isOwnOrigin } from '../domain/request-origin.ts';
import type { Session } from '../domain/session.ts';
import { type GatewayDeps, setSite, siteOf } from './gateway-deps.ts';
import { GatewayRefusal } from './refusal.ts';

const YEAR_S = 31_536_000;

/**
 * Security headers of every answer. No inline script, nothing from elsewhere, no framing. Styles set by script on elements are no
 * inline styles to the policy; Bootstrap Italia's pictures and its icon font are data URLs in its style sheet.
 */
export function securityHeaders(scheme: 'http' | 'https'): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
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
}

/** Lets through plain paths on a host that is a municipality's, and nothing else. */
export function siteGuard(deps: Pick<GatewayDeps, 'municipalityHosts' | 'scheme'>): RequestHandler {
  return (request, _response, next) => {
    if (!isPlainTarget(request.originalUrl)) throw new GatewayRefusal('bad_request');
    const host = (request.headers.host ?? '').toLowerCase();
    const municipalityId = deps.municipalityHosts.get(host);
    if (municipalityId === undefined) throw new GatewayRefusal('unknown_host');
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
