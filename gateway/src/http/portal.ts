import { noteAccess } from '@campanella/service-kit';
import type { Express, Response } from 'express';
import serveCompressed from 'express-static-gzip';
import { GatewayRefusal } from './refusal.ts';

const YEAR_S = 31_536_000;
const READ = ['GET', 'HEAD'];

/**
 * Serves the portal's files, as they were compressed by its build where the browser takes that. What is under `assets/` has its content's
 * hash in its name and never changes; everything else, the page first of all, is asked for again every time. An unknown path whose last
 * part has no dot is a page of the portal's own router.
 */
export function portalRoutes(app: Express, portalDir: string): void {
  const files = serveCompressed(portalDir, {
    enableBrotli: true,
    orderPreference: ['br', 'gzip'],
    index: false,
    serveStatic: {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      setHeaders: (response, path) => {
        const isHashed = /[/\\]assets[/\\]/.test(path.slice(portalDir.length));
        response.setHeader('Cache-Control', isHashed ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      },
    },
  });
  app.use((request, response, next) => {
    if (!READ.includes(request.method)) throw new GatewayRefusal('method_not_allowed', { allow: READ });
    noteAccess(response, { route: request.path.startsWith('/assets/') ? '/assets/*' : '/*' });
    next();
  });
  app.use(files);
  app.use((request, response, next) => {
    forgetFile(response);
    if (/\.[^/]*$/.test(request.path)) throw new GatewayRefusal('not_found');
    request.url = '/index.html';
    files(request, response, (cause: unknown) => {
      forgetFile(response);
      next(new GatewayRefusal('portal_missing', { cause }));
    });
  });
}

/** A compressed file that was there at the start and is gone has left its headers on an answer that is another one now. */
function forgetFile(response: Response): void {
  for (const name of ['Content-Encoding', 'Content-Type', 'Vary']) response.removeHeader(name);
}
