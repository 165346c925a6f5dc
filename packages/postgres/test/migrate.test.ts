import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@campanella/service-kit';
import { type Borrowed, privateDatabase } from '@campanella/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, migrate, openDatabase } from '../src/index.ts';

const logger = createLogger({ service: 'test', level: 'error' });
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

describe('the database', () => {
  beforeEach(run);

  test('a transaction that rejects leaves nothing, and its connection is used again', async () => {
    const attempt = database.transaction(async (tx) => {
      await tx.query({ text: 'insert into first (a) values (1)' });
      throw new Error('refused');
    });
    await expect(attempt).rejects.toThrow('refused');
    const { rows } = await database.query<{ n: number }>({ text: 'select count(*) as n from first' });
    expect(rows).toEqual([{ n: 0 }]);
  });

  test('bigint is read as a number, a day as its text, and an unsafe bigint throws', async () => {
    const { rows } = await database.query({ text: `select 9007199254740991::bigint as a, date '2026-03-29' as day` });
    expect(rows).toEqual([{ a: 9_007_199_254_740_991, day: '2026-03-29' }]);
    await expect(database.query({ text: 'select 9007199254740993::bigint as a' })).rejects.toThrow(RangeError);
  });

  test('a statement that takes too long is ended by the server', async () => {
    await expect(database.query({ text: 'select pg_sleep(30)' })).rejects.toThrow(/statement timeout/);
  });

  test('connections ended by the server do not end the process, and the next statement works', async () => {
    await database.query({
      text: `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    });
    const broken = database.transaction((tx) => tx.query({ text: 'select pg_terminate_backend(pg_backend_pid())' }));
    await expect(broken).rejects.toThrow();
    expect((await database.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
  });
});
