import { ask } from './ask.ts';
import { ApiProblem } from './problem.ts';
import { isRecord } from './records.ts';

/** Whose site this is. */
export interface Municipality {
  readonly name: string;
  readonly websiteUrl: string;
  readonly officeContact: string;
}

/** What the gateway says of the browser that asks. */
export type Session =
  | { readonly signedIn: false; readonly municipality: Municipality }
  | {
      readonly signedIn: true;
      readonly municipality: Municipality;
      readonly displayName: string;
      readonly hasPupils: boolean;
      readonly csrfToken: string;
    };

/** Asks the gateway who is signed in. @throws ApiProblem */
export async function readSession(signal?: AbortSignal): Promise<Session> {
  const body = await ask('/api/session', signal === undefined ? {} : { signal });
  const session = parseSession(body);
  if (session === null) throw new ApiProblem('internal', 200);
  return session;
}

/**
 * Ends the session here and at the identity provider.
 *
 * @returns where the browser has to go for the provider's part of it
 * @throws ApiProblem when the session may still be open
 */
export function signOut(csrfToken: string): Promise<string> {
  return leave('/logout', csrfToken);
}

/**
 * Ends every session of the person, on this device and on all others, and every sign-in at the identity providers.
 *
 * @returns where the browser has to go for the provider's part of it
 * @throws ApiProblem when a session may still be open
 */
export function signOutEverywhere(csrfToken: string): Promise<string> {
  return leave('/logout/everywhere', csrfToken);
}

async function leave(path: string, csrfToken: string): Promise<string> {
  const body = await ask(path, { method: 'POST', headers: { 'x-csrf-token': csrfToken } });
  return isRecord(body) && typeof body['redirectUrl'] === 'string' ? body['redirectUrl'] : '/';
}

/** Takes the gateway's answer as a session; null when it has another shape. */
export function parseSession(body: unknown): Session | null {
  if (!isRecord(body)) return null;
  const municipality = parseMunicipality(body['municipality']);
  if (municipality === null) return null;
  if (body['signedIn'] === false) return { signedIn: false, municipality };
  const { displayName, hasPupils, csrfToken } = body;
  if (typeof displayName !== 'string' || typeof hasPupils !== 'boolean' || typeof csrfToken !== 'string') return null;
  return { signedIn: true, municipality, displayName, hasPupils, csrfToken };
}

function parseMunicipality(value: unknown): Municipality | null {
  if (!isRecord(value)) return null;
  const { name, websiteUrl, officeContact } = value;
  if (typeof name !== 'string' || typeof websiteUrl !== 'string' || typeof officeContact !== 'string') return null;
  // A link of another scheme (javascript:) would run in our page.
  return { name, websiteUrl: /^https?:\/\//.test(websiteUrl) ? websiteUrl : '/', officeContact };
}
