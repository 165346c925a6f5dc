import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { privateDatabase } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

let own: Awaited<ReturnType<typeof privateDatabase>>;
let environment: Record<string, string>;
beforeAll(async () => {
  own = await privateDatabase({ migrations: fileURLToPath(new URL('../migrations', import.meta.url)) });
  environment = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: own.url,
    FIELD_KEY: randomBytes(32).toString('base64'),
    PERSON_HASH_KEY: randomBytes(32).toString('base64'),
  };
});
afterAll(() => own.close());

interface Ended {
  readonly status: number;
  readonly lines: readonly Record<string, unknown>[];
  readonly complaint: string;
}

function run(command: string, ...words: string[]): Promise<Ended> {
  const entry = fileURLToPath(new URL(`../src/${command}.ts`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, ['--no-warnings', entry, ...words], { env: environment }, (error, output, complaint) => {
      const lines = output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line));
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, lines, complaint });
    });
  });
}

const COMPANY = ['--municipality', '1', '--partita-iva', '12345670017'];

test('an operator adds a company, resets and shuts it, and each time learns what to tell it', async () => {
  const added = await run('companies', 'add', ...COMPANY, '--name', 'Cooperativa Esempio');
  expect(added).toMatchObject({
    status: 0,
    lines: [{ partitaIva: '12345670017', password: expect.stringMatching(/^\w{20}$/) }],
  });
  const again = await run('companies', 'add', ...COMPANY, '--name', 'Cooperativa Esempio');
  expect(again).toMatchObject({ status: 2, lines: [], complaint: expect.stringContaining('use reset') });
  const reset = await run('companies', 'reset', ...COMPANY);
  expect(reset.lines[0]?.['password']).not.toBe(added.lines[0]?.['password']);
  expect(await run('companies', 'shut', ...COMPANY)).toMatchObject({ status: 0, lines: [{ state: 'shut' }] });
  expect((await run('companies', 'list', '--municipality', '1')).lines).toEqual([
    { partitaIva: '12345670017', name: 'Cooperativa Esempio', state: 'shut' },
  ]);
});

test('an operator grants a role and withdraws it', async () => {
  const person = ['--municipality', '1', '--codice-fiscale', 'SMPRRA86C54H501M'];
  expect(await run('operators', 'grant', ...person, '--role', 'office')).toMatchObject({
    status: 0,
    lines: [{ granted: 'office' }],
  });
  expect(await run('operators', 'withdraw', ...person)).toMatchObject({ lines: [{ withdrawn: true }] });
  expect(await run('operators', 'withdraw', ...person)).toMatchObject({ lines: [{ withdrawn: false }] });
});

test.each([
  ['companies', ['add', '--municipality', '1', '--partita-iva', '12345670018', '--name', 'x'], 'control digit'],
  ['companies', ['add', '--municipality', '0', '--partita-iva', '12345670017', '--name', 'x'], '--municipality'],
  ['companies', ['reset', '--municipality', '1', '--partita-iva', '12345680016'], 'unknown'],
  ['companies', ['remove', ...COMPANY], 'companies add'],
  [
    'operators',
    ['grant', '--municipality', '1', '--codice-fiscale', 'SMPRRA86C54H501N', '--role', 'office'],
    '--codice-fiscale',
  ],
  ['operators', ['grant', '--municipality', '1', '--codice-fiscale', 'SMPRRA86C54H501M', '--role', 'mayor'], '--role'],
  ['sign-in-log', ['list', '--municipality', '1'], '--from'],
])('%s %j ends with 2 and says what is wrong', async (command, words, complaint) => {
  expect(await run(command, ...words)).toMatchObject({
    status: 2,
    lines: [],
    complaint: expect.stringContaining(complaint),
  });
});

test.each(['companies', 'operators', 'sign-in-log'])(
  '%s --help needs nothing and shows how it is used',
  async (command) => {
    expect((await run(command, '--help')).status).toBe(0);
  },
);

test('the log of a municipality without sign-ins is empty', async () => {
  expect(
    await run('sign-in-log', 'list', '--municipality', '7', '--from', '2026-01-01', '--to', '2026-12-31'),
  ).toMatchObject({
    status: 0,
    lines: [],
  });
});
