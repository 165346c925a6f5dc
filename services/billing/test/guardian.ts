import { randomUUID } from 'node:crypto';
import { id, type PupilId } from '@campanella/vocabulary';
import type { RunningBilling } from './running-billing.ts';
import { PUPIL } from './town.ts';

/** An answer of the parents' API. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look wherever they like
  readonly body: any;
}

/** The guardian of the first, the second and the invoiced pupil, as the gateway speaks for them. */
export interface Guardian {
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  /** Orders a top-up of the first pupil, unless the order says otherwise. */
  order(order?: Record<string, unknown>): Promise<Answer>;
}

/** @param pupilIds whose guardian it is */
export async function guardianOf(
  billing: Pick<RunningBilling, 'identity' | 'httpUrl'>,
  pupilIds: readonly string[] = [PUPIL.first, PUPIL.second, PUPIL.invoiced],
): Promise<Guardian> {
  const token = await billing.identity.tokenFor({ pupilIds: pupilIds.map((pupilId) => id<PupilId>(pupilId)) });
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${billing.httpUrl}/api/billing/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
  const post = (path: string, body?: unknown) => ask('POST', path, body);
  return {
    get: (path) => ask('GET', path),
    post,
    order: (order = {}) =>
      post('top-ups', {
        ...{ orderId: randomUUID(), pupilId: PUPIL.first, service: 'school_meals', badgeNumber: null },
        amountCents: 2_000,
        ...order,
      }),
  };
}
