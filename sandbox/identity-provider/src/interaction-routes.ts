import express, { type NextFunction, type Request, type Response } from 'express';
import type Provider from 'oidc-provider';
import type { InteractionResults } from 'oidc-provider';
import { isOutcomeKey, type OutcomeKey, outcomes } from './outcomes.ts';
import { choicePage, errorPage, type ListedCitizen, PAGE_HEADERS } from './pages.ts';

export interface InteractionRoutesOptions {
  readonly provider: () => Provider;
  /** What the page is called. */
  readonly name: string;
  readonly citizens: readonly ListedCitizen[];
  readonly outcomes: readonly OutcomeKey[];
}

/**
 * A provider's own pages.
 *
 * - `GET /interaction/:uid` the list of citizens, and of outcomes where there are any;
 * - `POST …/login` with `username` goes back signed in; `POST …/outcome` with `outcome` goes back with that outcome;
 *   `POST …/cancel` goes back with SPID's error 25.
 */
export function interactionRoutes(options: InteractionRoutesOptions): express.Router {
  const router = express.Router();
  const form = express.urlencoded({ extended: false, limit: '4kb' });
  const finish = (request: Request, response: Response, result: InteractionResults) =>
    options.provider().interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  const signIn = async (request: Request, response: Response, username: string, level?: string) => {
    const { params } = await options.provider().interactionDetails(request, response);
    const acr = level ?? String(params['acr_values'] ?? '').split(' ')[0];
    const login = { accountId: username, amr: ['mfa'], remember: false, ...(acr ? { acr } : {}) };
    await finish(request, response, { login, consent: {} });
  };
  const reach = async (request: Request, response: Response, key: OutcomeKey) => {
    const outcome = outcomes[key];
    if (outcome.kind === 'refusal') {
      const { error, description } = outcome;
      return finish(request, response, { error, error_description: description });
    }
    return signIn(request, response, outcome.username, 'level' in outcome ? outcome.level : undefined);
  };

  router.use('/interaction', (_request, response, next) => {
    response.set(PAGE_HEADERS);
    next();
  });
  router.get('/interaction/:uid', async (request, response) => {
    const { uid } = await options.provider().interactionDetails(request, response);
    const path = `${request.baseUrl}/interaction/${encodeURIComponent(uid)}`;
    const { name, citizens, outcomes } = options;
    response.type('html').send(choicePage({ path, provider: name, citizens, outcomes }));
  });
  router.post('/interaction/:uid/login', form, async (request, response) => {
    await options.provider().interactionDetails(request, response);
    const username: unknown = request.body?.username;
    if (typeof username !== 'string' || !options.citizens.some((citizen) => citizen.username === username)) {
      response.status(422).type('html').send(errorPage('unknown_citizen'));
      return;
    }
    await signIn(request, response, username);
  });
  router.post('/interaction/:uid/outcome', form, async (request, response) => {
    await options.provider().interactionDetails(request, response);
    const key: unknown = request.body?.outcome;
    if (!isOutcomeKey(key) || !options.outcomes.includes(key)) {
      response.status(422).type('html').send(errorPage('unknown_outcome'));
      return;
    }
    await reach(request, response, key);
  });
  router.post('/interaction/:uid/cancel', (request, response) => reach(request, response, 'nr25'));
  router.use('/interaction', (_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    response.status(400).type('html').send(errorPage('interaction_expired'));
  });
  return router;
}
