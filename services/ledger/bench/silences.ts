import { fileURLToPath } from 'node:url';
import { type LedgerClient, openLedgerClient } from '@campanella/ledger-client';
import { freePort, type Store } from '@campanella/local-stores';
import { type Database, migrate, openDatabase } from '@campanella/postgres';
import { type Account, AccountKind, TransferKind } from '@campanella/proto/ledger/v1/ledger';
import { type RunningPart, startProcess } from '@campanella/testkit';
import { Redis } from 'ioredis';
import { v7 as uuidV7 } from 'uuid';
import { atLeast, atMost, type Figure, median, shown } from './figures.ts';
import { type BenchStores, faultsInBooks, logger } from './town.ts';

const ENTRY = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Two towns in two shards, so that affinity has something to spread. */
const TOWNS = [1, 2];
const HOUSEHOLDS_IN_TOWN = 500;
const SILENCE_LOAD_PER_TICK = 6;
const TICK_MS = 2;
const BEFORE_FAULT_MS = 1_500;
const AFTER_FAULT_MS = 2_500;
const UNDER_WAY = 4_000;
const ASK_MAX = 200;

interface Replica {
  readonly address: string;
  readonly metricsUrl: string;
  part: RunningPart;
  start(): Promise<RunningPart>;
}

interface RunningLedgers {
  readonly replicas: readonly [Replica, Replica];
  readonly database: Database;
  readonly accounts: readonly { readonly revenue: Account; readonly households: readonly Account[] }[];
  acknowledged: number;
}

/** Two replicas as processes: how long nothing is acknowledged after a fault, and what a second replica costs or brings. */
export async function measureReplicas(
  stores: BenchStores,
  rounds: number,
  forMs: number,
  report: (line: string) => void,
): Promise<Figure[]> {
  const ledgers = await startLedgers(stores);
  const values = new Map<string, number[]>();
  const add = (name: string, value: number) => values.set(name, [...(values.get(name) ?? []), value]);
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const one = await postAll(ledgers, [ledgers.replicas[0].address], forMs);
      const two = await postAll(
        ledgers,
        ledgers.replicas.map(({ address }) => address),
        forMs,
      );
      add('one', one);
      add('two', two);
      add('ratio', (two * 100) / one);
      add('none', await silenceAfter(ledgers, async () => 0));
      add('kill', await silenceAfter(ledgers, () => killServing(ledgers)));
      add('flush', await silenceAfter(ledgers, () => flush(stores.redis)));
      add('redis', await silenceAfter(ledgers, () => restart(stores.redis)));
      report(
        `replicas, round ${round} of ${rounds}: ${[...values].map(([name, all]) => `${name} ${Math.round(all.at(-1) ?? 0)}`).join(', ')}`,
      );
      const faults = await faultsInBooks(ledgers.database, ledgers.acknowledged);
      if (faults.length > 0) throw new Error(`the books are wrong: ${faults.join('; ')}`);
    }
  } finally {
    await Promise.all(ledgers.replicas.map(({ part }) => part.kill('SIGTERM')));
    await ledgers.database.stop();
  }
  const of = (name: string) => median(values.get(name) ?? []);
  return [
    shown('one replica, over gRPC, two shards', of('one'), 'debits/s'),
    shown('two replicas with affinity, over gRPC, two shards', of('two'), 'debits/s'),
    atLeast('two replicas with affinity against one', of('ratio'), '%', 90),
    shown('longest silence at 3,000/s without a fault', of('none'), 'ms'),
    atMost('silence after kill -9, with a second replica', of('kill'), 'ms', 150),
    atMost('silence after FLUSHALL', of('flush'), 'ms', 250),
    atMost('silence after Redis was killed, beyond its downtime', of('redis'), 'ms', 250),
  ];
}

async function startLedgers(stores: BenchStores): Promise<RunningLedgers> {
  const admin = openDatabase({ url: stores.postgres.url, applicationName: 'bench-admin' }, logger);
  await admin.query({ text: 'create database replicas' });
  await admin.stop();
  const address = new URL(stores.postgres.url);
  address.pathname = '/replicas';
  await migrate({ url: address.href, folder: new URL('../migrations/', import.meta.url), logger });
  await flush(stores.redis);
  const replicas: [Replica, Replica] = [
    await startReplica(address.href, stores),
    await startReplica(address.href, stores),
  ];
  const database = openDatabase({ url: address.href, applicationName: 'bench', statementTimeoutMs: 60_000 }, logger);
  const client = openLedgerClient({ addresses: replicas.map((replica) => replica.address), logger });
  const accounts = [];
  for (const municipalityId of TOWNS) accounts.push(await openTown(client, municipalityId));
  await client.stop();
  const ledgers = { replicas, database, accounts, acknowledged: 0 };
  await spread(ledgers, () => startReplica(address.href, stores));
  return ledgers;
}

/** Affinity hashes addresses: the second replica gets another one until each serves a town. */
async function spread(
  ledgers: { replicas: [Replica, Replica] } & RunningLedgers,
  start: () => Promise<Replica>,
): Promise<void> {
  for (;;) {
    const before = await Promise.all(ledgers.replicas.map(countCommits));
    await postAll(
      ledgers,
      ledgers.replicas.map(({ address }) => address),
      100,
    );
    const after = await Promise.all(ledgers.replicas.map(countCommits));
    if (after.every((count, index) => count > (before[index] ?? 0))) return;
    await ledgers.replicas[1].part.kill('SIGTERM');
    ledgers.replicas[1] = await start();
  }
}

async function countCommits({ metricsUrl }: Replica): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^campanella_ledger_commit_rows_count\S* (\d+)/m.exec(text)?.[1] ?? 0);
}

async function openTown(client: LedgerClient, municipalityId: number) {
  const service = 'school_meals';
  const [revenue] = await client.openAccounts([
    { municipalityId, kind: AccountKind.REVENUE, ownerId: '', service, overdraftCents: 0 },
  ]);
  if (revenue === undefined) throw new Error('no account was opened');
  const household = () => ({
    municipalityId,
    kind: AccountKind.HOUSEHOLD,
    ownerId: uuidV7(),
    service,
    overdraftCents: 10_000_000,
  });
  return { revenue, households: await client.openAccounts(Array.from({ length: HOUSEHOLDS_IN_TOWN }, household)) };
}

async function startReplica(databaseUrl: string, stores: BenchStores): Promise<Replica> {
  const [grpc, http, ops] = [await freePort(), await freePort(), await freePort()];
  const start = () =>
    startProcess({
      entry: ENTRY,
      readyUrl: `http://127.0.0.1:${ops}/ready`,
      environment: {
        GRPC_PORT: String(grpc),
        HTTP_PORT: String(http),
        OPS_PORT: String(ops),
        DATABASE_URL: databaseUrl,
        REDIS_URL: stores.redis.url,
        AMQP_URL: stores.rabbit.url,
        IDENTITY_JWKS_URL: 'http://127.0.0.1:9/jwks.json',
      },
    });
  return { address: `127.0.0.1:${grpc}`, metricsUrl: `http://127.0.0.1:${ops}/metrics`, part: await start(), start };
}

function nextMeals({ accounts }: RunningLedgers, count: number) {
  return Array.from({ length: count }, (_, index) => {
    const town = accounts[index % accounts.length];
    const household = town?.households[Math.floor(Math.random() * HOUSEHOLDS_IN_TOWN)];
    if (town === undefined || household === undefined) throw new RangeError('no such household');
    return {
      transferId: uuidV7(),
      municipalityId: household.municipalityId,
      debitAccountId: household.accountId,
      creditAccountId: town.revenue.accountId,
      amountCents: 1 + Math.floor(Math.random() * 9),
      kind: TransferKind.MEAL,
      reverses: '',
      occurredAtMs: Date.now(),
    };
  });
}

/** Keeps a few thousand debits under way through a client of the given replicas; answers how many a second were acknowledged. */
async function postAll(ledgers: RunningLedgers, addresses: readonly string[], forMs: number): Promise<number> {
  const client = openLedgerClient({ addresses, logger });
  const warmUntil = performance.now() + 500;
  const endAt = warmUntil + forMs;
  let counted = 0;
  const worker = async () => {
    while (performance.now() < endAt) {
      const outcomes = await client.post(nextMeals(ledgers, ASK_MAX));
      const accepted = outcomes.filter(({ outcome }) => outcome?.$case === 'accepted').length;
      ledgers.acknowledged += accepted;
      if (performance.now() > warmUntil && performance.now() < endAt) counted += accepted;
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY / ASK_MAX }, worker));
  await client.stop();
  return (counted * 1000) / forMs;
}

/** The longest time without an acknowledgement after a fault, at 3,000/s; less the milliseconds that the fault says were not ours. */
async function silenceAfter(ledgers: RunningLedgers, strike: () => Promise<number>): Promise<number> {
  const client = openLedgerClient({
    addresses: ledgers.replicas.map(({ address }) => address),
    logger,
    deadlineMs: 20_000,
  });
  const acknowledgedAt: number[] = [];
  const underWay: Promise<void>[] = [];
  const post = async () => {
    const outcomes = await client.post(nextMeals(ledgers, SILENCE_LOAD_PER_TICK));
    ledgers.acknowledged += outcomes.filter(({ outcome }) => outcome?.$case === 'accepted').length;
    acknowledgedAt.push(performance.now());
  };
  const startedAt = performance.now();
  let struck: Promise<{ readonly at: number; readonly notOursMs: number }> | null = null;
  while (performance.now() < startedAt + BEFORE_FAULT_MS + AFTER_FAULT_MS) {
    underWay.push(post());
    if (struck === null && performance.now() > startedAt + BEFORE_FAULT_MS) {
      const at = performance.now();
      struck = strike().then((notOursMs) => ({ at, notOursMs }));
    }
    await pause(TICK_MS);
  }
  await Promise.all(underWay);
  await client.stop();
  const { at, notOursMs } = (await struck) ?? { at: startedAt, notOursMs: 0 };
  await reviveAll(ledgers);
  return Math.max(0, longestGap(acknowledgedAt, at) - notOursMs);
}

function longestGap(instants: readonly number[], from: number): number {
  let longest = 0;
  let last = from;
  for (const instant of instants) {
    if (instant < from) continue;
    longest = Math.max(longest, instant - last);
    last = instant;
  }
  return longest;
}

/** Kills the replica that serves the first town, and leaves it dead until the measure is over. */
async function killServing({ replicas }: RunningLedgers): Promise<number> {
  await replicas[0].part.kill('SIGKILL');
  return 0;
}

async function reviveAll({ replicas }: RunningLedgers): Promise<void> {
  for (const replica of replicas) {
    const hasEnded = await Promise.race([replica.part.exited.then(() => true), pause(0).then(() => false)]);
    if (hasEnded) replica.part = await replica.start();
  }
}

async function flush({ url }: Store): Promise<number> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
  return 0;
}

/** Kills Redis and starts it empty; answers how long it was away. */
async function restart(redis: Store): Promise<number> {
  const killedAt = performance.now();
  await redis.kill();
  await redis.restart();
  return performance.now() - killedAt;
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
