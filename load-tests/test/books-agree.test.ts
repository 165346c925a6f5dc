import { EVENTS_EXCHANGE } from '@campanella/messaging';
import { MealRecorded, TransferPosted } from '@campanella/proto/events/v1/events';
import { eventually } from '@campanella/testkit';
import { expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { differencesInBooks, journalSwipes, screenState } from './books.ts';
import { type Canteen, type FaultPlatform, startFaultPlatform } from './fault-platform.ts';

const SWIPES = 5_000;
const PUPILS = 4_200;
/** One swipe in ten is a badge that has swiped before. */
const REPEATED = 0.1;
const PACE_MS = 6;

const seed = Number(process.env['CAMPANELLA_SEED'] ?? Date.now() % 1_000_000);

/** A small generator with a seed (mulberry32), so that a run can be repeated. */
function dice(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Holds badges to one canteen's reader until told to stop; notes every swipe that its screen showed as recorded. */
async function pump(
  canteen: Canteen,
  roll: () => number,
  shown: Set<string>,
  counts: Map<Canteen, number>,
  isOver: () => boolean,
): Promise<void> {
  const fresh = canteen.badges.toSorted(() => roll() - 0.5);
  const swiped: string[] = [];
  for (let turn = 0; !isOver(); turn += 1) {
    const again = swiped.length > 20 && (roll() < REPEATED || fresh.length === 0);
    const badge = again ? swiped[Math.floor(roll() * (swiped.length - 5))] : fresh.pop();
    if (badge === undefined) break;
    swiped.push(badge);
    // The reader stays when its agent is killed; what nobody reads meanwhile is lost as it would be in a canteen.
    await fetch(`http://127.0.0.1:${canteen.control}/swipe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ badge }),
    }).then((response) => response.body?.cancel());
    if (turn % 10 === 0) await noteShown(canteen, shown, counts);
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
}

/** Notes what the screen shows, and how many swipes its journal holds. */
async function noteShown(canteen: Canteen, shown: Set<string>, counts: Map<Canteen, number>): Promise<void> {
  const state = await screenState(canteen);
  if (state === null) return;
  counts.set(canteen, state.swipesTodayCount);
  if (state.lastSwipe !== null && state.lastSwipe.colour !== 'red') shown.add(state.lastSwipe.swipeId);
}

/** Copies everything in Redis, and puts it back as it was a second before: a lagging replica that was promoted. */
async function setRedisBack(url: string): Promise<void> {
  const redis = new Redis(url);
  const keys = await redis.keys('ledger:*');
  const copies = await Promise.all(keys.map(async (key) => [key, await redis.dumpBuffer(key)] as const));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const back = redis.multi().flushall();
  for (const [key, copy] of copies) if (copy !== null) back.restore(key, 0, copy);
  await back.exec();
  redis.disconnect();
}

async function flushRedis(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}

/** Everything told on the exchange from now on, in a queue of this test. */
async function listen(url: string): Promise<{ swipeIds: Set<string>; seqs: Set<string>; close(): Promise<void> }> {
  const told = { swipeIds: new Set<string>(), seqs: new Set<string>() };
  let isClosed = false;
  let current: Awaited<ReturnType<typeof connect>> | null = null;
  const attach = async (): Promise<void> => {
    const connection = await connect(url);
    current = connection;
    connection.on('error', () => {});
    connection.on('close', () => {
      // The broker is restarted once: the queue is durable, so nothing that was confirmed is missed.
      if (!isClosed) void eventually(() => attach().then(() => true), { withinMs: 60_000 });
    });
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    await channel.assertExchange(EVENTS_EXCHANGE, 'topic', { durable: true });
    await channel.assertQueue('test.books', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const key of ['ledger.transfer_posted.v1', 'attendance.meal_recorded.v1'])
      await channel.bindQueue('test.books', EVENTS_EXCHANGE, key);
    await channel.consume('test.books', (message) => {
      if (message === null) return;
      if (message.fields.routingKey.startsWith('ledger')) {
        const { shard, transfers } = TransferPosted.decode(message.content);
        for (const { seq } of transfers) told.seqs.add(`${shard}/${seq}`);
      } else {
        for (const { swipeId } of MealRecorded.decode(message.content).meals) told.swipeIds.add(swipeId);
      }
      channel.ack(message);
    });
  };
  await attach();
  return {
    ...told,
    async close() {
      isClosed = true;
      await current?.close();
    },
  };
}

function faultsOf(platform: FaultPlatform): (readonly [string, () => Promise<void>])[] {
  const crashes = [...platform.ledgers, ...platform.attendances, ...platform.canteens.map(({ agent }) => agent)].map(
    (part) => [`kill -9 ${part.name}`, () => part.crash()] as const,
  );
  return [
    ...crashes,
    ...crashes,
    ['Redis emptied', () => flushRedis(platform.redis.url)],
    ['Redis set back by a second', () => setRedisBack(platform.redis.url)],
    ['RabbitMQ restarted', () => platform.rabbit.restart()],
  ];
}

test(`the books agree after 5,000 swipes with every part killed, Redis emptied and set back, RabbitMQ restarted (seed ${seed})`, async () => {
  const roll = dice(seed);
  const platform = await startFaultPlatform(PUPILS);
  const told = await listen(platform.rabbit.url);
  const shown = new Set<string>();
  let faultsAreDone = false;
  const done: string[] = [];
  try {
    const counts = new Map<Canteen, number>();
    const isOver = () => faultsAreDone && [...counts.values()].reduce((sum, count) => sum + count, 0) >= SWIPES;
    const pumping = Promise.all(platform.canteens.map((canteen) => pump(canteen, roll, shown, counts, isOver)));
    const injecting = (async () => {
      for (const [name, inject] of faultsOf(platform).toSorted(() => roll() - 0.5)) {
        await new Promise((resolve) => setTimeout(resolve, 200 + roll() * 600));
        await inject();
        done.push(name);
      }
      faultsAreDone = true;
    })();
    await Promise.all([pumping, injecting]);
    await eventually(() => areAllAnswered(platform), { withinMs: 60_000 });
    await Promise.all(platform.canteens.map(({ agent }) => agent.stop()));

    const { swipeIds } = journalSwipes(platform);
    expect(swipeIds.length).toBeGreaterThanOrEqual(SWIPES);
    expect([...shown].filter((swipeId) => !swipeIds.includes(swipeId))).toEqual([]);
    expect(await differencesInBooks(platform, () => null)).toEqual([]);
    await eventuallyTold(platform, told);
  } catch (cause) {
    throw new Error(`with seed ${seed}, after: ${done.join(', ')}`, { cause });
  } finally {
    await told.close();
    await platform.close();
  }
}, 300_000);

async function areAllAnswered({ canteens }: FaultPlatform): Promise<boolean> {
  const states = await Promise.all(canteens.map(screenState));
  return states.every((state) => state?.unsentCount === 0);
}

/** Events may come late and twice, never not at all: every presence and every transfer is told. */
async function eventuallyTold(
  platform: FaultPlatform,
  told: { swipeIds: Set<string>; seqs: Set<string> },
): Promise<void> {
  const presences = await platform.databases.attendance.query('select swipe_id from presences');
  const transfers = await platform.databases.ledger.query(`select shard || '/' || seq as place from transfers`);
  const missing = () => ({
    presences: presences.rows.filter(({ swipe_id: swipeId }) => !told.swipeIds.has(swipeId)).length,
    transfers: transfers.rows.filter(({ place }) => !told.seqs.has(place)).length,
  });
  await eventually(() => missing().presences === 0 && missing().transfers === 0, { withinMs: 30_000 }).catch(() => {});
  expect(missing()).toEqual({ presences: 0, transfers: 0 });
}
