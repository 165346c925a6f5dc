import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger, type Part } from '@campanella/service-kit';
import { type Borrowed, eventually, privateDatabase, privateRabbit } from '@campanella/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import { appendEvent, type Bus, consumer, consumers, openBus, outboxRelay } from '../src/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const KEY = 'test.thing_happened.v1';
const QUEUE = 'test.things';
const WITHIN = { withinMs: 40_000 };

let broker: Awaited<ReturnType<typeof privateRabbit>>;
let borrowed: Borrowed;
let database: Database;
let bus: Bus;
let started: Part[];
let failing: (text: string) => boolean;

beforeAll(async () => {
  broker = await privateRabbit();
}, 90_000);
afterAll(() => broker.close());

beforeEach(async () => {
  failing = () => false;
  borrowed = await privateDatabase({ migrations: join(import.meta.dirname, 'migrations') });
  database = openDatabase({ url: borrowed.url, applicationName: 'test' }, logger);
  bus = openBus({ url: broker.url, service: 'test' }, logger);
  started = [];
  for (const part of [database, bus, taker()]) await begin(part);
});

afterEach(async () => {
  for (const part of started.toReversed()) await part.stop();
  await borrowed.close();
});

async function begin(part: Part): Promise<Part> {
  await part.start();
  started.push(part);
  return part;
}

function taker(queue = QUEUE): Part {
  const takes = consumer(
    KEY,
    (body) => {
      const text = new TextDecoder().decode(body);
      if (text === 'garbled') throw new Error('no such field');
      return text;
    },
    async (tx, text, deps: { isFailing: (text: string) => boolean }) => {
      await tx.query({ text: 'insert into effects (text) values ($1)', values: [text] });
      if (deps.isFailing(text)) throw new Error('this one cannot be handled');
    },
  );
  return consumers({
    bus,
    database,
    queue,
    consumers: [takes],
    deps: { isFailing: (text) => failing(text) },
    logger,
  });
}

const relay = () => outboxRelay({ database, bus, logger });
const tell = (text: string) =>
  database.transaction((tx) =>
    appendEvent(tx, { routingKey: KEY, municipalityId: 1, body: new TextEncoder().encode(text) }),
  );
const effects = async () =>
  (await database.query<{ text: string }>({ text: 'select text from effects order by position' })).rows.map(
    ({ text }) => text,
  );
const outboxCount = async () =>
  (await database.query<{ n: number }>({ text: 'select count(*) as n from outbox_events' })).rows[0]?.n;
const deadLetters = (...words: string[]) =>
  execFileSync(process.execPath, ['--no-warnings', join(import.meta.dirname, '../src/dead-letters.ts'), ...words], {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, AMQP_URL: broker.url },
  });

async function purge(queue: string): Promise<void> {
  const connection = await connect(broker.url);
  await (await connection.createChannel()).purgeQueue(queue);
  await connection.close();
}

/** Takes one message and ends the channel without a word, as a consumer does that is killed. */
async function takeAndDie(connection: Awaited<ReturnType<typeof connect>>): Promise<void> {
  const channel = await connection.createChannel();
  await eventually(() => channel.get(QUEUE), { withinMs: 5_000 }).catch(() => {});
  await channel.close();
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `event ${String(index).padStart(4, '0')}`);

describe('events', () => {
  test('take effect once each, in the order of their commits, with two relays at work', async () => {
    await begin(relay());
    await begin(relay());
    for (const name of names(200)) await tell(name);
    expect(await eventually(async () => (await effects()).length === 200, WITHIN)).toBe(true);
    expect(await effects()).toEqual(names(200));
    expect(await eventually(async () => (await outboxCount()) === 0, WITHIN)).toBe(true);
  }, 60_000);

  test('of a transaction that is rolled back are never told', async () => {
    await begin(relay());
    await expect(
      database.transaction(async (tx) => {
        await appendEvent(tx, { routingKey: KEY, municipalityId: 1, body: new TextEncoder().encode('never') });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await tell('told');
    await eventually(async () => (await effects()).includes('told'), WITHIN);
    expect(await effects()).toEqual(['told']);
  }, 60_000);

  test('published twice, as after a crash between confirm and delete, take effect once', async () => {
    await tell('once');
    const { rows } = await database.query<{ message_id: string }>({ text: 'select message_id from outbox_events' });
    await begin(relay());
    await eventually(async () => (await outboxCount()) === 0, WITHIN);
    await database.query({
      text: 'insert into outbox_events (municipality_id, message_id, routing_key, body) values (1, $1, $2, $3)',
      values: [rows[0]?.message_id, KEY, Buffer.from('once')],
    });
    await tell('after');
    await eventually(async () => (await effects()).includes('after'), WITHIN);
    expect(await effects()).toEqual(['once', 'after']);
  }, 60_000);

  test('survive a broker that is killed and started again under load', async () => {
    await begin(relay());
    const telling = (async () => {
      for (const name of names(1_000)) await tell(name);
    })();
    await eventually(async () => (await effects()).length > 50, WITHIN);
    await broker.kill();
    await telling;
    await broker.restart();
    await eventually(async () => (await effects()).length >= 1_000, WITHIN);
    await eventually(async () => (await outboxCount()) === 0, WITHIN);
    expect((await effects()).toSorted()).toEqual(names(1_000));
  }, 120_000);
});

describe('a broker that is short of memory', () => {
  test('is not pressed, and gets every event afterwards', async () => {
    broker.control('set_vm_memory_high_watermark', '0.00001');
    try {
      // The alarm is told to a connection once it publishes.
      await begin(relay());
      await tell('first');
      await eventually(() => !bus.canPublish, WITHIN);
      for (const name of names(100)) await tell(name);
      expect(bus.isConnected).toBe(true);
      expect(await outboxCount()).toBeGreaterThanOrEqual(100);
    } finally {
      broker.control('set_vm_memory_high_watermark', 'absolute', '256MB');
    }
    await eventually(async () => (await effects()).length > 100, WITHIN);
    expect(await effects()).toEqual(['first', ...names(100)]);
  }, 120_000);
});

describe('an active relay whose session is ended', () => {
  test('leaves its place to the other, and nothing is lost or applied twice', async () => {
    await begin(relay());
    await begin(relay());
    for (const name of names(60)) {
      await tell(name);
      if (name.endsWith('20') || name.endsWith('40'))
        await database.query({
          text: `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
                    and database = (select oid from pg_database where datname = current_database())`,
        });
    }
    await eventually(async () => (await effects()).length >= 60, WITHIN);
    await eventually(async () => (await outboxCount()) === 0, WITHIN);
    expect(await effects()).toEqual(names(60));
  }, 60_000);
});

describe('a queue made by an earlier release, with other arguments', () => {
  test('is used as it is', async () => {
    const queue = 'test.older';
    const connection = await connect(broker.url);
    const channel = await connection.createChannel();
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await connection.close();
    await started.pop()?.stop();
    await begin(taker(queue));
    await begin(relay());
    await tell('understood');
    await eventually(async () => (await effects()).includes('understood'), WITHIN);
    expect(bus.isConnected).toBe(true);
    await purge(QUEUE);
  }, 60_000);
});

describe('a consumer that stops', () => {
  test('finishes what it began and leaves the rest to the next', async () => {
    const first = started.pop();
    await begin(relay());
    for (const name of names(300)) await tell(name);
    await eventually(async () => (await effects()).length > 5, WITHIN);
    await first?.stop();
    const { length } = await effects();
    expect(bus.isConnected).toBe(true);
    await begin(taker());
    await eventually(async () => (await effects()).length >= 300, WITHIN);
    expect(length).toBeLessThanOrEqual(300);
    expect((await effects()).toSorted()).toEqual(names(300));
  }, 60_000);
});

describe('a message that cannot be handled', () => {
  test('because nobody can decode it is parked at once', async () => {
    await begin(relay());
    await tell('garbled');
    await tell('fine');
    await eventually(async () => (await effects()).includes('fine'), WITHIN);
    expect(deadLetters('list', '--queue', QUEUE)).toContain('cannot be decoded: no such field');
    await purge(`${QUEUE}.dead`);
  }, 60_000);

  test('because it ends every consumer is parked by the broker', async () => {
    for (const part of started.splice(2)) await part.stop();
    await begin(relay());
    await tell('deadly');
    const connection = await connect(broker.url);
    for (let delivery = 0; delivery <= 20; delivery += 1) await takeAndDie(connection);
    await connection.close();
    const listed = await eventually(() => {
      const text = deadLetters('list', '--queue', QUEUE);
      return text.includes('1 parked') ? text : null;
    }, WITHIN);
    expect(listed).toContain('delivery_limit');
    await purge(`${QUEUE}.dead`);
  }, 60_000);

  test('is parked with its reason, does not stop those behind it, and can be replayed', async () => {
    failing = (text) => text === 'bad';
    await begin(relay());
    for (const name of ['first', 'bad', 'last']) await tell(name);
    await eventually(async () => (await effects()).includes('last'), WITHIN);
    expect(await effects()).toEqual(['first', 'last']);
    const listed = await eventually(() => {
      const text = deadLetters('list', '--queue', QUEUE);
      return text.includes('1 parked') ? text : null;
    }, WITHIN);
    expect(listed).toContain('this one cannot be handled');
    failing = () => false;
    expect(deadLetters('replay', '--queue', QUEUE)).toContain('1 replayed');
    await eventually(async () => (await effects()).includes('bad'), WITHIN);
    expect(deadLetters('list', '--queue', QUEUE)).toContain('0 parked');
  }, 60_000);

  test('the replay command says what is missing', () => {
    expect(() => deadLetters('list')).toThrow(/--queue is missing/);
    expect(() => deadLetters('lst')).toThrow(/there is no lst/);
    expect(() => deadLetters('list', '--queue', 'no.such')).toThrow(/no queue no\.such\.dead/);
    expect(deadLetters('--help')).toContain('npm run dead-letters');
  });
});
