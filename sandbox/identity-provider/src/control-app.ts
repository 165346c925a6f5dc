import { createHttpApp, finishHttpApp, HttpRefusal, type Logger } from '@campanella/service-kit';
import type { Express } from 'express';
import { z } from 'zod';
import { Behaviour, type Behaviours, NORMAL } from './behaviours.ts';
import type { EidProvider } from './eid/eid-provider.ts';
import { makeSigningKey } from './federation/keys.ts';

const Rotation = z.strictObject({ keepOld: z.boolean().default(true), announceOnly: z.boolean().default(false) });

/**
 * Scripts the sandbox's entities. It trusts whoever reaches it: its port belongs on loopback.
 *
 * - `GET /entities` how each behaves; `PUT /entities/:name` sets it; `DELETE /entities/:name` back to normal;
 * - `DELETE /entities` all back to normal;
 * - `POST /entities/:name/rotate-keys` gives a provider another protocol key, or with `announceOnly` publishes the next one.
 */
export function controlApp(options: {
  readonly logger: Logger;
  readonly behaviours: Behaviours;
  readonly providers: ReadonlyMap<string, EidProvider>;
}): Express {
  const { behaviours, providers, logger } = options;
  const app = createHttpApp({ logger, service: 'sandbox-identity-provider' });
  const known = (name: string) => {
    if (behaviours.names.includes(name)) return name;
    throw new HttpRefusal(404, 'unknown_entity', `Le entità sono: ${behaviours.names.join(', ')}`);
  };
  app.get('/entities', (_request, response) => {
    response.json(Object.fromEntries(behaviours.names.map((name) => [name, behaviours.of(name)])));
  });
  app.put('/entities/:name', (request, response) => {
    const name = known(request.params.name);
    behaviours.set(name, parse(Behaviour, request.body));
    response.json(behaviours.of(name));
  });
  app.delete('/entities', (_request, response) => {
    for (const name of behaviours.names) behaviours.set(name, NORMAL);
    response.status(204).end();
  });
  app.delete('/entities/:name', (request, response) => {
    behaviours.set(known(request.params.name), NORMAL);
    response.status(204).end();
  });
  app.post('/entities/:name/rotate-keys', async (request, response) => {
    const provider = providers.get(known(request.params.name));
    if (provider === undefined) throw new HttpRefusal(422, 'no_provider', 'Solo un gestore ha chiavi di protocollo');
    const rotation = parse(Rotation, request.body ?? {});
    const key = await makeSigningKey();
    if (rotation.announceOnly) provider.announce(key);
    else provider.rotate(key, rotation);
    response.json({ kids: provider.keys().map((key) => key.kid) });
  });
  finishHttpApp(app);
  return app;
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HttpRefusal(422, 'invalid', z.prettifyError(parsed.error));
}
