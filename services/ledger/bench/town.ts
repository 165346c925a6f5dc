import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RabbitStore, type Store, startPostgres, startRabbit, startRedis } from '@campanella/local-stores';
import { type Database, migrate, openDatabase } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import { type AccountId, cents, id, type MunicipalityId, numberId } from '@campanella/vocabulary';
import { v7 as uuidV7 } from 'uuid';
import type { Transfer } from '../src/domain/transfer.ts';

/** Households of the benched town, and the services whose revenue accounts the uniform load spreads over. */
export const HOUSEHOLDS = 100_000;
export const REVENUES = 200;
export const MUNICIPALITY = numberId<MunicipalityId>(1);

export const logger = createLogger({ service: 'bench', level: 'silent' });

export interface BenchStores {
  readonly postgres: Store;
  readonly redis: Store;
  readonly rabbit: RabbitStore;
  close(): Promise<void>;
}

/** Starts throw-away stores; PostgreSQL flushes each commit, as it does in service. */
export async function startStores(): Promise<BenchStores> {
  const folder = mkdtempSync(join(tmpdir(), 'campanella-bench-'));
  // The servers' user is not ours, and must be able to enter.
  chmodSync(folder, 0o755);
  const settings = { min_wal_size: '4GB', max_wal_size: '8GB', shared_buffers: '512MB' };
  const [postgres, redis, rabbit] = await Promise.all([
    startPostgres({ folder: join(folder, 'postgres'), isThrowAway: true, settings }),
    startRedis({ folder: join(folder, 'redis') }),
    startRabbit({ folder: join(folder, 'rabbit') }),
  ]);
  return {
    postgres,
    redis,
    rabbit,
    async close() {
      await Promise.all([postgres.stop(), redis.stop(), rabbit.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a migrated database with the town's accounts, every household with enough credit for the whole run. */
export async function makeDatabase(postgresUrl: string, name: string, households: number): Promise<string> {
  const admin = openDatabase({ url: postgresUrl, applicationName: 'bench-admin' }, logger);
  await admin.query({ text: `create database ${name}` });
  await admin.stop();
  const address = new URL(postgresUrl);
  address.pathname = `/${name}`;
  const url = address.href;
  await migrate({ url, folder: new URL('../migrations/', import.meta.url), logger });
  const database = openDatabase({ url, applicationName: 'bench-load', statementTimeoutMs: 120_000 }, logger);
  await database.query({
    text: 'insert into municipality_shards (municipality_id, shard) select m, m - 1 from generate_series(1, 8) m',
  });
  await database.query({
    text: `insert into accounts (shard, municipality_id, kind, owner_id, service, overdraft_cents)
           select 0, 1, 'revenue', null::uuid, 'service_' || n, 0 from generate_series(1, ${REVENUES}) n
           union all select 0, 1, 'household', gen_random_uuid(), 'school_meals', 10000000 from generate_series(1, ${households})`,
  });
  await database.query({ text: 'vacuum analyze accounts' });
  await database.query({ text: 'checkpoint' });
  await database.stop();
  return url;
}

export interface TownAccounts {
  readonly households: readonly AccountId[];
  readonly revenues: readonly AccountId[];
}

export async function readAccounts(database: Database): Promise<TownAccounts> {
  const { rows } = await database.query<{ account_id: number; kind: string }>({
    text: 'select account_id, kind from accounts where municipality_id = 1 order by account_id',
  });
  const of = (wanted: string) =>
    rows.filter(({ kind }) => kind === wanted).map(({ account_id }) => numberId<AccountId>(account_id));
  return { households: of('household'), revenues: of('revenue') };
}

/** How debits spread over revenue accounts: over all, or onto one, as a town's only canteen is. */
export type Spread = 'uniform' | 'hot';

/** Makes meals by the thousand before a round, so that the round measures the ledger and not the making of ids. */
export function makeMeals({ households, revenues }: TownAccounts, spread: Spread, count: number): Transfer[] {
  const occurredAtMs = Date.now();
  return Array.from({ length: count }, () => ({
    transferId: id(uuidV7()),
    municipalityId: MUNICIPALITY,
    debitAccountId: pick(households),
    creditAccountId: spread === 'hot' ? first(revenues) : pick(revenues),
    amountCents: cents(1 + Math.floor(Math.random() * 9)),
    kind: 'meal',
    reverses: null,
    occurredAtMs,
  }));
}

function pick<Value>(values: readonly Value[]): Value {
  const value = values[Math.floor(Math.random() * values.length)];
  if (value === undefined) throw new RangeError('there is none');
  return value;
}

function first<Value>([value]: readonly Value[]): Value {
  if (value === undefined) throw new RangeError('there is none');
  return value;
}

/** What the books of a benched database say against it, and against the number of acknowledged debits; empty when they agree. */
export async function faultsInBooks(database: Database, acknowledged: number): Promise<string[]> {
  const { rows } = await database.query<{ fault: string }>({
    text: `
      with moved as (
        select account_id, sum(amount) as amount from (
          select debit_account_id as account_id, -amount_cents as amount from transfers
          union all select credit_account_id, amount_cents from transfers) signed group by account_id)
      select 'balance of ' || a.account_id || ' is not the sum of its transfers' as fault
        from accounts a left join moved m using (account_id) where a.balance_cents <> coalesce(m.amount, 0)
      union all select 'accounts do not sum to zero' from accounts having sum(balance_cents) <> 0
      union all select 'a household is past its limit' from accounts where kind = 'household' and balance_cents < -overdraft_cents
      union all select count(*) || ' transfers for $1 acknowledged' from transfers having count(*) <> $1
      limit 5`.replace('$1 ack', `${acknowledged} ack`),
    values: [acknowledged],
  });
  return rows.map(({ fault }) => fault);
}
