import express from 'express';
import type Provider from 'oidc-provider';
import { choicePage, errorPage } from './pages.ts';
import type { Citizen } from './provider.ts';

/**
 * The provider's pages and protocol end points.
 *
 * - `GET /interaction/:uid` the list of citizens; `POST …/login` with `username` goes back signed in; `POST …/cancel` goes back
 *   with `access_denied`, as SPID's error 25 does.
 * - everything else is oidc-provider's.
 */
export function identityProviderApp(provider: Provider, citizens: readonly Citizen[]): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use('/interaction', (_request, response, next) => {
    // No form-action: the answer to the form redirects to the relying party, and Chromium applies it to redirects as well.
    response.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    });
    next();
  });
  app.get('/interaction/:uid', async (request, response) => {
    const { uid } = await provider.interactionDetails(request, response);
    response.type('html').send(choicePage(uid, citizens));
  });
  app.post(
    '/interaction/:uid/login',
    express.urlencoded({ extended: false, limit: '4kb' }),
    async (request, response) => {
      const { params } = await provider.interactionDetails(request, response);
      const username: unknown = request.body?.username;
      if (typeof username !== 'string' || !citizens.some((citizen) => citizen.username === username)) {
        response.status(422).type('html').send(errorPage('unknown_citizen'));
        return;
      }
      const acr = String(params['acr_values'] ?? '').split(' ')[0];
      const login = { accountId: username, amr: ['mfa'], remember: false, ...(acr ? { acr } : {}) };
      await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    },
  );
  app.post('/interaction/:uid/cancel', async (request, response) => {
    const result = { error: 'access_denied', error_description: 'ErrorCode nr25' };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  });
  app.use(
    '/interaction',
    (_error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(400).type('html').send(errorPage('interaction_expired'));
    },
  );
  app.use(provider.callback());
  return app;
}
