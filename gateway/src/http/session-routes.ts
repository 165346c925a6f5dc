import type { Express, Request, Response } from 'express';
import { readCookie } from '../domain/cookies.ts';
import { expiryOf, type Session } from '../domain/session.ts';
import { findSession, type GatewayDeps, siteOf } from './gateway-deps.ts';
import { limitPerAddress } from './limits.ts';
import { GatewayRefusal } from './refusal.ts';

/** `GET /api/session`: whose site this is and, to somebody signed in, who they are. Never refuses for want of a session. */
export function sessionRoutes(app: Express, deps: GatewayDeps): void {
  app.get('/api/session', limitPerAddress(deps.apiLimit, 'open'), (request, response) =>
    describeSession(deps, request, response),
  );
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
    hasPupils: issued.hasPupils,
    csrfToken: session.csrfToken,
    municipality,
    expiresAt: expiryOf(session, deps.now()).toISOString(),
  });
}

/** Ends a session whose person identity no longer knows. */
async function forget(deps: GatewayDeps, request: Request, session: Session | null): Promise<void> {
  const sessionId = readCookie(request.headers.cookie, deps.cookies.sessionName);
  if (session !== null && sessionId !== null) await deps.sessions.close(sessionId);
}

async function orServiceAway<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (cause) {
    throw new GatewayRefusal('service_away', { cause });
  }
}
