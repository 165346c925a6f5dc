import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { DocumentKind, Vat } from '@campanella/proto/billing/v1/office';
import { callUnary } from '@campanella/service-kit';
import { addDays, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Guardian, guardianOf } from './guardian.ts';
import { receiptRequest, send, verifyRequest } from './node.ts';
import { type Clerk, clerkOf } from './office.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { GUARDIAN_CODE, PUPIL } from './town.ts';

const TODAY = serviceDateAt(new Date());
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

/** Issues a document whose only instalment fell due so many days ago. */
async function owe(daysAgo: number, amountCents = 4_500): Promise<string> {
  const documentId = randomUUID();
  const dueOn = addDays(TODAY, -daysAgo);
  const document = {
    ...{ municipalityId: 1, documentId, kind: DocumentKind.INVOICE, pupilId: PUPIL.invoiced, service: 'school_meals' },
    ...{ description: 'Mensa scolastica, ottobre 2026', issuedOn: addDays(dueOn, -30), chargedCents: amountCents },
    ...{
      vat: Vat.FOUR_PERCENT,
      taxonomyCode: '9/TEST/',
      instalments: [{ instalmentId: randomUUID(), amountCents, dueOn }],
    },
  };
  await callUnary(billing.office, 'issueDocument', document, { deadlineMs: 10_000 });
  return documentId;
}

const shown = async (documentId: string) =>
  (await guardian.get('documents?limit=100')).body.documents.find((one: never) => one['documentId'] === documentId);

async function run(kind: 'reminder' | 'ruolo', more: object = {}) {
  const runId = randomUUID();
  const asked = { kind, runId, dueBefore: TODAY, daysAfterReminder: 0, ...more };
  expect((await clerk.ask('POST', 'runs', asked)).status).toBe(200);
  await clerk.until(runId, 'prepared');
  expect((await second.ask('POST', `runs/${runId}/confirmation`)).status).toBe(200);
  return clerk.until(runId, 'done');
}

/** What a command answered, with its exit status. */
const command = (words: string[]): Promise<{ status: number; output: string }> =>
  new Promise((resolve) => {
    const entry = fileURLToPath(new URL('../src/command.ts', import.meta.url));
    const env = { PATH: process.env['PATH'] ?? '', ...billing.commandEnvironment };
    execFile(
      process.execPath,
      ['--no-warnings', entry, ...words, '--municipality', '1'],
      { env },
      (fault, stdout, stderr) => {
        resolve({ status: fault === null ? 0 : Number(fault.code), output: `${stdout}${stderr}` });
      },
    );
  });

test('a reminder goes to what is overdue, once in its time; what is not overdue or paid has none', async () => {
  const [late, later, notYet] = [await owe(40), await owe(3), await owe(-10)];
  expect(
    await clerk.ask('POST', 'runs', {
      ...{ kind: 'reminder', runId: randomUUID(), dueBefore: addDays(TODAY, 1), daysAfterReminder: 30 },
    }),
  ).toMatchObject({ status: 422, body: { kind: 'not_overdue' } });
  const reminded = await run('reminder', { dueBefore: addDays(TODAY, -30), daysAfterReminder: 30 });
  expect(reminded.report.totals).toEqual({ documents: 1, unpaidCents: 4_500 });
  expect((await shown(late)).state).toBe('reminded');
  expect((await shown(later)).state).toBe('overdue');
  expect((await shown(notYet)).state).toBe('issued');
  expect((await run('reminder', { daysAfterReminder: 30 })).report.totals).toEqual({
    documents: 1,
    unpaidCents: 4_500,
  });
  expect((await shown(later)).state).toBe('reminded');
  expect((await run('reminder', { daysAfterReminder: 30 })).report.totals).toEqual({ documents: 0, unpaidCents: 0 });
  const [{ noticeNumber }] = (await shown(later)).instalments;
  await send(billing.nodeUrl, receiptRequest({ noticeNumber, receiptId: randomUUID(), amount: '45.00' }));
  expect((await shown(later)).state).toBe('paid');
}, 60_000);

test('what was reminded and is worth it goes to coercive collection, with a file of who owes what; run again nothing is left', async () => {
  const [first, small, fresh] = [await owe(90), await owe(80, 500), await owe(70)];
  await run('reminder', { dueBefore: addDays(TODAY, -75) });
  const inCart = await owe(95);
  await run('reminder', { dueBefore: addDays(TODAY, -94) });
  const { instalments } = await shown(inCart);
  const instalmentIds = [instalments[0].instalmentId];
  expect((await guardian.post('carts', { cartId: randomUUID(), instalmentIds })).status).toBe(200);
  const done = await run('ruolo', { dueBefore: addDays(TODAY, -60), leastCents: 1_000 });
  expect((await shown(first)).state).toBe('handed_over');
  expect((await shown(small)).state).toBe('reminded');
  expect((await shown(fresh)).state).toBe('overdue');
  expect((await shown(inCart)).state).toBe('in_verification');
  const { lines } = (await clerk.ask('GET', `runs/${done.runId}/lines`)).body;
  expect(lines).toEqual([
    { outcome: 'handed_over', subjectId: first, amountCents: 4_500 },
    { outcome: 'in_verification', subjectId: inCart, amountCents: 4_500 },
  ]);
  const [{ noticeNumber }] = (await shown(first)).instalments;
  const { content } = await send(billing.nodeUrl, verifyRequest({ noticeNumber }));
  expect(content.fault.faultCode).toBe('PAA_PAGAMENTO_ANNULLATO');
  const file = (await clerk.ask('GET', `runs/${done.runId}/export`)).body;
  const rows = file.replace('\uFEFF', '').trimEnd().split('\r\n');
  expect(rows).toHaveLength(2);
  expect(rows[0]).toBe('numero;data;scadenza;sollecito;oggetto;importo;codice_fiscale;intestatario;documento');
  expect(rows[1]).toContain(`;45,00;${GUARDIAN_CODE};Zefiro Prova;${first}`);
  const again = await run('ruolo', { dueBefore: addDays(TODAY, -60), leastCents: 1_000 });
  expect(again.report.totals).toEqual({ documents: 0, unpaidCents: 0 });
  const stranger = await clerkOf(billing, 'guardian');
  expect((await stranger.ask('GET', `runs/${done.runId}/export`)).status).toBe(404);
}, 60_000);

test('the office does the same from the command line, with a second name to confirm', async () => {
  const overdue = await owe(200);
  const prepared = await command(['reminders', '--days', '0', '--due-before', addDays(TODAY, -150), '--as', 'uno']);
  expect(prepared).toMatchObject({ status: 0 });
  const { runId } = JSON.parse(prepared.output);
  await clerk.until(runId, 'prepared');
  const same = await command(['confirm', '--run', runId, '--as', 'uno']);
  expect(same).toEqual({ status: 1, output: expect.stringContaining('una seconda persona') });
  expect((await command(['confirm', '--run', runId, '--as', 'due'])).status).toBe(0);
  await clerk.until(runId, 'done');
  const { output } = await command(['lines', '--run', runId]);
  expect(JSON.parse(output)).toEqual({ outcome: 'reminded', subjectId: overdue, amountCents: 4_500 });
  expect((await command(['run', '--month', '2026-13'])).status).toBe(2);
  const { edits } = (await clerk.ask('GET', 'edits?limit=2')).body;
  expect(edits.map(({ action, editor, source }: Record<string, string>) => [action, editor, source])).toEqual([
    ['run_confirmed', 'due', 'command'],
    ['run_prepared', 'uno', 'command'],
  ]);
}, 60_000);
