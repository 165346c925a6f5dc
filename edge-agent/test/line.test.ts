import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Answers, AttendanceStandIn } from './attendance-stand-in.ts';
import {
  badgeOf,
  openTerminal,
  schoolOf,
  type TerminalOptions,
  type TerminalUnderTest,
} from './terminal-under-test.ts';
import { until } from './until.ts';
import { Wire } from './wire.ts';

let folder = '';
let attendance = new AttendanceStandIn();
const toClose: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'campanella-line-'));
  attendance = await standIn();
});

afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true });
});

async function standIn(): Promise<AttendanceStandIn> {
  const started = new AttendanceStandIn();
  await started.start();
  toClose.push(() => started.kill());
  return started;
}

async function terminalAt(addresses: readonly string[], options?: TerminalOptions): Promise<TerminalUnderTest> {
  const opened = await openTerminal(folder, addresses, options);
  toClose.push(() => close(opened));
  return opened;
}

const closed = new WeakSet<TerminalUnderTest>();

async function close(opened: TerminalUnderTest): Promise<void> {
  if (closed.has(opened)) return;
  closed.add(opened);
  await opened.close();
}

function swipeMany(opened: TerminalUnderTest, from: number, count: number): void {
  for (let at = from; at < from + count; at += 1) opened.swipe(badgeOf(at));
}

async function isUp(opened: TerminalUnderTest, withinMs = 10_000): Promise<void> {
  await until(() => expect(opened.terminal.state().line).toBe('up'), withinMs);
}

async function allSent(opened: TerminalUnderTest, count: number, withinMs = 10_000): Promise<void> {
  await until(() => expect([opened.journal.unsentCount, attendance.stored.size]).toEqual([0, count]), withinMs);
}

function storedBadges(): string[] {
  return [...attendance.stored.values()].map(({ badgeNumber }) => badgeNumber);
}

function badges(count: number): string[] {
  return Array.from({ length: count }, (_badge, at) => badgeOf(at));
}

test('the canteen opens without a platform; each swipe arrives once and in order when there is one', async () => {
  await attendance.kill();
  const terminal = await terminalAt([attendance.address]);
  swipeMany(terminal, 0, 450);
  expect(terminal.terminal.state()).toMatchObject({ line: 'down', unsentCount: 450, lastSwipe: { colour: 'amber' } });
  await attendance.start();
  await allSent(terminal, 450);
  expect(storedBadges()).toEqual(badges(450));
  // Behind, many go in one message; live, one goes at once.
  expect(Math.max(...attendance.batches)).toBe(200);
  swipeMany(terminal, 450, 1);
  await allSent(terminal, 451);
  expect(attendance.batches.at(-1)).toBe(1);
  expect(terminal.terminal.state().lastSwipe?.isAnswered).toBe(true);
});

test('never more swipes are out than the window allows', async () => {
  attendance.answers = 'never';
  attendance.windowMax = 30;
  const terminal = await terminalAt([attendance.address]);
  swipeMany(terminal, 0, 100);
  await until(() => expect(attendance.stored.size).toBe(30), 5_000);
  terminal.line.notify();
  expect(attendance.batches.reduce((sum, size) => sum + size, 0)).toBe(30);
});

describe.each(['twice', 'reversed', 'half_lost'] as const)('results that come %s', (answers: Answers) => {
  test('leave each swipe stored once, in order, and marked', async () => {
    attendance.answers = answers;
    const terminal = await terminalAt([attendance.address], { times: { resultsWithinMs: 200 } });
    swipeMany(terminal, 0, 300);
    // What got no result is sent again on another stream, until everything has one.
    await until(() => expect(attendance.stored.size).toBe(300), 10_000);
    if (answers === 'half_lost') await until(() => expect(attendance.streamsOpened).toBeGreaterThan(1), 5_000);
    attendance.answers = 'prompt';
    await allSent(terminal, 300);
    expect(storedBadges()).toEqual(badges(300));
  });
});

test('a stream broken again and again loses nothing and keeps the order', async () => {
  const terminal = await terminalAt([attendance.address]);
  for (let round = 0; round < 5; round += 1) {
    await until(() => expect(attendance.streams.size).toBe(1), 10_000);
    swipeMany(terminal, round * 40, 40);
    attendance.breakStreams();
  }
  await allSent(terminal, 200, 15_000);
  expect(storedBadges()).toEqual(badges(200));
}, 40_000);

test('the platform killed with results on the way: they are asked for again within 10 s of its return', async () => {
  attendance.answers = 'never';
  const terminal = await terminalAt([attendance.address]);
  swipeMany(terminal, 0, 20);
  await until(() => expect(attendance.stored.size).toBe(20), 5_000);
  await attendance.kill();
  await until(() => expect(terminal.terminal.state().line).toBe('down'), 5_000);
  swipeMany(terminal, 20, 20);
  attendance.answers = 'prompt';
  await attendance.start();
  await allSent(terminal, 40, 10_000);
  expect(storedBadges()).toEqual(badges(40));
}, 30_000);

test('an agent that starts again sends what it had not got a result for', async () => {
  attendance.answers = 'never';
  const first = await terminalAt([attendance.address]);
  swipeMany(first, 0, 10);
  await until(() => expect(attendance.stored.size).toBe(10), 5_000);
  await close(first);
  attendance.answers = 'prompt';
  const second = await terminalAt([attendance.address]);
  swipeMany(second, 10, 1);
  await allSent(second, 11);
  expect(attendance.lastHello?.unsentCount).toBeGreaterThanOrEqual(10);
  expect(storedBadges()).toEqual(badges(11));
});

test('a line that died without a word is noticed, and replaced within 10 s of its return', async () => {
  const wire = new Wire(() => attendance.address);
  await wire.start();
  toClose.push(() => wire.stop());
  const terminal = await terminalAt([wire.address]);
  await isUp(terminal);
  wire.cut();
  swipeMany(terminal, 0, 5);
  await until(() => expect(terminal.terminal.state().line).toBe('down'), 15_000);
  expect(attendance.stored.size).toBe(0);
  wire.mend();
  await allSent(terminal, 5, 10_000);
}, 40_000);

test('an address that is dead or deaf is left for the next one', async () => {
  attendance.isDeaf = true;
  const other = await standIn();
  const deaf = attendance;
  attendance = other;
  const terminal = await terminalAt(['127.0.0.1:1', deaf.address, other.address], { times: { welcomeWithinMs: 300 } });
  swipeMany(terminal, 0, 3);
  await allSent(terminal, 3);
  expect(deaf.streamsOpened).toBeGreaterThan(0);
});

test('a platform that drains is left for another, after the results of what it got', async () => {
  const draining = attendance;
  const other = await standIn();
  draining.answers = 'never';
  const terminal = await terminalAt([draining.address, other.address], { times: { leaveWithinMs: 200 } });
  await isUp(terminal);
  swipeMany(terminal, 0, 3);
  await until(() => expect(draining.stored.size).toBe(3), 5_000);
  draining.drain();
  await until(() => expect(other.streamsOpened).toBe(1), 5_000);
  swipeMany(terminal, 3, 2);
  attendance = other;
  await allSent(terminal, 5);
  expect(storedBadges()).toEqual(badges(5));
  expect(draining.stored.size).toBe(3);
});

test('a terminal that the platform does not know says so, and serves on', async () => {
  const terminal = await terminalAt([attendance.address], { terminalKey: 'another key of the wrong kind' });
  await until(() => expect(terminal.terminal.state().line).toBe('refused'), 5_000);
  swipeMany(terminal, 0, 1);
  expect(terminal.terminal.state()).toMatchObject({ unsentCount: 1, lastSwipe: { colour: 'amber' } });
});

describe('the directory', () => {
  test('comes with the first stream, survives a restart without a line, and makes a swipe green', async () => {
    attendance.directory = [schoolOf(3)];
    const first = await terminalAt([attendance.address]);
    await until(() => expect(first.terminal.state().directory).toMatchObject({ version: 1, pupilCount: 3 }), 5_000);
    await close(first);
    await attendance.kill();
    const second = await terminalAt([attendance.address]);
    second.swipe(badgeOf(0));
    expect(second.terminal.state().lastSwipe).toMatchObject({
      colour: 'green',
      verdict: 'served',
      displayName: 'Alunna Inventata 0',
      className: '3A',
      dietCode: 'GF',
    });
    second.swipe(badgeOf(0));
    expect(second.terminal.state().lastSwipe).toMatchObject({ colour: 'amber', verdict: 'second_of_day' });
    second.swipe('FFFFFFFFFF');
    expect(second.terminal.state().lastSwipe).toMatchObject({
      colour: 'amber',
      verdict: 'unknown_badge',
      displayName: null,
    });
    await close(second);
    const third = await terminalAt([attendance.address]);
    third.swipe(badgeOf(0));
    expect(third.terminal.state().lastSwipe).toMatchObject({ colour: 'amber', verdict: 'second_of_day' });
    expect(third.journal.unsentCount).toBe(4);
  });

  test('a delta counts at once, an older one not at all', async () => {
    attendance.directory = [schoolOf(2, 5)];
    const terminal = await terminalAt([attendance.address]);
    await until(() => expect(terminal.terminal.state().directory.version).toBe(5), 5_000);
    const [pupil] = schoolOf(1).pupils;
    if (pupil === undefined) throw new RangeError('the school has a pupil');
    const blocked = { ...pupil, badges: pupil.badges.map((badge) => ({ ...badge, blocked: true })) };
    attendance.send({ version: 4, snapshot: false, lastPage: true, pupils: [], removedPupilIds: [pupil.pupilId] });
    attendance.send({ version: 6, snapshot: false, lastPage: true, pupils: [blocked], removedPupilIds: [] });
    await until(() => expect(terminal.terminal.state().directory.version).toBe(6), 5_000);
    terminal.swipe(badgeOf(0));
    expect(terminal.terminal.state().lastSwipe).toMatchObject({ verdict: 'blocked_badge' });
    await until(() => expect(attendance.stored.size).toBe(1), 5_000);
  });
});

test('a second swipe of the day at another terminal shows when the platform says so', async () => {
  attendance.directory = [schoolOf(1)];
  attendance.secondOfDay.add(badgeOf(0));
  const terminal = await terminalAt([attendance.address]);
  await until(() => expect(terminal.terminal.state().directory.version).toBe(1), 5_000);
  terminal.swipe(badgeOf(0));
  await until(() => {
    expect(terminal.terminal.state().lastSwipe).toMatchObject({
      colour: 'amber',
      verdict: 'second_of_day',
      isAnswered: true,
    });
  }, 5_000);
});

describe('a clock that is wrong', () => {
  const HOURS_MS = 3_600_000;

  test.each([6, -6])(
    'by %i hours is measured, and the swipes keep their own day across a restart without a line',
    async (hours) => {
      const clock = { wallMs: () => Date.now() + hours * HOURS_MS, monotonicMs: () => performance.now() };
      const first = await terminalAt([attendance.address], { clock });
      await until(() => expect(Math.abs(first.clock.offsetMs + hours * HOURS_MS)).toBeLessThan(500), 5_000);
      await close(first);
      await attendance.kill();
      const second = await terminalAt([attendance.address], { clock });
      second.swipe(badgeOf(0));
      const [entry] = second.journal.unsentAfter(0, 1);
      expect(Math.abs((entry?.occurredAtMs ?? 0) - Date.now())).toBeLessThan(5_000);
    },
  );

  test.each([
    ['2026-03-28T22:59:59.900Z', '2026-03-28'],
    ['2026-03-28T23:00:00.100Z', '2026-03-29'],
    ['2026-10-24T21:59:59.900Z', '2026-10-24'],
    ['2026-10-25T22:59:59.900Z', '2026-10-25'],
    ['2026-10-25T23:00:00.100Z', '2026-10-26'],
  ])('at %s it is %s in Rome', async (instant, day) => {
    const atMs = Date.parse(instant);
    const terminal = await terminalAt(['127.0.0.1:1'], {
      clock: { wallMs: () => atMs, monotonicMs: () => performance.now() },
    });
    terminal.swipe(badgeOf(0));
    expect(terminal.journal.unsentAfter(0, 1)[0]?.serviceDate).toBe(day);
  });

  test('set while the agent runs is noticed once and measured again', async () => {
    let stepMs = 0;
    const clock = { wallMs: () => Date.now() + stepMs, monotonicMs: () => performance.now() };
    const terminal = await terminalAt([attendance.address], { clock });
    await until(() => expect(attendance.heartbeats).toBe(1), 5_000);
    expect(terminal.clock.hasStepped()).toBe(false);
    stepMs = -2 * HOURS_MS;
    expect([terminal.clock.hasStepped(), terminal.clock.hasStepped()]).toEqual([true, false]);
    terminal.line.measureClock();
    await until(() => expect(Math.abs(terminal.clock.offsetMs - 2 * HOURS_MS)).toBeLessThan(500), 5_000);
  });
});
