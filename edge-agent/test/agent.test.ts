import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort, type RunningPart, startProcess } from '@campanella/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ScreenState, ShownSwipe } from '../src/app/terminal.ts';
import { openJournal } from '../src/store/journal.ts';
import { AttendanceStandIn } from './attendance-stand-in.ts';
import { badgeOf, schoolOf, TERMINAL_KEY } from './terminal-under-test.ts';
import { until } from './until.ts';

const READER = new URL('../../sandbox/badge-reader/src/main.ts', import.meta.url);
const AGENT = new URL('../src/main.ts', import.meta.url);

let folder = '';
let link = '';
let controlPort = 0;
let screenPort = 0;
let attendance = new AttendanceStandIn();
const toStop: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'campanella-agent-'));
  link = join(folder, 'dev', 'reader');
  [controlPort, screenPort] = [await freePort(), await freePort()];
  attendance = new AttendanceStandIn();
  attendance.directory = [schoolOf(60)];
  await attendance.start();
  toStop.push(() => attendance.kill());
});

afterEach(async () => {
  for (const stop of toStop.splice(0).toReversed()) await stop();
  rmSync(folder, { recursive: true });
});

async function startReader(): Promise<void> {
  const reader = await startProcess({
    entry: READER,
    environment: {},
    arguments: ['serve', '--link', link, '--control', String(controlPort)],
    readyLine: 'badge reader ready',
  });
  toStop.push(() => reader.kill('SIGTERM'));
}

function environment(change: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    SERIAL_READERS: `${link}:rdm6300:9600`,
    TERMINAL_ID: '0198f3a0-0000-7000-8000-0000000000aa',
    TERMINAL_KEY,
    MUNICIPALITY_ID: '1',
    SCHOOL_ID: '0198f3a0-0000-7000-8000-0000000000bb',
    ATTENDANCE_ADDRESSES: attendance.address,
    DATA_FOLDER: join(folder, 'data'),
    SCREEN_PORT: String(screenPort),
    OPS_PORT: '0',
    FIELD_KEY: Buffer.alloc(32, 7).toString('base64'),
    ...change,
  };
}

async function startAgent(change?: Readonly<Record<string, string>>): Promise<RunningPart> {
  const agent = await startProcess({ entry: AGENT, environment: environment(change), readyLine: 'service ready' });
  toStop.push(() => agent.kill('SIGTERM'));
  return agent;
}

async function order(name: string, fields: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${controlPort}/${name}`, {
    method: 'POST',
    body: JSON.stringify(fields),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

async function screen(): Promise<ScreenState> {
  const response = await fetch(`http://127.0.0.1:${screenPort}/api/state`);
  const state: ScreenState = JSON.parse(await response.text());
  return state;
}

async function readerIs(state: string): Promise<void> {
  await until(async () => expect((await screen()).readers[0]?.state).toBe(state), 10_000);
}

/** Everything ready: reader up, line up, directory there. */
async function isReady(): Promise<void> {
  await until(async () => {
    expect(await screen()).toMatchObject({ line: 'up', directory: { version: 1 }, readers: [{ state: 'up' }] });
  }, 10_000);
}

async function shows(change: Partial<ShownSwipe>): Promise<void> {
  await until(async () => expect((await screen()).lastSwipe).toMatchObject(change), 5_000);
}

function storedBadges(): string[] {
  return [...attendance.stored.values()].map(({ badgeNumber }) => badgeNumber);
}

test('a badge on the reader becomes a green screen and one swipe at the platform, also while it is held', async () => {
  await startReader();
  await startAgent();
  await isReady();
  await order('swipe', { badge: badgeOf(0), format: 'rdm6300', isPaced: true });
  await shows({ colour: 'green', displayName: 'Alunna Inventata 0', className: '3A', dietCode: 'GF' });
  await order('swipe', { badge: badgeOf(1), holdMs: 1_500 });
  await shows({ colour: 'green', displayName: 'Alunna Inventata 1', dietCode: null, isAnswered: true });
  expect(storedBadges()).toEqual([badgeOf(0), badgeOf(1)]);
  expect(await screen()).toMatchObject({ unsentCount: 0, swipesTodayCount: 2, place: { school: 'Scuola Inventata' } });
}, 60_000);

test('garbage, half frames, wrong checks and two frames at once: what can be read is, nothing else is', async () => {
  await startReader();
  await startAgent();
  await isReady();
  await order('garbage', { bytes: 5_000 });
  await order('half', { badge: badgeOf(0) });
  // A good frame, one with a wrong check, another good one, in one write.
  const frames = ['\u00020100CDA4EC84\u0003', '\u00020100CDA4EC85\u0003', '\u0002010063E9AE25\u0003'].join('');
  await order('garbage', { hex: Buffer.from(frames, 'latin1').toString('hex') });
  await until(() => expect(storedBadges()).toEqual(['0100CDA4EC', '010063E9AE']), 5_000);
  await order('garbage', { hex: Buffer.from('\u00020100CDA4EC85\u0003', 'latin1').toString('hex') });
  await until(async () => expect((await screen()).readerFault?.kind).toBe('wrong_check'), 5_000);
  await order('swipe', { badge: badgeOf(2) });
  await shows({ displayName: 'Alunna Inventata 2' });
  expect((await screen()).readerFault).toBeNull();
}, 60_000);

test('the agent starts without the reader, and survives its being pulled out and put back', async () => {
  await startAgent();
  await readerIs('missing');
  await startReader();
  await readerIs('up');
  await until(async () => expect((await screen()).directory.version).toBe(1), 10_000);
  for (const at of [0, 1, 2]) {
    await order('swipe', { badge: badgeOf(at) });
    await shows({ displayName: `Alunna Inventata ${at}`, colour: 'green' });
    await order('unplug');
    await readerIs('missing');
    await order('plug');
    await readerIs('up');
  }
  await until(() => expect(storedBadges()).toEqual([0, 1, 2].map(badgeOf)), 5_000);
}, 60_000);

test('killed at any moment and without a line, every swipe that was shown green arrives once and in order', async () => {
  await startReader();
  let agent = await startAgent();
  await isReady();
  await attendance.kill();
  const shown: ShownSwipe[] = [];
  const watch = (): void => {
    const request = get(`http://127.0.0.1:${screenPort}/api/events`, (events) => {
      const lines = createInterface({ input: events });
      lines.on('line', (line) => {
        if (!line.startsWith('data: ')) return;
        const { lastSwipe }: ScreenState = JSON.parse(line.slice('data: '.length));
        if (lastSwipe !== null) shown.push(lastSwipe);
      });
      lines.on('error', () => undefined);
      events.on('error', () => undefined);
    });
    request.on('error', () => undefined);
  };
  for (let round = 0; round < 4; round += 1) {
    watch();
    await readerIs('up');
    const swipes = (async () => {
      for (let at = round * 12; at < (round + 1) * 12; at += 1) await order('swipe', { badge: badgeOf(at) });
    })();
    await until(() => expect(shown.length).toBeGreaterThan(round * 2), 5_000);
    // The moment is left to chance: anywhere among the swipes that are still coming.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
    await agent.kill('SIGKILL');
    await swipes;
    agent = await startAgent();
  }
  await attendance.start();
  await until(async () => expect((await screen()).unsentCount).toBe(0), 15_000);
  const green = new Set(shown.filter(({ colour }) => colour === 'green').map(({ swipeId }) => swipeId));
  expect(green.size).toBeGreaterThanOrEqual(4);
  expect([...green].filter((swipeId) => !attendance.stored.has(swipeId))).toEqual([]);
  expect(storedBadges()).toEqual([...storedBadges()].sort());
  expect(new Set(storedBadges()).size).toBe(storedBadges().length);
}, 90_000);

test('on a full disk the screen is red and says so, and what was green is not lost', async () => {
  await startReader();
  await attendance.kill();
  // A file size limit of the process: its writes fail as on a full disk, from some swipe on.
  const agent = spawn('sh', ['-c', 'ulimit -f 700; exec "$0" --no-warnings "$1"', process.execPath, AGENT.pathname], {
    env: { PATH: process.env['PATH'] ?? '', ...environment() },
    stdio: 'ignore',
  });
  const exited = new Promise((resolve) => agent.once('exit', resolve));
  toStop.push(async () => {
    agent.kill('SIGTERM');
    await exited;
  });
  await readerIs('up');
  const recorded: string[] = [];
  let last: ShownSwipe | null = null;
  for (let at = 0; at < 200 && last?.colour !== 'red'; at += 1) {
    const before: string | undefined = last?.swipeId;
    await order('swipe', { badge: badgeOf(at) });
    await until(async () => expect((await screen()).lastSwipe?.swipeId).not.toBe(before), 5_000);
    last = (await screen()).lastSwipe;
    if (last !== null && last.colour !== 'red') recorded.push(last.swipeId);
  }
  expect(last).toMatchObject({ colour: 'red' });
  expect((await screen()).journal).toMatch(/^disk_/);
  expect(recorded.length).toBeGreaterThan(3);
  agent.kill('SIGTERM');
  await exited;
  const journal = openJournal(join(folder, 'data'));
  expect(journal.unsentAfter(0, 1_000).map(({ swipeId }) => swipeId)).toEqual(recorded);
  journal.close();
}, 90_000);

test('the screen is a page of this PC only, without inline script', async () => {
  await startAgent();
  const page = await fetch(`http://127.0.0.1:${screenPort}/`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(await page.text()).not.toMatch(/<script(?![^>]* src=)|\son\w+=|<style/);
  for (const file of ['screen.js', 'texts.js', 'screen.css']) {
    expect((await fetch(`http://127.0.0.1:${screenPort}/${file}`)).status).toBe(200);
  }
  const elsewhere = await new Promise<number | undefined>((resolve, reject) => {
    get(
      { port: screenPort, host: '127.0.0.1', path: '/api/state', headers: { host: 'elsewhere.example' } },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    ).on('error', reject);
  });
  expect(elsewhere).toBe(421);
}, 60_000);

test('a wrong environment ends the agent with every fault named', async () => {
  const wrong = environment({
    SERIAL_READERS: '/dev/x:unknown:9600',
    ATTENDANCE_ADDRESSES: 'nowhere',
    MUNICIPALITY_ID: '0',
  });
  await expect(startProcess({ entry: AGENT, environment: wrong, readyLine: 'service ready' })).rejects.toThrow(
    /SERIAL_READERS[\s\S]*MUNICIPALITY_ID[\s\S]*ATTENDANCE_ADDRESSES/,
  );
}, 30_000);
