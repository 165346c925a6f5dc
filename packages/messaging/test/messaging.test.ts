import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Database, openDatabase } from '@campanella/postgres';
import { createLogger, type Part } from '@campanella/service-kit';
import { type Borrowed, eventually, type PrivateStore, privateDatabase, privateRabbit } from '@campanella/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { appendEvent, type Bus, consumer, consumers, openBus, outboxRelay } from '../src/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const KEY = 'test.thing_happened.v1';
const QUEUE = 'test.things';
const WITHIN = { withinMs: 40_000 };

let broker: PrivateStore;
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

function taker(): Part {
  const takes = consumer(
    KEY,
    (body) => new TextDecoder().decode(body),
    async (tx, text, deps: { isFailing: (text: string) => boolean }) => {
      await tx.query({ text: 'insert into effects (text) values ($1)', values: [text] });
      if (deps.isFailing(text)) throw new Error('this one cannot be handled');
    },
  );
  return consumers({
    bus,
    database,
    queue: QUEUE,
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
    env: { ...process.env, AMQP_URL: broker.url },
  });

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

describe('a message that cannot be handled', () => {
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
    expect(deadLetters('--help')).toContain('npm run dead-letters');
  });
});
