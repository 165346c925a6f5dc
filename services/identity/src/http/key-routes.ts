import type { Express } from 'express';
import type { KeyPurpose, KeyRing } from '../app/key-ring.ts';

/** How long a verifier may believe our keys; far below the time a key is published before it is used. */
const KEYS_KEPT_S = 300;

const PATHS = {
  token: '/.well-known/jwks.json',
  client: '/.well-known/openid-client-jwks.json',
} as const satisfies Partial<Record<KeyPurpose, string>>;

/** Publishes our public keys: those of the internal token for our services, those of the relying party for the providers. */
export function keyRoutes(app: Express, keys: KeyRing): void {
  for (const purpose of ['token', 'client'] as const) {
    app.get(PATHS[purpose], (_request, response) => {
      response.set('Cache-Control', `public, max-age=${KEYS_KEPT_S}`);
      response.json({ keys: keys.published(purpose).map((key) => key.publicJwk) });
    });
  }
}
