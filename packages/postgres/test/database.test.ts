import { connect, createServer, type Socket } from 'node:net';
import { createLogger } from '@campanella/service-kit';
import { type Borrowed, privateDatabase, privatePostgres } from '@campanella/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../src/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let borrowed: Borrowed;
let database: Database;

beforeEach(async () => {
  borrowed = await privateDatabase();
  database = openDatabase({ url: borrowed.url, applicationName: 'test', statementTimeoutMs: 2_000 }, logger);
  await database.start();
  await database.query({ text: 'create table first (a bigint primary key, day date)' });
});

afterEach(async () => {
  await database.stop();
  await borrowed.close();
});

describe('the database', () => {
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

  test('a statement that comes after its transaction is refused: the connection may be another one’s', async () => {
    let late: () => Promise<unknown> = async () => {};
    await database.transaction(async (tx) => {
      late = () => tx.query({ text: 'insert into first (a) values (2)' });
    });
    await expect(late()).rejects.toThrow(/after its transaction had ended/);
  });

  test('rivals fail unless the caller asks for retries, and then all have their effect', async () => {
    await database.query({ text: 'create table counters (n int); insert into counters values (0)' });
    const rivals = (retriesMax: number) =>
      Promise.allSettled(
        Array.from({ length: 8 }, () =>
          database.transaction(
            async (tx) => {
              const { rows } = await tx.query<{ n: number }>({ text: 'select n from counters' });
              await tx.query({ text: 'update counters set n = $1', values: [(rows[0]?.n ?? 0) + 1] });
            },
            { isolation: 'serializable', retriesMax },
          ),
        ),
      );
    const failed = (await rivals(0)).filter(({ status }) => status === 'rejected').length;
    expect(failed).toBeGreaterThan(0);
    expect((await rivals(50)).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect((await database.query({ text: 'select n from counters' })).rows).toEqual([{ n: 16 - failed }]);
  }, 30_000);

  test('a server that is killed and comes back is used again', async () => {
    const server = await privatePostgres();
    const own = openDatabase({ url: server.url, applicationName: 'test' }, logger);
    await own.start();
    await own.query({ text: 'create table kept (a int)' });
    await server.kill();
    await expect(own.query({ text: 'select 1' })).rejects.toThrow();
    await expect(own.checkReady?.()).rejects.toThrow();
    await server.restart();
    expect((await own.query({ text: 'select a from kept' })).rows).toEqual([]);
    await own.stop();
    await server.close();
  }, 60_000);

  test('a line that falls silent fails the statement, and its connection is not used again', async () => {
    const line = await breakableLine(new URL(borrowed.url));
    const own = openDatabase({ url: line.url, applicationName: 'test', statementTimeoutMs: 200, poolMax: 1 }, logger);
    await own.start();
    line.fallSilent();
    await expect(own.transaction((tx) => tx.query({ text: 'select 1' }))).rejects.toThrow(/timeout/);
    expect((await own.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
    await own.stop();
    await line.close();
  }, 30_000);
});

/** A line to the server whose present connections can fall silent; later ones work. */
async function breakableLine(target: URL) {
  const ends: Socket[] = [];
  const line = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const end of [near, far]) end.on('error', () => {});
    near.pipe(far).pipe(near);
    ends.push(near, far);
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  const address = line.address();
  const url = new URL(target);
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  return {
    url: url.href,
    fallSilent() {
      for (const end of ends) end.unpipe().pause();
    },
    async close() {
      for (const end of ends) end.destroy();
      await new Promise((resolve) => line.close(resolve));
    },
  };
}
