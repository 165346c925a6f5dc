import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { SignedIn } from '../app/sign-in.ts';
import { readCookie } from '../domain/cookies.ts';
import { SESSION_LONGEST_MS } from '../domain/session.ts';
import { type GatewayDeps, setCookie, siteOf } from './gateway-deps.ts';

const CSRF_TOKEN_BYTES = 32;

/** Opens a session for somebody who just signed in, under a new id; the one that the browser had before ends. @throws RedisAwayError */
export async function startSession(
  deps: GatewayDeps,
  request: Request,
  response: Response,
  person: SignedIn,
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
