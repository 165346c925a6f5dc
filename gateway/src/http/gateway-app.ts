import type { ErrorRequestHandler, Express } from 'express';
import { apiDocsRoutes } from './api-docs.ts';
import { apiRoutes } from './api-proxy.ts';
import { bodyGuard } from './body.ts';
import { federationRoutes } from './federation-routes.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { framingGuard, securityHeaders, siteGuard } from './guards.ts';
import { refuseOtherMethods } from './methods.ts';
import { portalRoutes } from './portal.ts';
import { answerRefusal, GatewayRefusal, type GatewayRefusalKind } from './refusal.ts';
import { sessionRoutes } from './session-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';

/** Puts the gateway's routes on an app, in the order in which they guard each other. */
export function gatewayRoutes(app: Express, deps: GatewayDeps): void {
  app.use(securityHeaders(deps.scheme));
  app.use(framingGuard, siteGuard(deps), bodyGuard);
  sessionRoutes(app, deps);
  signInRoutes(app, deps);
  federationRoutes(app, deps);
  apiDocsRoutes(app, deps);
  refuseOtherMethods(app);
  apiRoutes(app, deps);
  portalRoutes(app, deps.portalDir);
  app.use(answerErrors(deps));
}

const REFUSAL_OF_STATUS: ReadonlyMap<number, GatewayRefusalKind> = new Map([
  [404, 'not_found'],
  [413, 'too_large'],
  [415, 'unsupported_media_type'],
]);

/** The one place where a refusal or a fault becomes an answer. */
export function answerErrors(deps: Pick<GatewayDeps, 'logger'>): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const kind = kindOf(error);
    if (kind === 'internal') deps.logger.error({ err: error }, 'a request failed by a fault of the gateway');
    if (response.headersSent) response.destroy();
    else answerRefusal(request, response, kind, error instanceof GatewayRefusal ? error.facts : {});
  };
}

function kindOf(error: unknown): GatewayRefusalKind {
  if (error instanceof GatewayRefusal) return error.kind;
  if (!(error instanceof Error)) return 'internal';
  // From the session store and from the limits alike: express-rate-limit hands on what its store throws.
  if (error.name === 'RedisAwayError') return 'sessions_away';
  // Express refuses a path or a file name it cannot decode with a 4xx of its own.
  const status = 'status' in error ? error.status : undefined;
  if (typeof status !== 'number' || status >= 500) return 'internal';
  return REFUSAL_OF_STATUS.get(status) ?? 'bad_request';
}
