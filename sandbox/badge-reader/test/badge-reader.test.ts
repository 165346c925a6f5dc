import { execFile, spawn } from 'node:child_process';
import {
  constants,
  createReadStream,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, type RunningPart, startProcess } from '@campanella/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const ENTRY = new URL('../src/main.ts', import.meta.url);
const FRAME = Buffer.from('0230313030434441344543383403', 'hex');
const run = promisify(execFile);

let folder = '';
let link = '';
let control = '';
let reader: RunningPart;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'campanella-reader-'));
  link = join(folder, 'dev', 'reader');
  control = join(folder, 'control.sock');
  reader = await serve();
});

afterEach(async () => {
  await reader.kill('SIGTERM');
  rmSync(folder, { recursive: true });
});

function serve(): Promise<RunningPart> {
  return startProcess({
    entry: ENTRY,
    environment: {},
    arguments: ['serve', '--link', link, '--control', control],
    readyLine: 'badge reader ready',
  });
}

async function command(...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['--no-warnings', ENTRY.pathname, ...words, '--control', control]);
  return stdout;
}

/** Reads the host's side as bytes. */
function listen(): { bytes: () => Buffer; close: () => void } {
  let bytes = Buffer.alloc(0);
  // NOCTTY: the port must not become the terminal of the process that runs the tests.
  const fd = openSync(link, constants.O_RDONLY | constants.O_NOCTTY);
  const stream = createReadStream('', { fd });
  stream.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
  });
  stream.on('error', () => undefined);
  return { bytes: () => bytes, close: () => stream.destroy() };
}

test('a card presented at the command line is a frame on the port, repeated while it is held', async () => {
  const host = listen();
  expect(JSON.parse(await command('swipe', '--badge', '0100CDA4EC', '--hold', '100'))).toEqual({ frames: 3 });
  await eventually(() => host.bytes().equals(Buffer.concat([FRAME, FRAME, FRAME])), { withinMs: 5_000 });
  await command('half', '--badge', '0100CDA4EC');
  await eventually(() => host.bytes().length === 3 * FRAME.length + 7, { withinMs: 5_000 });
  await command('garbage', '--hex', '00ff0d0a1a03');
  await eventually(() => host.bytes().subarray(-6).toString('hex') === '00ff0d0a1a03', { withinMs: 5_000 });
  await command('unplug');
  host.close();
});

test('pulled out, the port is gone and a card is refused; put back, it has its name again', async () => {
  await command('unplug');
  expect(existsSync(link)).toBe(false);
  await expect(command('swipe', '--badge', '0100CDA4EC')).rejects.toThrow(/unplugged/);
  await command('plug');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test('a killed reader leaves nothing that keeps the next one from starting', async () => {
  await reader.kill('SIGKILL');
  reader = await serve();
  expect(JSON.parse(await command('state'))).toEqual({ isPlugged: true });
});

test('a stopped reader takes its name away', async () => {
  await reader.kill('SIGTERM');
  expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined();
});

test('wrong orders are refused with what to do', async () => {
  await expect(command('swipe', '--badge', '12')).rejects.toThrow(/10 hexadecimal digits/);
  await expect(command('swipe', '--badge', '0100CDA4EC', '--format', 'other')).rejects.toThrow(/format must be one of/);
  await expect(command('dance')).rejects.toThrow(/unknown command/);
  const mine = join(folder, 'mine');
  writeFileSync(mine, 'not a link');
  const other = spawn(process.execPath, [ENTRY.pathname, 'serve', '--link', mine, '--control', join(folder, 'c2')], {
    stdio: 'ignore',
  });
  expect(await new Promise((resolve) => other.once('exit', resolve))).toBe(1);
});
