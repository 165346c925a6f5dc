import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { noteAccess } from '@campanella/service-kit';
import type { Express } from 'express';
import serveCompressed from 'express-static-gzip';
import type { GatewayDeps } from './gateway-deps.ts';
import { GatewayRefusal } from './refusal.ts';

const GENERATED = fileURLToPath(new URL('../../gen/api', import.meta.url));
const VERSIONED = /[/\\]docs[/\\]\d+\.\d+\.\d+[/\\]/;
const YEAR_S = 31_536_000;

/** `GET /api/openapi.json`, the description of all services' APIs, and `GET /api/docs`, a page to browse it. Public, as the code is. */
export function apiDocsRoutes(app: Express, { logger }: Pick<GatewayDeps, 'logger'>): void {
  if (!existsSync(GENERATED)) logger.warn('the description of the APIs is missing: npm run generate');
  const files = serveCompressed(GENERATED, {
    enableBrotli: true,
    orderPreference: ['br', 'gzip'],
    index: false,
    serveStatic: {
      index: false,
      redirect: false,
      fallthrough: true,
      setHeaders: (response, path) => {
        const isVersioned = VERSIONED.test(path);
        response.setHeader('Cache-Control', isVersioned ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      },
    },
  });
  app.get(['/api/openapi.json', '/api/docs', '/api/docs/{*file}'], (request, response, next) => {
    noteAccess(response, { route: request.path === '/api/openapi.json' ? '/api/openapi.json' : '/api/docs/*' });
    request.url = request.path === '/api/docs' ? '/docs/index.html' : request.path.slice('/api'.length);
    files(request, response, () => next(new GatewayRefusal('not_found')));
  });
}
