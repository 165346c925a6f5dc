import express, { type Express } from 'express';
import { GatewayRefusal } from './refusal.ts';

const YEAR_S = 31_536_000;

/**
 * Serves the portal's files. What is under `assets/` has its content's hash in its name and never changes; everything else, the page
 * first of all, is asked for again every time. An unknown path whose last
 * part has no dot is a page of the portal's own router.
 */
export function portalRoutes(app: Express, portalDir: string): void {
  app.use((request, _response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new GatewayRefusal('method_not_allowed', { allow: ['GET', 'HEAD'] });
    next();
  });
  app.use(
    express.static(portalDir, {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      setHeaders: (response, path) => {
        const isHashed = /[/\\]assets[/\\]/.test(path.slice(portalDir.length));
        response.set('Cache-Control', isHashed ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      },
    }),
  );
  app.use((request, response, next) => {
    if (/\.[^/]*$/.test(request.path)) throw new GatewayRefusal('not_found');
    response.set('Cache-Control', 'no-cache');
    response.sendFile('index.html', { root: portalDir }, (error) => {
      if (error && !response.headersSent) next(new GatewayRefusal('portal_missing', { cause: error }));
    });
  });
}
