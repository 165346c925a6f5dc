import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Express, Request, Response } from 'express';
import type { CompletedSignIn, SignInFailureKind } from '../app/sign-in.ts';
import { readCookie } from '../domain/cookies.ts';
import { parseLocalPath } from '../domain/local-path.ts';
import { SESSION_LONGEST_MS } from '../domain/session.ts';
import { findSession, type GatewayDeps, setCookie, siteOf } from './gateway-deps.ts';
import { originGuard, requireCsrfToken } from './guards.ts';
import { limitPerAddress } from './limits.ts';
import { GatewayRefusal } from './refusal.ts';

const CALLBACK = '/login/callback';
/** As long as identity remembers a sign-in that has begun. */
const SIGN_IN_COOKIE_S = 600;
const PROVIDER = /^[a-z][a-z0-9_-]{0,39}$/;
const CSRF_TOKEN_BYTES = 32;

/**
 * Sign-in and sign-out.
 *
 * - `GET /login/:provider?return=/path` sends the browser to the provider, with a short-lived cookie that binds it;
 * - `GET /login/callback` takes it back: a new session under a new id, or `/accedi?errore=<failure>`;
 * - `POST /logout` ends the session and answers `{ redirectUrl }`.
 */
export function signInRoutes(app: Express, deps: GatewayDeps): void {
  const limited = limitPerAddress(deps.signInLimit, 'closed');
  app.get(CALLBACK, limited, (request, response) => takeBack(deps, request, response));
  app.get('/login/:provider', limited, (request, response) => sendAway(deps, request, response));
  app.post('/logout', originGuard, (request, response) => signOut(deps, request, response));
}

async function sendAway(deps: GatewayDeps, request: Request, response: Response): Promise<void> {
  const { municipalityId, origin } = siteOf(request);
  const { provider } = request.params;
  const wanted = request.query['return'] ?? '/';
  const returnTo = typeof wanted === 'string' ? parseLocalPath(wanted) : null;
  if (returnTo === null) throw new GatewayRefusal('bad_request');
  if (typeof provider !== 'string' || !PROVIDER.test(provider)) throw new GatewayRefusal('not_found');
  const begun = await deps.signIn.begin(municipalityId, provider, `${origin}${CALLBACK}`);
  if (begun.kind === 'unknown_provider') throw new GatewayRefusal('not_found');
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
  const completed = await deps.signIn.complete(municipalityId, kept.state, `${origin}${request.originalUrl}`);
  if (completed.kind === 'failed') return explain(response, completed.failure, completed.errorCode, kept.returnTo);
  await startSession(deps, request, response, completed);
  response.redirect(303, kept.returnTo);
}

async function startSession(
  deps: GatewayDeps,
  request: Request,
  response: Response,
  person: Extract<CompletedSignIn, { kind: 'signed_in' }>,
): Promise<void> {
  const earlierId = readCookie(request.headers.cookie, deps.cookies.sessionName);
  if (earlierId !== null) await deps.sessions.close(earlierId);
  const sessionId = await deps.sessions.open({
    municipalityId: siteOf(request).municipalityId,
    personId: person.personId,
    displayName: person.displayName,
    signInId: person.signInId,
    csrfToken: randomBytes(CSRF_TOKEN_BYTES).toString('base64url'),
    endsAt: new Date(deps.now().getTime() + SESSION_LONGEST_MS),
  });
  setCookie(response, deps.cookies.write(deps.cookies.sessionName, sessionId, null));
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
  setCookie(response, deps.cookies.write(deps.cookies.sessionName, '', 0));
  const { municipalityId, origin } = siteOf(request);
  const redirectUrl = await deps.signIn.end(municipalityId, session.signInId, `${origin}/`);
  response.json({ redirectUrl: redirectUrl ?? '/' });
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
  if (/^nr\d{2}$/.test(errorCode)) query.set('codice', errorCode);
  if (returnTo !== '/') query.set('return', returnTo);
  response.set('Cache-Control', 'no-store').redirect(303, `/accedi?${query}`);
}
