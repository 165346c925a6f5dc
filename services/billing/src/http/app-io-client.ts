import { z } from 'zod';
import { type Channel, Undeliverable } from '../app/send-notifications.ts';

const WITHIN_MS = 5_000;
const TOO_MANY = 429;
const Profile = z.object({ sender_allowed: z.boolean() });

/**
 * The messages of the App IO: asked first whether the citizen receives from this service, then sent. The codice fiscale travels in bodies only.
 *
 * @see pagoPA, App IO, openapi: `POST /profiles`, `POST /messages`
 */
export function appIoChannel(options: { readonly url: string; readonly key: string }): Channel {
  const post = (path: string, body: object) =>
    fetch(`${options.url}${path}`, {
      method: 'POST',
      signal: AbortSignal.timeout(WITHIN_MS),
      headers: { 'content-type': 'application/json', 'ocp-apim-subscription-key': options.key },
      body: JSON.stringify(body),
    });
  return {
    async send({ debtor }, { subject, body: markdown }) {
      const profile = await post('/profiles', { fiscal_code: debtor.codiceFiscale });
      const answer: unknown = await profile.json().catch(() => null);
      if (profile.status === 404) return false;
      if (profile.status !== 200) throw new Error(`the App IO answered ${profile.status} about a profile`);
      if (!Profile.parse(answer).sender_allowed) return false;
      const sent = await post('/messages', { fiscal_code: debtor.codiceFiscale, content: { subject, markdown } });
      await sent.body?.cancel();
      if (sent.status === 201) return true;
      const isRefused = sent.status >= 400 && sent.status < 500 && sent.status !== TOO_MANY;
      const said = `the App IO answered ${sent.status} to a message`;
      throw isRefused ? new Undeliverable(said) : new Error(said);
    },
  };
}
