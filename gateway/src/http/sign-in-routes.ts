import { timingSafeEqual } from 'node:crypto';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { SignInFailureKind } from '../app/sign-in.ts';
import { readCookie } from '../domain/cookies.ts';
import { parseLocalPath } from '../domain/local-path.ts';
import type { Session } from '../domain/session.ts';
import { companySignInRoutes } from './company-sign-in.ts';
import {
  findSession,
  type GatewayDeps,
  removeSessionCookie,
  requireSession,
  setCookie,
  siteOf,
  sourceAddressOf,
} from './gateway-deps.ts';
import { originGuard, requireCsrfToken } from './guards.ts';
import { limitPerAddress } from './limits.ts';
import { onlyGet } from './methods.ts';
import { GatewayRefusal } from './refusal.ts';
import { startSession } from './start-session.ts';

const CALLBACK = '/login/callback';
/** As long as identity remembers a sign-in that has begun. */
const SIGN_IN_COOKIE_S = 600;
const METHOD = /^[a-z][a-z0-9_-]{0,39}$/;
/** An issuer is a URL; identity alone knows which ones there are. */
const ISSUER = /^https?:\/\/[\x21-\x7e]{1,500}$/;
/** What the page of the failure may be told beside its kind: SPID's numbers, a card's fault, a level below the one asked for. */
const ERROR_CODE = /^(?:nr(?:19|2[0-5])|untrusted|revoked|expired|not_for_sign_in|no_certificate|level_too_low)$/;

/**
 * Sign-in and sign-out.
 *
 * - `GET /login/:method?return=/path[&idp=<issuer>]` sends the browser to the provider, with a short-lived cookie that binds it;
 * - `GET /login/callback` takes it back: a new session under a new id, or `/accedi?errore=<failure>`;
 * - `POST /login/company` is {@link companySignInRoutes};
 * - `POST /logout` ends the session and answers `{ redirectUrl }`;
 * - `POST /logout/everywhere` ends every session of the person, on this device and all others, and every sign-in at the providers.
 */
export function signInRoutes(app: Express, deps: GatewayDeps): void {
  const limited = limitPerAddress(deps.signInLimit, 'closed');
  app.get(CALLBACK, onlyGet, limited, (request, response) => takeBack(deps, request, response));
  companySignInRoutes(app, deps);
  const notCompany: RequestHandler = (request, _response, next) =>
    next(request.params['method'] === 'company' ? 'route' : undefined);
  app.get('/login/:method', notCompany, onlyGet, limited, (request, response) => sendAway(deps, request, response));
  const bounded = limitPerAddress(deps.apiLimit, 'open');
  app.post('/logout', bounded, originGuard, (request, response) => signOut(deps, request, response));
  app.post('/logout/everywhere', bounded, originGuard, (request, response) =>
    signOutEverywhere(deps, request, response),
  );
}

async function sendAway(deps: GatewayDeps, request: Request, response: Response): Promise<void> {
  const { municipalityId, origin } = siteOf(request);
  const { method } = request.params;
  const { return: wanted = '/', idp: issuer = '' } = request.query;
  const returnTo = typeof wanted === 'string' ? parseLocalPath(wanted) : null;
  if (returnTo === null) throw new GatewayRefusal('bad_request');
  if (typeof method !== 'string' || !METHOD.test(method)) throw new GatewayRefusal('not_found');
  if (typeof issuer !== 'string' || (issuer !== '' && !ISSUER.test(issuer))) throw new GatewayRefusal('not_found');
  const begun = await deps.signIn.begin({
    municipalityId,
    method,
    issuer,
    redirectUri: `${origin}${CALLBACK}`,
    sourceAddress: sourceAddressOf(request),
  });
  if (begun.kind === 'unknown_method') throw new GatewayRefusal('not_found');
  if (begun.kind === 'failed') return explain(response, begun.failure, '', returnTo);
  const kept = `${begun.state}.${Buffer.from(returnTo).toString('base64url')}`;
  setCookie(response, deps.cookies.write(deps.cookies.signInName, kept, SIGN_IN_COOKIE_S));
  response.set('Cache-Control', 'no-store').redirect(303, begun.redirectUrl);
}

async function takeBack(deps: GatewayDeps, request: Request, response: Response): Promise<void> {
  const { municipalityId, origin } = siteOf(request);
  response.set('Cache-Control', 'no-store');
  setCookie(response, deps.cookies.write(deps.cookies.signInName, '', 0));
  const kept = readSignInCookie(deps, request);
  // Begun in another browser, or too long ago: whoever made this one come here does not sign it in as somebody else.
  if (kept === null || !isSame(kept.state, request.query['state']))
    return explain(response, 'expired', '', kept?.returnTo);
  const completed = await deps.signIn.complete({
    municipalityId,
    state: kept.state,
    callbackUrl: `${origin}${request.originalUrl}`,
    sourceAddress: sourceAddressOf(request),
  });
  if (completed.kind === 'failed') return explain(response, completed.failure, completed.errorCode, kept.returnTo);
  await startSession(deps, request, response, completed);
  response.redirect(303, kept.returnTo);
}

async function signOut(deps: GatewayDeps, request: Request, response: Response): Promise<void> {
  const session = await findSession(deps, request);
  response.set('Cache-Control', 'no-store');
  if (session === null) {
    response.json({ redirectUrl: '/' });
    return;
  }
  requireCsrfToken(request, session);
  const sessionId = readCookie(request.headers.cookie, deps.cookies.sessionName);
  if (sessionId !== null) await deps.sessions.close(sessionId);
  response.json({ redirectUrl: await leave(deps, request, session) });
}

async function signOutEverywhere(deps: GatewayDeps, request: Request, response: Response): Promise<void> {
  // Without a session nobody knows whose sessions to end: saying that it was done would be a lie.
  const session = await requireSession(deps, request);
  response.set('Cache-Control', 'no-store');
  requireCsrfToken(request, session);
  await deps.sessions.closeAll(session.municipalityId, session.personId);
  const redirectUrl = await leave(deps, request, session);
  await deps.signIn.endAll(session.municipalityId, session.personId);
  response.json({ redirectUrl });
}

/** Ends the sign-in at the provider of a session that has ended here. @returns where the browser goes */
async function leave(deps: GatewayDeps, request: Request, session: Session): Promise<string> {
  removeSessionCookie(deps, request);
  const { municipalityId, origin } = siteOf(request);
  return (await deps.signIn.end(municipalityId, session.signInId, `${origin}/`)) ?? '/';
}

function readSignInCookie(deps: GatewayDeps, request: Request): { state: string; returnTo: string } | null {
  const [state, encoded] = (readCookie(request.headers.cookie, deps.cookies.signInName) ?? '').split('.');
  if (!state || encoded === undefined) return null;
  return { state, returnTo: parseLocalPath(Buffer.from(encoded, 'base64url').toString('utf8')) ?? '/' };
}

function isSame(state: string, given: unknown): boolean {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(state), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Sends the browser to the portal's sign-in page, which explains the failure. */
function explain(response: Response, failure: SignInFailureKind, errorCode: string, returnTo = '/'): void {
  const query = new URLSearchParams({ errore: failure });
  if (ERROR_CODE.test(errorCode)) query.set('codice', errorCode);
  if (returnTo !== '/') query.set('return', returnTo);
  response.set('Cache-Control', 'no-store').redirect(303, `/accedi?${query}`);
}
