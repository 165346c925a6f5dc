import type { Express, Request, Response } from 'express';
import { readCookie } from '../domain/cookies.ts';
import { expiryOf, type Session } from '../domain/session.ts';
import { findSession, type GatewayDeps, removeSessionCookie, siteOf } from './gateway-deps.ts';
import { limitPerAddress } from './limits.ts';
import { GatewayRefusal } from './refusal.ts';

/**
 * What a page asks before anybody is signed in. Never refuses for want of a session.
 *
 * - `GET /api/session`: whose site this is and, to somebody signed in, who they are;
 * - `GET /api/sign-in-methods`: how people may sign in here.
 */
export function sessionRoutes(app: Express, deps: GatewayDeps): void {
  const limited = limitPerAddress(deps.apiLimit, 'open');
  app.get('/api/session', limited, (request, response) => describeSession(deps, request, response));
  app.get('/api/sign-in-methods', limited, async (request, response) => {
    const methods = await orServiceAway(deps.signInMethods(siteOf(request).municipalityId));
    response.set('Cache-Control', 'no-store').json({ methods });
  });
}

async function describeSession(deps: GatewayDeps, request: Request, response: Response): Promise<void> {
  response.set('Cache-Control', 'no-store');
  const session = await findSession(deps, request);
  const [municipality, issued] = await orServiceAway(
    Promise.all([
      deps.municipalityFacts(siteOf(request).municipalityId),
      session === null ? null : deps.tokens.tokenFor(session),
    ]),
  );
  if (session === null || issued === null) {
    await forget(deps, request, session);
    response.json({ signedIn: false, municipality });
    return;
  }
  response.json({
    signedIn: true,
    displayName: session.displayName,
    role: issued.role,
    hasPupils: issued.hasPupils,
    csrfToken: session.csrfToken,
    municipality,
    expiresAt: expiryOf(session, deps.now()).toISOString(),
  });
}

/** Ends a session whose person identity no longer knows. */
async function forget(deps: GatewayDeps, request: Request, session: Session | null): Promise<void> {
  const sessionId = readCookie(request.headers.cookie, deps.cookies.sessionName);
  if (session === null || sessionId === null) return;
  await deps.sessions.close(sessionId);
  removeSessionCookie(deps, request);
}

async function orServiceAway<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (cause) {
    throw new GatewayRefusal('service_away', { cause });
  }
}
