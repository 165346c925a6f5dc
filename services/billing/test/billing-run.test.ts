import { randomUUID } from 'node:crypto';
import { callUnary } from '@campanella/service-kit';
import { eventually } from '@campanella/testkit';
import { addDays, id, type PupilId, type ServiceDate, serviceDate, serviceDateAt } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Guardian, guardianOf } from './guardian.ts';
import { receiptRequest, send, verifyRequest } from './node.ts';
import { BILLING_RULES, type Clerk, clerkOf } from './office.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { crowd, crowdPupil, PUPIL, uuid } from './town.ts';

const TODAY = serviceDateAt(new Date());
/** The last day of the month before, and of the one before that: runs bill months that are over. */
const MONTH_END = addDays(serviceDate(`${TODAY.slice(0, 7)}-01`), -1);
const MONTH = MONTH_END.slice(0, 7);
const EARLIER_END = addDays(serviceDate(`${MONTH}-01`), -1);
const EARLIER = EARLIER_END.slice(0, 7);
const day = (month: string, of: number): ServiceDate => serviceDate(`${month}-${String(of).padStart(2, '0')}`);
const CROWD = 1_000;

let billing: RunningBilling;
let clerk: Clerk;
let second: Clerk;
let guardian: Guardian;

beforeAll(async () => {
  billing = await runBilling();
  [clerk, second] = [await clerkOf(billing), await clerkOf(billing)];
  guardian = await guardianOf(billing);
  const stored = await callUnary(billing.registry, 'put', crowd(CROWD), { deadlineMs: 60_000 });
  if (!stored.stored) throw new Error(JSON.stringify(stored.refusals[0]));
}, 180_000);

afterAll(async () => {
  await billing?.close();
}, 60_000);

/** Facts that swipes of past days left. */
async function ate(pupilIds: readonly string[], days: readonly ServiceDate[], cents = 520): Promise<void> {
  await billing.attendanceDatabase.query(
    `insert into presences (municipality_id, pupil_id, service, service_date, swipe_id, terminal_id, school_id, badge_number,
       occurred_at, charge, amount_cents)
     select 1, pupil_id, 'school_meals', day, gen_random_uuid(), $3, $3, '0100000000', day::timestamp, 'invoiced', $4
     from unnest($1::uuid[]) pupil_id cross join unnest($2::date[]) day`,
    [pupilIds, days, uuid(1), cents],
  );
}

async function takenBack(pupilId: string, of: ServiceDate): Promise<void> {
  await billing.attendanceDatabase.query(
    `insert into meal_corrections (municipality_id, pupil_id, service, service_date, correction_id, reason, corrected_by, corrected_at)
     values (1, $1, 'school_meals', $2, gen_random_uuid(), 'Errore', 'ufficio', now())`,
    [pupilId, of],
  );
}

const prepare = (month: string, runId: string = randomUUID(), more: object = {}) =>
  clerk.ask('POST', 'runs', { kind: 'billing', runId, service: 'school_meals', month, issuedOn: TODAY, ...more });

/** Prepares, has it confirmed by somebody else, and waits for its end. */
async function bill(month: string) {
  const runId = randomUUID();
  expect((await prepare(month, runId)).status).toBe(200);
  const prepared = await clerk.until(runId, 'prepared');
  expect((await second.ask('POST', `runs/${runId}/confirmation`)).status).toBe(200);
  const done = await second.until(runId, 'done');
  expect(done.report.totals).toEqual(prepared.preview.totals);
  return done;
}

async function fileOf(documentId: string, pupilId: string = PUPIL.invoiced) {
  const token = await billing.identity.tokenFor({ pupilIds: [id<PupilId>(pupilId)] });
  const response = await fetch(`${billing.httpUrl}/api/billing/documents/${documentId}/file`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

const documentsOf = async () => (await guardian.get('documents?limit=100')).body.documents;
const numbersOfSeries = async (series: string): Promise<number[]> => {
  const { rows } = await billing.database.query('select number from documents where series = $1 order by number', [
    series,
  ]);
  return rows.map(({ number }) => number);
};

test('without rules, for a month that is not over or a day in the past, nothing is prepared', async () => {
  expect(await prepare(MONTH)).toMatchObject({ status: 409, body: { kind: 'no_rules' } });
  expect((await clerk.ask('PUT', 'rules/school_meals', BILLING_RULES)).status).toBe(204);
  expect((await clerk.ask('GET', 'rules/school_meals')).body).toEqual(BILLING_RULES);
  expect(await prepare(TODAY.slice(0, 7))).toMatchObject({ status: 422, body: { kind: 'month_not_over' } });
  expect(await prepare(MONTH, randomUUID(), { issuedOn: addDays(TODAY, -1) })).toMatchObject({
    ...{ status: 422, body: { kind: 'issued_in_past' } },
  });
  for (const more of [{ month: '2026-13' }, { service: 'X' }, { runId: 'x' }, { extra: 1 }]) {
    expect(await prepare(MONTH, randomUUID(), more)).toMatchObject({ status: 422, body: { kind: 'malformed' } });
  }
}, 60_000);

test('whoever is not of the office finds nothing there, whatever they ask for', async () => {
  const nothing = await (await clerkOf(billing, 'guardian')).ask('GET', `runs/${randomUUID()}`);
  expect(nothing.status).toBe(404);
  for (const role of ['guardian', 'school', 'sre'] as const) {
    const other = await clerkOf(billing, role);
    for (const [method, path] of [
      ...[
        ['GET', 'runs'],
        ['POST', 'runs'],
        ['GET', 'rules/school_meals'],
        ['PUT', 'rules/school_meals'],
        ['GET', 'edits'],
        ['POST', `runs/${randomUUID()}/confirmation`],
      ],
    ] as const) {
      expect(await other.ask(method, path, method === 'GET' ? undefined : BILLING_RULES)).toEqual(nothing);
    }
  }
  expect((await (await clerkOf(billing, 'office', 2)).ask('GET', 'runs')).body.runs).toEqual([]);
}, 60_000);

test('a preview says what would be issued and issues nothing; who prepared it cannot confirm it; discarded, nothing happens', async () => {
  await ate([PUPIL.invoiced], [day(EARLIER, 5), day(EARLIER, 6), day(EARLIER, 7), day(EARLIER, 8)]);
  const runId = randomUUID();
  await prepare(EARLIER, runId);
  const run = await clerk.until(runId, 'prepared');
  expect(run.preview).toEqual({
    totals: {
      ...{ documents: 1, meals: 4, amountCents: 2_080, vatCents: 80, stampCents: 0 },
      ...{ creditNotes: 0, creditedCents: 0, leftOut: 0 },
    },
    sample: [
      {
        ...{ pupilId: PUPIL.invoiced, mealCount: 4, amountCents: 2_080, vatCents: 80, stampCents: 0 },
        instalments: [
          { amountCents: 1_040, dueOn: addDays(TODAY, 30) },
          { amountCents: 1_040, dueOn: addDays(TODAY, 60) },
        ],
      },
    ],
  });
  expect(await documentsOf()).toEqual([]);
  expect(await clerk.ask('POST', `runs/${runId}/confirmation`)).toMatchObject({
    ...{ status: 409, body: { kind: 'same_person' } },
  });
  expect(await prepare(EARLIER)).toMatchObject({ status: 409, body: { kind: 'under_way' } });
  expect((await clerk.ask('POST', `runs/${runId}/discard`)).body.state).toBe('discarded');
  expect((await clerk.ask('POST', `runs/${runId}/discard`)).body.state).toBe('discarded');
  expect(await second.ask('POST', `runs/${runId}/confirmation`)).toMatchObject({
    ...{ status: 409, body: { kind: 'not_prepared' } },
  });
  expect(await documentsOf()).toEqual([]);
}, 60_000);

test('a confirmed run issues a document a pupil with its instalments and notices, and run again there is nothing left', async () => {
  const run = await bill(EARLIER);
  expect(run).toMatchObject({ preparedBy: clerk.personId, confirmedBy: second.personId });
  const [document] = await documentsOf();
  expect(document).toMatchObject({
    ...{ number: `1/M/${TODAY.slice(0, 4)}`, kind: 'invoice', state: 'issued', amountCents: 2_080, dueCents: 2_080 },
    description: expect.stringMatching(/^Mensa scolastica, [a-z]+ 20\d\d$/),
  });
  for (const { noticeNumber } of document.instalments) {
    const { content } = await send(billing.nodeUrl, verifyRequest({ noticeNumber }));
    expect(content.paymentList.paymentOptionDescription.amount).toBe('10.40');
  }
  const lines = (await clerk.ask('GET', `runs/${run.runId}/lines`)).body.lines;
  expect(lines).toEqual([{ outcome: 'issued', subjectId: document.documentId, amountCents: 2_080 }]);
  const again = await bill(EARLIER);
  expect(again.report.totals).toMatchObject({ documents: 0, creditNotes: 0, amountCents: 0 });
  expect(await documentsOf()).toHaveLength(1);
}, 60_000);

test('a meal taken back later becomes a credit note of the next run, a late one is charged by it; nothing issued is edited', async () => {
  await takenBack(PUPIL.invoiced, day(EARLIER, 6));
  await ate([PUPIL.invoiced], [day(EARLIER, 9), day(MONTH, 5)]);
  const run = await bill(MONTH);
  expect(run.report.totals).toMatchObject({
    documents: 1,
    meals: 2,
    amountCents: 1_040,
    creditNotes: 1,
    creditedCents: 520,
  });
  const documents = await documentsOf();
  const first = documents.find((one: { number: string }) => one.number.startsWith('1/M/'));
  expect(first).toMatchObject({
    issuedCents: 2_080,
    creditedCents: 520,
    amountCents: 1_560,
    dueCents: 1_560,
    paidCents: 0,
  });
  expect(first.instalments.map((one: { amountCents: number }) => one.amountCents)).toEqual([1_040, 520]);
  const note = documents.find((one: { kind: string }) => one.kind === 'credit_note');
  expect(note).toMatchObject({
    ...{ issuedCents: 520, creditedCents: 520, amountCents: 0, dueCents: 0, paidCents: 0, vatCents: 20, state: 'paid' },
    ...{ description: `Mensa scolastica, storno del documento ${first.number}`, instalments: [] },
  });
  const { content } = await send(billing.nodeUrl, verifyRequest({ noticeNumber: first.instalments[1].noticeNumber }));
  expect(content.paymentList.paymentOptionDescription.amount).toBe('5.20');
  expect((await bill(MONTH)).report.totals).toMatchObject({ documents: 0, creditNotes: 0 });
  // Each document is a file, which says what was issued and stays the same.
  for (const { documentId } of documents) {
    const [file, again] = [await fileOf(documentId), await fileOf(documentId)];
    expect(file.bytes.subarray(0, 5).toString()).toBe('%PDF-');
    expect(file.bytes.equals(again.bytes)).toBe(true);
    const [theirs, nobodys] = [await fileOf(documentId, PUPIL.stranger), await fileOf(randomUUID(), PUPIL.stranger)];
    expect([theirs.status, theirs.bytes]).toEqual([404, nobodys.bytes]);
  }
}, 60_000);

test('what is left of a credit is owed to the parent: taken off the next document, or noted as given back', async () => {
  const paid = async (documentId: string) => {
    const found = (await documentsOf()).find((one: { documentId: string }) => one.documentId === documentId);
    for (const { noticeNumber, amountCents, state } of found.instalments) {
      if (state !== 'open') continue;
      const amount = (amountCents / 100).toFixed(2);
      await send(billing.nodeUrl, receiptRequest({ noticeNumber, receiptId: randomUUID(), amount }));
    }
  };
  for (const { documentId, kind } of await documentsOf()) if (kind === 'invoice') await paid(documentId);
  await takenBack(PUPIL.invoiced, day(EARLIER, 7));
  await bill(MONTH);
  const owed = (await documentsOf()).find((one: { dueCents: number }) => one.dueCents < 0);
  expect(owed).toMatchObject({ kind: 'credit_note', amountCents: -520, dueCents: -520, paidCents: 0, state: 'issued' });
  // A document that is cheaper than what is owed is taken off whole: its notice is withdrawn.
  await ate([PUPIL.invoiced], [day(MONTH, 6)], 400);
  await bill(MONTH);
  const documents = await documentsOf();
  const next = documents.find((one: { issuedCents: number }) => one.issuedCents === 400);
  expect(next).toMatchObject({ amountCents: 0, dueCents: 0, state: 'cancelled' });
  const { content } = await send(billing.nodeUrl, verifyRequest({ noticeNumber: next.instalments[0].noticeNumber }));
  expect(content.fault.faultCode).toBe('PAA_PAGAMENTO_ANNULLATO');
  const left = documents.find((one: { documentId: string }) => one.documentId === owed.documentId);
  expect(left).toMatchObject({ creditedCents: 400, dueCents: -120 });
  for (const _again of [1, 2]) {
    expect((await clerk.ask('POST', `credit-notes/${owed.documentId}/refund`)).status).toBe(204);
  }
  expect((await clerk.ask('POST', `credit-notes/${next.documentId}/refund`)).status).toBe(404);
  const refunded = (await documentsOf()).find((one: { documentId: string }) => one.documentId === owed.documentId);
  expect(refunded).toMatchObject({ amountCents: -120, dueCents: 0, paidCents: -120, state: 'paid' });
}, 60_000);

test('a run that is killed goes on where it was: each pupil billed once, numbers without gap, by whichever replica', async () => {
  const pupils = Array.from({ length: CROWD }, (_, number) => crowdPupil(number));
  await ate(pupils, [day(MONTH, 12), day(MONTH, 13), day(MONTH, 14)]);
  await ate([uuid(999_999)], [day(MONTH, 12)]);
  const runId = randomUUID();
  await prepare(MONTH, runId);
  const { preview } = await clerk.until(runId, 'prepared');
  expect(preview.totals).toMatchObject({ documents: CROWD, meals: 3 * CROWD, amountCents: 1_560 * CROWD, leftOut: 1 });
  const countIssued = async () =>
    (await billing.database.query('select count(*)::int as count from run_lines where run_id = $1', [runId])).rows[0]
      .count;
  // Replicas that die as soon as something was issued, one after the other, until the last one ends the run.
  await billing.first.kill('SIGKILL');
  for (const least of [1, 400, 800]) {
    const dying = await billing.startReplica();
    if (least === 1) {
      second = { ...second, ...(await clerkOf({ ...billing, httpUrl: dying.httpUrl })) };
      expect((await second.ask('POST', `runs/${runId}/confirmation`)).status).toBe(200);
    }
    await eventually(async () => (await countIssued()) >= least, { withinMs: 30_000 });
    await dying.part.kill('SIGKILL');
  }
  const last = await billing.startReplica();
  const other = await clerkOf({ ...billing, httpUrl: last.httpUrl });
  const done = await other.until(runId, 'done', 60_000);
  expect(done.report.totals).toEqual(preview.totals);
  const { rows } = await billing.database.query(
    `select count(*)::int as documents, count(distinct pupil_id)::int as pupils, sum(amount_cents)::int as cents
     from documents where content = $1`,
    [`run/${runId}`],
  );
  expect(rows).toEqual([{ documents: CROWD, pupils: CROWD, cents: 1_560 * CROWD }]);
  const numbers = await numbersOfSeries('M');
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  const left = (await other.ask('GET', `runs/${runId}/lines?limit=1&cursor=issued.${uuid(0).replace(/0/g, 'f')}`)).body;
  expect(left.lines).toEqual([{ outcome: 'no_payer', subjectId: uuid(999_999), amountCents: 520 }]);
  const edits = (await other.ask('GET', 'edits?limit=100')).body.edits;
  expect(edits.map(({ action, subjectId }: Record<string, string>) => [action, subjectId])).toContainEqual([
    ...['run_confirmed', runId],
  ]);
}, 180_000);
