import { randomUUID } from 'node:crypto';
import { eventually } from '@campanella/testkit';
import { id, type MunicipalityId, numberId, type PersonId } from '@campanella/vocabulary';
import type { Answer } from './guardian.ts';
import type { RunningBilling } from './running-billing.ts';

/** Somebody of the municipal office, as the gateway speaks for them. */
export interface Clerk {
  readonly personId: string;
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Waits until a run is in a state. @throws when it takes too long */
  until(runId: string, state: string, withinMs?: number): Promise<Answer['body']>;
}

/** @param role another one sees nothing of the office */
export async function clerkOf(
  billing: Pick<RunningBilling, 'identity' | 'httpUrl'>,
  role: 'office' | 'guardian' | 'school' | 'sre' = 'office',
  municipality = 1,
): Promise<Clerk> {
  const personId = randomUUID();
  const token = await billing.identity.tokenFor({
    ...{ personId: id<PersonId>(personId), role, pupilIds: [], municipalityId: numberId<MunicipalityId>(municipality) },
  });
  const ask: Clerk['ask'] = async (method, path, body) => {
    const response = await fetch(`${billing.httpUrl}/api/billing/office/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  };
  return {
    ...{ personId, ask },
    until: (runId, state, withinMs = 30_000) =>
      eventually(
        async () => {
          const { body } = await ask('GET', `runs/${runId}`);
          return body.state === state && body;
        },
        { withinMs },
      ),
  };
}

export const BILLING_RULES = {
  ...{ label: 'Mensa scolastica', kind: 'invoice', vat: 'vat_4', series: 'M', taxonomyCode: '9/TEST/' },
  ...{ instalmentCount: 2, instalmentLeastCents: 1_000, dueDays: 30, daysApart: 30 },
};
