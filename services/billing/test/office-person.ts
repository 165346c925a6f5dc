import type { Answer } from './guardian.ts';
import type { RunningBilling } from './running-billing.ts';

/** Somebody of the office of municipality 1, as the gateway speaks for them. */
export interface OfficePerson {
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
}

/** @param role another role, to be refused */
export async function officeOf(
  billing: Pick<RunningBilling, 'identity' | 'httpUrl'>,
  role: 'office' | 'guardian' | 'school' | 'sre' = 'office',
): Promise<OfficePerson> {
  const token = await billing.identity.tokenFor({ role });
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${billing.httpUrl}/api/billing/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  return { get: (path) => ask('GET', path), post: (path, body) => ask('POST', path, body) };
}
