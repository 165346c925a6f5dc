import { type Bus, openBus } from '@campanella/messaging';
import { TransferPosted } from '@campanella/proto/events/v1/events';
import { eventually, type PrivateStore, privatePostgres, privateRabbit, privateRedis } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { TRANSFER_POSTED } from '../src/events/transfer-posted.ts';
import {
  faultsInBooks,
  kindOf,
  logger,
  migrateLedger,
  openTown,
  type Replica,
  startReplica,
  type Town,
} from './running-ledger.ts';
import { type Recorded, runLoad, seededRandom, watchBalances } from './seeded-load.ts';

const SEED = Number(process.env['CAMPANELLA_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const QUEUE = 'ledger-test.published';
const PER_SECOND = 600;
const LOAD_MS = 3_500;
const FAULT_AFTER_MS = 1_200;
const PUBLISHED_WITHIN_MS = 30_000;

let postgres: PrivateStore;
let redis: PrivateStore;
let rabbit: PrivateStore;
let replicas: [Replica, Replica];
let town: Town;
let bus: Bus;
let hot: Redis;
/** First seen of each (shard, seq), in the order of arrival. */
const published: { readonly shard: number; readonly seq: number; readonly transferId: string }[] = [];
const seen = new Set<string>();
const random = seededRandom(SEED);

beforeAll(async () => {
  process.stderr.write(`faults: seed ${SEED} (CAMPANELLA_SEED gives it again)\n`);
  [postgres, redis, rabbit] = await Promise.all([privatePostgres(), privateRedis(), privateRabbit()]);
  await migrateLedger(postgres.url);
  bus = openBus({ url: rabbit.url, service: 'ledger-test' }, logger);
  await bus.start();
  await bus.onConnected(async (connection) => {
    const channel = await connection.createChannel();
    await channel.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.bindQueue(QUEUE, 'campanella.events', TRANSFER_POSTED);
    await channel.consume(QUEUE, (message) => {
      if (message === null) return;
      const { shard, transfers } = TransferPosted.decode(message.content);
      for (const { seq, transferId } of transfers) {
        if (seen.has(`${shard}:${seq}`)) continue;
        seen.add(`${shard}:${seq}`);
        published.push({ shard, seq, transferId });
      }
      channel.ack(message);
    });
  });
  const stores = { postgresUrl: postgres.url, redisUrl: redis.url, amqpUrl: rabbit.url };
  replicas = await Promise.all([startReplica(stores), startReplica(stores)]);
  town = await openTown(replicas, postgres.url, 60, 1_000);
  hot = new Redis(redis.url, { retryStrategy: () => 50 });
  hot.on('error', () => {});
}, 120_000);

afterAll(async () => {
  hot?.disconnect();
  await town?.close();
  await bus?.stop();
  await Promise.all((replicas ?? []).map(({ part }) => part.kill('SIGTERM')));
  await Promise.all([postgres, redis, rabbit].map((store) => store?.close()));
}, 60_000);

test.each<[string, () => Promise<void>]>([
  ['none', async () => {}],
  ['kill -9 of the first replica', () => killAndRestart(0)],
  ['kill -9 of the second replica', () => killAndRestart(1)],
  ['kill -9 of both replicas at once', async () => void (await Promise.all([killAndRestart(0), killAndRestart(1)]))],
  ['FLUSHALL', async () => void (await hot.flushall())],
  ['FLUSHALL five times within a second', () => flushOften()],
  ['Redis killed and started empty', () => killAndRestartStore(redis)],
  ['both replicas killed and Redis emptied at once', () => killAll()],
  ['Redis set back by 1 s', () => setBack(1_000)],
  ['Redis set back by 20 ms', () => setBack(20)],
  ['Redis set back by 20 ms, four times', () => setBackOften()],
  ['PostgreSQL stopped at once and started', () => killAndRestartStore(postgres)],
  ['RabbitMQ killed and started', () => killAndRestartStore(rabbit)],
])(
  'fault: %s',
  async (_name, strike) => {
    const watch = watchBalances(town);
    const load = runLoad(town, replicas, { random, perSecond: PER_SECOND, forMs: LOAD_MS });
    const struck = pause(FAULT_AFTER_MS).then(strike);
    const [recorded] = await Promise.all([load, struck]);
    const shown = await watch.stop();
    expect(await faultsInBooks(town.database)).toEqual([]);
    await expectOneAnswerEach(recorded);
    await expectJournalAgrees(recorded);
    await expectBalancesWereCommitted(shown);
    await expectPublishedOnceInOrder();
  },
  120_000,
);

/** All that was asked is answered, the same each time, and the same when everything is asked once more. */
async function expectOneAnswerEach({ sent, answers }: Recorded): Promise<void> {
  expect(sent.size).toBeGreaterThan(500);
  const all = [...sent.values()];
  const again = await town.client.post(all);
  all.forEach(({ transferId }, index) => {
    const different = new Set(
      [...(answers.get(transferId) ?? []), again[index]].map((one) => JSON.stringify(one?.outcome)),
    );
    if (different.size !== 1 || kindOf(again[index]) === 'unavailable')
      throw new Error(`${transferId} was answered ${[...different].join(' and ')}`);
  });
}

/** Accepted is in the journal with its content; refused is not; nothing else is there. */
async function expectJournalAgrees({ sent, answers }: Recorded): Promise<void> {
  const { rows } = await town.database.query<{ transfer_id: string; content: string }>({
    text: `select transfer_id, concat_ws(' ', seq, debit_account_id, credit_account_id, amount_cents) as content
             from transfers where transfer_id = any($1::uuid[])`,
    values: [[...sent.keys()]],
  });
  const told = [...sent.values()].flatMap((transfer) => {
    const outcome = answers.get(transfer.transferId)?.[0]?.outcome;
    if (outcome?.$case !== 'accepted') return [];
    const { transferId, debitAccountId, creditAccountId, amountCents } = transfer;
    return [`${transferId} ${outcome.value.seq} ${debitAccountId} ${creditAccountId} ${amountCents}`];
  });
  expect(rows.map((row) => `${row.transfer_id} ${row.content}`).sort()).toEqual(told.sort());
  const kinds = [...answers.values()].map(([first]) => kindOf(first));
  expect(kinds.filter((kind) => kind.startsWith('refused')).length).toBeGreaterThan(0);
}

/** Each balance shown is one that the account's committed chain passed through, and none is older than one shown before. */
async function expectBalancesWereCommitted(shown: ReadonlyMap<number, readonly number[]>): Promise<void> {
  const { rows } = await town.database.query<{ account_id: number; after: number }>({
    text: `select account_id, after from (
             select debit_account_id as account_id, seq, debit_balance_after_cents as after from transfers
             union all select credit_account_id, seq, credit_balance_after_cents from transfers) moved
            where after is not null order by account_id, seq`,
  });
  const chains = new Map<number, number[]>();
  for (const { account_id, after } of rows) chains.set(account_id, [...(chains.get(account_id) ?? [0]), after]);
  for (const [accountId, balances] of shown) {
    const chain = chains.get(accountId) ?? [0];
    let place = 0;
    for (const balance of balances) {
      place = chain.indexOf(balance, place);
      if (place < 0) throw new Error(`account ${accountId} showed ${balance}, which its journal does not reach there`);
    }
  }
}

async function expectPublishedOnceInOrder(): Promise<void> {
  const { rows } = await town.database.query<{ shard: number; seq: number; transfer_id: string }>({
    text: 'select shard, seq, transfer_id from transfers order by shard, seq',
  });
  await eventually(() => published.length >= rows.length, { withinMs: PUBLISHED_WITHIN_MS });
  const committed = rows.map(({ shard, seq, transfer_id }) => `${shard}:${seq} ${transfer_id}`);
  expect(published.map(({ shard, seq, transferId }) => `${shard}:${seq} ${transferId}`)).toEqual(committed);
}

async function killAndRestart(index: 0 | 1): Promise<void> {
  await replicas[index].part.kill('SIGKILL');
  await pause(300);
  await replicas[index].start();
}

async function killAndRestartStore(store: PrivateStore): Promise<void> {
  await store.kill();
  await pause(300);
  await store.restart();
}

async function killAll(): Promise<void> {
  await Promise.all([...replicas.map(({ part }) => part.kill('SIGKILL')), hot.flushall()]);
  await Promise.all(replicas.map((replica) => replica.start()));
}

async function flushOften(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await hot.flushall();
    await pause(Math.floor(random() * 300));
  }
}

async function setBackOften(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await setBack(20);
    await pause(Math.floor(random() * 300));
  }
}

/** What a lagging replica of Redis shows when it is promoted: the shard as it was a moment ago. */
async function setBack(byMs: number): Promise<void> {
  const keys = `redis.call('KEYS', 'ledger:*')`;
  await hot.eval(
    `redis.call('DEL', 'older') for _, key in ipairs(${keys}) do redis.call('HSET', 'older', key, redis.call('DUMP', key)) end`,
    0,
  );
  await pause(byMs);
  await hot.eval(
    `for _, key in ipairs(${keys}) do redis.call('DEL', key) end
     local older = redis.call('HGETALL', 'older')
     for i = 1, #older, 2 do redis.call('RESTORE', older[i], 0, older[i + 1]) end
     redis.call('DEL', 'older')`,
    0,
  );
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
