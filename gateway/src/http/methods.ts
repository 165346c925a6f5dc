import type { Express } from 'express';
import { GatewayRefusal } from './refusal.ts';

const READ = ['GET', 'HEAD'];

/** The gateway's own addresses and the methods each has; what the services have is theirs to say. */
const METHODS_OF: Readonly<Record<string, readonly string[]>> = {
  '/api/session': READ,
  '/api/sign-in-methods': READ,
  '/api/openapi.json': READ,
  '/api/docs': READ,
  '/login/callback': READ,
  '/login/company': ['POST'],
  '/login/:method': READ,
  '/logout': ['POST'],
  '/logout/everywhere': ['POST'],
  '/.well-known/openid-federation': READ,
  '/resolve': READ,
};

/** Refuses, with Allow, a method that no route of an own address has taken. Comes after those routes. */
export function refuseOtherMethods(app: Express): void {
  for (const [path, allow] of Object.entries(METHODS_OF)) {
    app.all(path, (request, _response, next) => {
      if (allow.includes(request.method)) return next();
      throw new GatewayRefusal('method_not_allowed', { allow });
    });
  }
}
