import { randomUUID } from 'node:crypto';
import { id, type PupilId, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Guardian, guardianOf } from './guardian.ts';
import { receiptRequest, send } from './node.ts';
import { type Clerk, clerkOf } from './office.ts';
import { readFile } from './reader.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { GUARDIAN_CODE, PUPIL } from './town.ts';

const YEAR = Number(serviceDateAt(new Date()).slice(0, 4)) - 1;
let billing: RunningBilling;
let clerk: Clerk;
let second: Clerk;
let guardian: Guardian;

beforeAll(async () => {
  billing = await runBilling();
  [clerk, second] = [await clerkOf(billing), await clerkOf(billing)];
  guardian = await guardianOf(billing);
}, 180_000);

afterAll(async () => {
  await billing?.close();
}, 60_000);

async function topUp(pupilId: string, paymentDateTime: string, method = ''): Promise<void> {
  const { body } = await guardian.order({ pupilId });
  const receipt = receiptRequest({
    noticeNumber: body.noticeNumber,
    receiptId: randomUUID(),
    amount: '20.00',
    paymentDateTime,
  });
  const said = method === '' ? receipt : receipt.replace('<fee>', `<paymentMethod>${method}</paymentMethod><fee>`);
  expect((await send(billing.nodeUrl, said)).content).toEqual({ outcome: 'OK' });
}

async function certify() {
  const runId = randomUUID();
  expect((await clerk.ask('POST', 'runs', { kind: 'certification_730', runId, year: YEAR })).status).toBe(200);
  await clerk.until(runId, 'prepared');
  expect((await second.ask('POST', `runs/${runId}/confirmation`)).status).toBe(200);
  return (await clerk.until(runId, 'done')).report.totals;
}

async function fascicolo(pupilId: string) {
  const token = await billing.identity.tokenFor({ pupilIds: [id<PupilId>(pupilId)] });
  const get = (path: string) =>
    fetch(`${billing.registryUrl}/api/anagrafica/pupils/${pupilId}/documents${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
  const { documents } = JSON.parse(await (await get('')).text());
  const texts = await Promise.all(
    documents.map(async ({ documentId }: { documentId: string }) =>
      Buffer.from(await (await get(`/${documentId}/content`)).arrayBuffer()),
    ),
  );
  return documents.map((document: object, index: number) => ({ ...document, ...readFile(texts[index]) }));
}

test('what was paid by traceable means in the year is certified in the fascicolo, and certified anew only when it changed', async () => {
  await topUp(PUPIL.first, `${YEAR}-03-01T12:00:00`);
  await topUp(PUPIL.first, `${YEAR}-12-31T23:59:59`);
  await topUp(PUPIL.first, `${YEAR + 1}-01-01T00:00:00`);
  await topUp(PUPIL.first, `${YEAR}-04-01T12:00:00`, 'cash');
  await topUp(PUPIL.second, `${YEAR + 1}-02-01T12:00:00`);
  expect(await certify()).toEqual({ certifications: 1, amountCents: 4_000, leftOut: 0 });
  const [filed, ...more] = await fascicolo(PUPIL.first);
  expect(more).toEqual([]);
  expect(filed).toMatchObject({ kind: 'certification_730', title: `Certificazione per modello 730, anno ${YEAR}` });
  for (const part of ['40,00 €', GUARDIAN_CODE, 'Nuvola1 Segnaposto', 'Esente da imposta di bollo']) {
    expect(filed.text).toContain(part);
  }
  expect(await fascicolo(PUPIL.second)).toEqual([]);
  expect(await certify()).toEqual({ certifications: 0, amountCents: 0, leftOut: 0 });
  await topUp(PUPIL.first, `${YEAR}-05-01T12:00:00`);
  expect(await certify()).toEqual({ certifications: 1, amountCents: 6_000, leftOut: 0 });
  const titles = (await fascicolo(PUPIL.first)).map(({ title }: { title: string }) => title);
  expect(titles).toHaveLength(2);
  expect(titles.some((title: string) => title.endsWith('sostituisce la precedente'))).toBe(true);
}, 120_000);

test('a year that is not over is not certified', async () => {
  const asked = { kind: 'certification_730', runId: randomUUID(), year: YEAR + 1 };
  expect(await clerk.ask('POST', 'runs', asked)).toMatchObject({ status: 422, body: { kind: 'year_not_over' } });
});
