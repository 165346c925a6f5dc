import { type Swipe, SwipeOutcome } from '@campanella/proto/attendance/v1/terminal';
import { eventually } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Replica, type RunningAttendance, runAttendance } from './running-attendance.ts';
import { openTerminal, swipeOf, type TestTerminal } from './terminal.ts';
import { PRICE_CENTS, PUPIL, PUPIL_COUNT } from './town.ts';

let attendance: RunningAttendance;

beforeAll(async () => {
  attendance = await runAttendance({ replicas: 1 });
}, 90_000);

afterAll(async () => {
  await attendance?.close();
}, 30_000);

/** Pupils 10 to 60 on three days each: enough for several batches. */
function lunches(firstDay: number): Swipe[] {
  const pupils = Array.from({ length: PUPIL_COUNT - 9 }, (_, index) => index + 10);
  return pupils.flatMap((pupil) =>
    [0, 1, 2].map((day) => swipeOf(pupil, { daysAgo: firstDay + day, occurredAtMs: noon(firstDay + day) })),
  );
}

function noon(daysAgo: number): number {
  return Math.floor(Date.now() / 86_400_000 - daysAgo) * 86_400_000 + 11 * 3_600_000;
}

/** Sends what has no result yet, over a fresh stream, until everything has one: what an agent does. */
async function sendUntilAnswered(replica: Replica, swipes: readonly Swipe[], answered: Set<string>): Promise<void> {
  const terminal = await openTerminal(replica.address);
  const left = swipes.filter((swipe) => !answered.has(swipe.swipeId));
  for (const swipe of left) terminal.send(swipe);
  await eventually(() => terminal.results.size === left.length, { withinMs: 20_000 });
  for (const swipe of left) answered.add(swipe.swipeId);
  terminal.close();
}

async function agree(): Promise<void> {
  const { rows } = await attendance.database.query(
    `select count(*)::int as presences, count(distinct transfer_id)::int as transfers, sum(amount_cents)::int as cents
     from presences where charge = 'debited'`,
  );
  const revenue = await attendance.ledger.revenue();
  expect(revenue).toBe(rows[0].cents);
  expect(rows[0].transfers).toBe(rows[0].presences);
  expect(rows[0].cents).toBe(rows[0].presences * PRICE_CENTS);
}

async function hurry(terminal: TestTerminal, swipes: readonly Swipe[]): Promise<void> {
  for (const swipe of swipes) terminal.send(swipe);
  await eventually(() => terminal.results.size > 0, { withinMs: 10_000 });
}

test('attendance killed under load at any moment: everything sent again, one presence and one transfer each', async () => {
  for (const firstDay of [5, 8, 11]) {
    const replica = attendance.replicas.at(-1);
    if (replica === undefined) throw new Error('a replica runs');
    const swipes = lunches(firstDay).slice(0, 100);
    const answered = new Set<string>();
    const terminal = await openTerminal(replica.address);
    await hurry(terminal, swipes);
    await replica.part.kill('SIGKILL');
    for (const swipeId of terminal.results.keys()) answered.add(swipeId);
    terminal.close();
    await sendUntilAnswered(await attendance.startReplica(), swipes, answered);
    const { rows } = await attendance.database.query(
      'select count(*)::int as stored from presences where swipe_id = any($1::uuid[])',
      [swipes.map((swipe) => swipe.swipeId)],
    );
    expect(rows[0].stored).toBe(swipes.length);
    await agree();
  }
}, 120_000);

test('attendance killed between the ledger and the presence: the meal is debited once', async () => {
  const replica = attendance.replicas.at(-1);
  if (replica === undefined) throw new Error('a replica runs');
  const terminal = await openTerminal(replica.address);
  // Whoever wants to store a presence waits for this lock: the ledger has debited, and the process dies here.
  await attendance.database.query('begin');
  await attendance.database.query('lock table presences in share row exclusive mode');
  const revenueBefore = await attendance.ledger.revenue();
  const swipe = swipeOf(10, { daysAgo: 20, occurredAtMs: noon(20) });
  terminal.send(swipe);
  await eventually(async () => (await attendance.ledger.revenue()) === revenueBefore + PRICE_CENTS, {
    withinMs: 10_000,
  });
  await replica.part.kill('SIGKILL');
  await attendance.database.query('rollback');
  expect(terminal.results.size).toBe(0);
  const next = await attendance.startReplica();
  // Another till swipes the pupil before the first one's journal is sent again: still one debit.
  const other = await openTerminal(next.address, { till: 2 });
  expect(await other.swipe(swipeOf(10, { daysAgo: 20, occurredAtMs: noon(20) + 60_000 }))).toBe(SwipeOutcome.RECORDED);
  expect(await other.swipe(swipe)).toBe(SwipeOutcome.SECOND_OF_DAY);
  expect(await attendance.ledger.revenue()).toBe(revenueBefore + PRICE_CENTS);
  other.close();
  await agree();
}, 60_000);

test('while the ledger is away nothing prepaid is answered; when it is back, everything is, once', async () => {
  const replica = attendance.replicas.at(-1);
  if (replica === undefined) throw new Error('a replica runs');
  const terminal = await openTerminal(replica.address);
  await attendance.ledger.kill();
  const swipes = lunches(24).slice(0, 30);
  terminal.send(...swipes);
  const invoiced = swipeOf(PUPIL.invoiced, { daysAgo: 24, occurredAtMs: noon(24) });
  expect(await terminal.swipe(invoiced)).toBe(SwipeOutcome.RECORDED);
  expect(swipes.filter((swipe) => terminal.results.has(swipe.swipeId))).toEqual([]);
  await attendance.ledger.startAgain();
  await eventually(() => terminal.results.size === swipes.length + 1, { withinMs: 20_000 });
  expect([...terminal.results.values()].flat()).toEqual([...swipes, invoiced].map(() => SwipeOutcome.RECORDED));
  terminal.close();
  await agree();
}, 60_000);

test('a draining replica sends its terminals elsewhere and answers what they sent', async () => {
  const replica = attendance.replicas.at(-1);
  if (replica === undefined) throw new Error('a replica runs');
  const terminal = await openTerminal(replica.address);
  const swipe = swipeOf(PUPIL.invoiced, { daysAgo: 4, occurredAtMs: noon(4) });
  terminal.send(swipe);
  const stopped = replica.part.kill('SIGTERM');
  await eventually(terminal.wasSentElsewhere, { withinMs: 5_000 });
  expect(await terminal.resultOf(swipe.swipeId)).toBe(SwipeOutcome.RECORDED);
  terminal.close();
  await stopped;
}, 30_000);
