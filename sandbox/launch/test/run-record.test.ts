import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { endLeftOvers } from '../src/platform.ts';
import { claimFolder, isRunning, launcherOf, noteProcess, releaseFolder } from '../src/run-record.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'campanella-record-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A process that does nothing until it is ended. */
function bystander() {
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { pid: child.pid ?? 0, ended, end: () => child.kill('SIGKILL') };
}

test('a process that has taken the number of an ended one is not ours and is left alone', async () => {
  const other = bystander();
  try {
    const stale = { ...noteProcess('ledger', other.pid), startedAt: '1' };
    expect(isRunning(stale)).toBe(false);
    expect(await endLeftOvers([stale])).toBe(0);
    expect(isRunning(noteProcess('ledger', other.pid))).toBe(true);
  } finally {
    other.end();
    await other.ended;
  }
});

test('what a killed launcher has left behind is ended', async () => {
  const left = bystander();
  const note = noteProcess('ledger', left.pid);
  expect(await endLeftOvers([note])).toBe(1);
  await left.ended;
  expect(isRunning(note)).toBe(false);
});

test('a folder has one launcher at a time', () => {
  expect(claimFolder(folder)).toBe(true);
  expect(launcherOf(folder)?.pid).toBe(process.pid);
  expect(claimFolder(folder)).toBe(false);
  releaseFolder(folder);
  expect(launcherOf(folder)).toBeNull();
  expect(claimFolder(folder)).toBe(true);
});

test('a launcher that was killed holds its folder no longer', () => {
  writeFileSync(join(folder, 'launcher.json'), JSON.stringify({ name: 'launcher', pid: process.pid, startedAt: '1' }));
  expect(launcherOf(folder)).toBeNull();
  expect(claimFolder(folder)).toBe(true);
});
