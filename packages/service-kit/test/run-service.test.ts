import { join } from 'node:path';
import { freePort, type RunningPart, startProcess } from '@campanella/testkit';
import { afterEach, expect, test } from '@jest/globals';

const running: RunningPart[] = [];
afterEach(async () => {
  for (const part of running.splice(0)) await part.kill('SIGKILL');
});

async function run(
  environment: Record<string, string>,
  readyLine?: string,
): Promise<RunningPart & { opsPort: number }> {
  const opsPort = await freePort();
  const part = await startProcess({
    entry: join(import.meta.dirname, 'service-part.ts'),
    environment: { OPS_PORT: String(opsPort), MISDEED: 'none', ...environment },
    ...(readyLine === undefined ? {} : { readyLine }),
  });
  running.push(part);
  return Object.assign(part, { opsPort });
}

const sentences = (part: RunningPart) =>
  [...part.output().matchAll(/"msg":"([^"]+)"/g)].map(([, sentence]) => sentence);

test('parts start left to right and stop right to left', async () => {
  const part = await run({}, 'service ready');
  await part.kill('SIGTERM');
  expect(await part.exited).toBe(0);
  expect(sentences(part)).toEqual([
    'first started',
    'second started',
    'service ready',
    'service stopping',
    'second stopped',
    'first stopped',
    'service stopped',
  ]);
}, 30_000);

test('live, ready and metrics answer while it runs', async () => {
  const part = await run({}, 'service ready');
  const ask = (path: string) => fetch(`http://127.0.0.1:${part.opsPort}${path}`);
  expect((await ask('/live')).status).toBe(200);
  expect(await (await ask('/ready')).json()).toEqual({ ready: true, failing: [] });
  expect(await (await ask('/metrics')).text()).toContain('process_cpu_seconds_total');
}, 30_000);

test('a part that cannot serve makes the service not ready, by name and reason, and leaves it alive', async () => {
  const part = await run({ MISDEED: 'unready' }, 'service ready');
  const response = await fetch(`http://127.0.0.1:${part.opsPort}/ready`);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ ready: false, failing: [{ part: 'second', reason: 'the store is away' }] });
  expect((await fetch(`http://127.0.0.1:${part.opsPort}/live`)).status).toBe(200);
}, 30_000);

test('a signal ends a start that hangs', async () => {
  const part = await run({ MISDEED: 'slow start' }, 'first started');
  await part.kill('SIGINT');
  expect(await part.exited).toBe(0);
  expect(sentences(part)).toContain('first stopped');
}, 30_000);

test('a stop that hangs is cut, with a failure', async () => {
  const part = await run({ MISDEED: 'no stop', STOP_WITHIN_MS: '200' }, 'service ready');
  await part.kill('SIGTERM');
  expect(await part.exited).toBe(1);
  expect(sentences(part)).toContain('a part did not stop in time');
}, 30_000);

test('a part that breaks stops the others and ends the process with a failure', async () => {
  const part = await run({ MISDEED: 'breaks' }, 'service ready');
  await part.kill('SIGUSR2');
  expect(await part.exited).toBe(1);
  expect(sentences(part)).toContain('first stopped');
  expect(part.output()).toMatch(/second broke: the wheel came off/);
}, 30_000);

test('a wrong environment is told whole, and the process does not start', async () => {
  const part = await run({ OPS_PORT: 'x', MISDEED: 'much', STOP_WITHIN_MS: '1' });
  expect(await part.exited).toBe(78);
  for (const name of ['OPS_PORT', 'STOP_WITHIN_MS', 'MISDEED']) expect(part.output()).toContain(`- ${name}: `);
  expect(part.output()).not.toContain('    at ');
}, 30_000);

test('a port that is taken is named, with its variable', async () => {
  const first = await run({}, 'service ready');
  const second = await run({ OPS_PORT: String(first.opsPort) });
  expect(await second.exited).toBe(1);
  expect(second.output()).toMatch(
    new RegExp(`OPS_PORT cannot listen on 127.0.0.1:${first.opsPort}: another process has it`),
  );
}, 30_000);
