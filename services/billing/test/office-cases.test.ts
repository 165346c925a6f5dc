import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { receiptRequest, send } from './node.ts';
import { type OfficePerson, officeOf } from './office-person.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';

let billing: RunningBilling;
let office: OfficePerson;

beforeAll(async () => {
  billing = await runBilling();
  office = await officeOf(billing);
}, 120_000);

afterAll(async () => {
  await billing?.close();
}, 60_000);

/** Money for a notice that is not ours. */
const receive = async (amount: string) => {
  const receiptId = randomUUID();
  await send(billing.nodeUrl, receiptRequest({ noticeNumber: '301000000000000144', receiptId, amount }));
  const { body } = await office.get('office/cases?limit=100');
  return body.cases.find((one: { receiptId: string }) => one.receiptId === receiptId);
};

test('a case waits with its class, amount and age, and is gone from the list once it is decided; its line stays', async () => {
  const found = await receive('12.34');
  expect(found).toMatchObject({ class: 'unknown_notice', amountCents: 1_234, ageDays: 0, resolvedAt: null, lines: [] });
  const before = (await office.get('office/cases')).body;
  const line = { outcome: 'refunded', note: 'determina 12' };
  const resolved = await office.post(`office/cases/${found.caseId}/lines`, line);
  expect(resolved).toMatchObject({ status: 200, body: { caseId: found.caseId, lines: [line] } });
  const after = (await office.get('office/cases')).body;
  expect([before.openCount - after.openCount, before.openCents - after.openCents]).toEqual([1, 1_234]);
  const { body: closed } = await office.get('office/cases?state=resolved');
  expect(closed.cases[0]).toEqual(resolved.body);
});

test('the same decision again changes nothing, another one waits until the case is reopened', async () => {
  const { caseId } = await receive('1.00');
  const path = `office/cases/${caseId}/lines`;
  const line = { outcome: 'credited', note: 'stornato' };
  const answers = await Promise.all([office.post(path, line), office.post(path, line)]);
  expect(answers.map(({ status, body }) => [status, body.lines.length])).toEqual([
    [200, 1],
    [200, 1],
  ]);
  expect(await office.post(path, { outcome: 'refunded', note: 'x' })).toMatchObject({ body: { kind: 'resolved' } });
  const reopened = { outcome: 'reopened', note: 'errore' };
  expect((await office.post(path, reopened)).body).toMatchObject({ resolvedAt: null, lines: [line, reopened] });
  expect(await office.post(path, { outcome: 'reopened', note: 'x' })).toMatchObject({ body: { kind: 'not_resolved' } });
});

test('pages follow one another without a gap', async () => {
  for (let count = 0; count < 5; count += 1) await receive('2.00');
  const all = (await office.get('office/cases?limit=100')).body.cases.map((one: { caseId: string }) => one.caseId);
  const paged: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await office.get(`office/cases?limit=2${cursor}`);
    paged.push(...body.cases.map((one: { caseId: string }) => one.caseId));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(paged).toEqual(all);
  expect((await office.get('office/cases?cursor=x')).status).toBe(422);
});

test('to everybody else, and for a case that is not there, the answer is the same 404', async () => {
  const { caseId } = await receive('3.00');
  const line = { outcome: 'refunded', note: 'x' };
  const unknown = await office.post(`office/cases/${randomUUID()}/lines`, line);
  expect(unknown.status).toBe(404);
  for (const role of ['guardian', 'school', 'sre'] as const) {
    const person = await officeOf(billing, role);
    expect(await person.get('office/cases')).toEqual(unknown);
    expect(await person.post(`office/cases/${caseId}/lines`, line)).toEqual(unknown);
  }
  expect((await office.post(`office/cases/${caseId}/lines`, { outcome: 'refunded', note: ' ' })).status).toBe(422);
});
