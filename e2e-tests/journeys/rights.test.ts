import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { openStage, type Stage } from '../src/stage.ts';

const STEP_MS = 60_000;
const GUARDIAN = 'aurora.esempio';
/** All that a guardian may ask to change: absences, and the hand-overs to pagoPA. */
const ALLOWED = [
  'POST /api/attendance/pupils/{pupilId}/absences',
  'POST /api/billing/top-ups',
  'POST /api/billing/top-ups/{orderId}/cancellation',
  'POST /api/billing/carts',
  'POST /api/billing/carts/{cartId}/end',
];
/** The session itself is no data. */
const SESSION = ['POST /login/company', 'POST /logout', 'POST /logout/everywhere'];
const SAFE = ['get', 'head', 'options'];
const NOBODY = '01938f00-0000-7000-8000-0000000000ff';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

interface Operation {
  readonly method: string;
  readonly path: string;
}

/** Every operation that the gateway publishes. */
async function operations(page: Page): Promise<readonly Operation[]> {
  const { paths }: { paths: Record<string, Record<string, unknown>> } = await page.evaluate(async () =>
    (await fetch('/api/openapi.json')).json(),
  );
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

/** Sends a change as the portal would: same origin, with the session's token against forged requests. @returns status and kind of the answer */
function send(page: Page, { method, path }: Operation, pupilId: string): Promise<{ status: number; kind: string }> {
  const address = path.replace('{pupilId}', pupilId).replaceAll(/\{\w+\}/g, NOBODY);
  return page.evaluate(
    async ([verb, target]) => {
      const { csrfToken } = await (await fetch('/api/session')).json();
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrfToken };
      const response = await fetch(target ?? '', { method: verb ?? '', headers, body: '{}' });
      const { kind = '' } = await response.json().catch(() => ({}));
      return { status: response.status, kind };
    },
    [method, address] as const,
  );
}

async function openSession(): Promise<{ page: Page; pupilId: string }> {
  const page = await stage.guardian(GUARDIAN);
  await page.goto(stage.run.gatewayUrl);
  const pupilId = stage.run.demo.guardians.find(({ username }) => username === GUARDIAN)?.pupils[0]?.pupilId ?? '';
  return { page, pupilId };
}

test(
  'of all operations of the API that change something, a guardian is let through to absences, top-ups and carts alone',
  async () => {
    const { page, pupilId } = await openSession();
    const changing = (await operations(page)).filter(({ method }) => !SAFE.includes(method.toLowerCase()));
    const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
    const others = changing.filter((one) => ![...ALLOWED, ...SESSION].includes(nameOf(one)));
    // Nothing was renamed away, and there is something to be refused.
    expect(changing.map(nameOf)).toEqual(expect.arrayContaining([...ALLOWED, ...SESSION]));
    expect(others.length).toBeGreaterThan(4);
    const refused = await Promise.all(
      others.map(async (one) => [nameOf(one), await send(page, one, pupilId)] as const),
    );
    for (const answer of refused) expect(answer).toEqual([answer[0], { status: 404, kind: 'not_found' }]);
    // The same request is understood where it is allowed: what refused the others is who asks, not how.
    const understood = await send(page, { method: 'POST', path: '/api/attendance/pupils/{pupilId}/absences' }, pupilId);
    expect(understood.status).toBe(422);
    await page.close();
  },
  STEP_MS,
);

test(
  'what a guardian may only read cannot be written at the same address by any method, and stays as it is',
  async () => {
    const { page, pupilId } = await openSession();
    const all = await operations(page);
    const known = new Set(all.map(({ method, path }) => `${method} ${path}`));
    const read = all.filter(({ method, path }) => method === 'GET' && path.startsWith('/api/'));
    const record = () =>
      page.evaluate(async (id) => {
        const { asOf, ...rest } = await (await fetch(`/api/anagrafica/pupils/${id}`)).json();
        return { rest, isRead: typeof asOf === 'string' };
      }, pupilId);
    const before = await record();
    expect(before.isRead).toBe(true);
    const accepted: object[] = [];
    for (const { path } of read) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        if (known.has(`${method} ${path}`)) continue;
        const { status } = await send(page, { method, path }, pupilId);
        if (status !== 404 && status !== 405) accepted.push({ method, path, status });
      }
    }
    expect(accepted).toEqual([]);
    expect(await record()).toEqual(before);
    await page.close();
  },
  STEP_MS,
);
