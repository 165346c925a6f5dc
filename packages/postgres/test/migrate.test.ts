import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@campanella/service-kit';
import { type Borrowed, privateDatabase } from '@campanella/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, dumpSchema, migrate, openDatabase } from '../src/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let borrowed: Borrowed;
let database: Database;
let folder: string;

beforeEach(async () => {
  borrowed = await privateDatabase();
  database = openDatabase({ url: borrowed.url, applicationName: 'test', statementTimeoutMs: 2_000 }, logger);
  await database.start();
  folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  writeFileSync(join(folder, '000001_first.sql'), 'create table first (a bigint primary key, day date);');
  writeFileSync(join(folder, 'schema.sql'), 'this is a dump and no migration');
});

afterEach(async () => {
  await database.stop();
  await borrowed.close();
  rmSync(folder, { recursive: true });
});

const run = () => migrate({ url: borrowed.url, folder, logger });

describe('migrations', () => {
  test('run once, in order, also when two runners start at once', async () => {
    writeFileSync(join(folder, '000002_second.sql'), 'alter table first add column b text;');
    await Promise.all([run(), run()]);
    await run();
    const { rows } = await database.query<{ name: string }>({ text: 'select name from migrations order by id' });
    expect(rows.map(({ name }) => name)).toEqual(['000001_first', '000002_second']);
  });

  test('a file that was edited after it ran is refused by name', async () => {
    await run();
    writeFileSync(join(folder, '000001_first.sql'), 'create table first (a text);');
    await expect(run()).rejects.toThrow(/000001_first\.sql was edited/);
  });

  test('a file that ran before a later one failed cannot be edited either', async () => {
    writeFileSync(join(folder, '000002_second.sql'), 'select no_such_function();');
    await expect(run()).rejects.toThrow(/no_such_function/);
    writeFileSync(join(folder, '000001_first.sql'), 'create table first (a text);');
    await expect(run()).rejects.toThrow(/000001_first\.sql was edited/);
  });

  test('a file that ran cannot be taken away, and none can come before it', async () => {
    writeFileSync(join(folder, '000003_third.sql'), 'create table third (a int);');
    await run();
    writeFileSync(join(folder, '000002_second.sql'), 'create table second (a int);');
    await expect(run()).rejects.toThrow(/000002_second.*preced/);
    rmSync(join(folder, '000002_second.sql'));
    rmSync(join(folder, '000003_third.sql'));
    await expect(run()).rejects.toThrow(/000003_third\.sql has run here but is not in the folder/);
  });

  test.each([
    ['2_second.sql', /is not named like 000001_accounts\.sql/],
    ['000001_again.sql', /have one number/],
  ])('a file named %s is refused', async (name, reason) => {
    writeFileSync(join(folder, name), 'select 1;');
    await expect(run()).rejects.toThrow(reason);
  });

  test('a file that fails changes nothing and can be mended', async () => {
    writeFileSync(join(folder, '000002_second.sql'), 'create table second (a int); select no_such_function();');
    await expect(run()).rejects.toThrow(/no_such_function/);
    const { rows } = await database.query<{ there: string | null }>({
      text: `select to_regclass('second')::text as there`,
    });
    expect(rows).toEqual([{ there: null }]);
    writeFileSync(join(folder, '000002_second.sql'), 'create table second (a int);');
    await run();
  });
});

describe('the dump of a schema', () => {
  const program = join(import.meta.dirname, '../src/dump-schema.ts');
  const dump = (...words: string[]) =>
    execFileSync(process.execPath, ['--no-warnings', program, ...words], {
      cwd: join(folder, '..'),
      env: { ...process.env, DATABASE_URL: borrowed.url },
      stdio: 'pipe',
      encoding: 'utf8',
    });

  test('is the same each time, names no version, and differs when the schema does', async () => {
    await run();
    // The program writes migrations/schema.sql of the folder that it runs in.
    const service = mkdtempSync(join(tmpdir(), 'service-'));
    renameSync(folder, join(service, 'migrations'));
    folder = join(service, 'migrations');
    dump();
    dump('--check');
    const schema = readFileSync(join(folder, 'schema.sql'), 'utf8');
    expect(schema).toBe(dumpSchema(borrowed.url));
    expect(schema).toContain('CREATE TABLE public.first');
    expect(schema).not.toMatch(/version|^SET |^--/m);
    await database.query({ text: 'alter table first add column c text' });
    expect(() => dump('--check')).toThrow(/is not the schema that the migrations make/);
  }, 30_000);
});
