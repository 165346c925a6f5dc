import type { Express, RequestHandler } from 'express';
import { GatewayRefusal } from './refusal.ts';

const READ = ['GET', 'HEAD'];
const GET = ['GET'];

/** The gateway's own addresses and the methods each has; what the services have is theirs to say. */
const METHODS_OF: Readonly<Record<string, readonly string[]>> = {
  '/api/session': READ,
  '/api/sign-in-methods': READ,
  '/api/openapi.json': READ,
  '/api/docs': READ,
  '/login/callback': GET,
  '/login/company': ['POST'],
  '/login/:method': GET,
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

/** Lets GET alone through: Express takes a HEAD for a GET, and a program that only looks must not begin or use up a sign-in. */
export const onlyGet: RequestHandler = (request, _response, next) => {
  if (request.method !== 'GET') throw new GatewayRefusal('method_not_allowed', { allow: GET });
  next();
};
