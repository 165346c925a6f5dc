import { createLogger } from '@campanella/service-kit';
import { privateRedis } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SESSION_IDLE_MS, SESSION_LONGEST_MS, type Session } from '../src/domain/session.ts';
import { openRedis } from '../src/store/redis.ts';
import { redisLimits } from '../src/store/redis-limits.ts';
import { redisSessions } from '../src/store/redis-sessions.ts';

const NOW = new Date('2026-11-23T08:00:00Z');
const SESSION: Session = {
  municipalityId: 1,
  personId: '01938f00-0000-7000-8000-0000000000aa',
  displayName: 'Aurora Esempio',
  signInId: '01938f00-0000-7000-8000-0000000000bb',
  csrfToken: 'csrf',
  endsAt: new Date(NOW.getTime() + SESSION_LONGEST_MS),
};
let store: Awaited<ReturnType<typeof privateRedis>>;
let connection: ReturnType<typeof openRedis>;

beforeAll(async () => {
  store = await privateRedis();
  connection = openRedis(store.url, createLogger({ service: 'gateway', level: 'error' }));
  await connection.start();
});
afterAll(async () => {
  await connection.stop();
  await store.close();
});

test('a session is found by its id, by another gateway too, until it is closed', async () => {
  const [one, other] = [redisSessions(connection.redis), redisSessions(connection.redis)];
  const id = await one.open(SESSION);
  expect(await other.find(id, NOW)).toEqual(SESSION);
  await other.close(id);
  await other.close(id);
  expect(await one.find(id, NOW)).toBeNull();
});

test('a copy of Redis opens no session', async () => {
  const id = await redisSessions(connection.redis).open(SESSION);
  const keys = await connection.redis.keys('*');
  const values = await Promise.all(keys.map((key) => connection.redis.get(key)));
  expect(`${keys} ${values}`).not.toContain(id);
});

test('half an hour without a request ends a session; each look renews it', async () => {
  await connection.redis.flushall();
  const sessions = redisSessions(connection.redis);
  const id = await sessions.open(SESSION);
  const [key = ''] = await connection.redis.keys('gateway:session:*');
  expect(await connection.redis.pttl(key)).toBeLessThanOrEqual(SESSION_IDLE_MS);
  await connection.redis.pexpire(key, 10_000);
  await sessions.find(id, NOW);
  expect(await connection.redis.pttl(key)).toBeGreaterThan(SESSION_IDLE_MS - 10_000);
});

test('eight hours after sign-in a session ends, however busy it is, and Redis forgets it by then', async () => {
  await connection.redis.flushall();
  const sessions = redisSessions(connection.redis);
  const id = await sessions.open(SESSION);
  const [key = ''] = await connection.redis.keys('gateway:session:*');
  expect(await sessions.find(id, new Date(SESSION.endsAt.getTime() - 1_000))).not.toBeNull();
  expect(await connection.redis.pttl(key)).toBeLessThanOrEqual(1_000);
  const other = await sessions.open(SESSION);
  expect(await sessions.find(other, SESSION.endsAt)).toBeNull();
  expect(await connection.redis.keys(`gateway:session:*`)).toEqual([key]);
});

test('signing out everywhere ends every session of the person, and of nobody else', async () => {
  const [one, other] = [redisSessions(connection.redis), redisSessions(connection.redis)];
  const ids = [await one.open(SESSION), await other.open(SESSION), await one.open(SESSION)];
  const elsewhere = await one.open({ ...SESSION, municipalityId: 2 });
  const somebody = await one.open({ ...SESSION, personId: '01938f00-0000-7000-8000-0000000000cc' });
  await other.closeAll(SESSION.municipalityId, SESSION.personId);
  await other.closeAll(SESSION.municipalityId, SESSION.personId);
  for (const id of ids) expect(await one.find(id, NOW)).toBeNull();
  for (const id of [elsewhere, somebody]) expect(await one.find(id, NOW)).not.toBeNull();
  expect(await one.find(await one.open(SESSION), NOW)).toEqual(SESSION);
  for (const id of ids) expect(await one.find(id, NOW)).toBeNull();
});

test('of sessions that open while their person signs out everywhere, none that was there before stays', async () => {
  const sessions = redisSessions(connection.redis);
  const open = () => Promise.all(Array.from({ length: 20 }, () => sessions.open(SESSION)));
  const before = await open();
  const [, during] = await Promise.all([sessions.closeAll(SESSION.municipalityId, SESSION.personId), open()]);
  for (const id of before) expect(await sessions.find(id, NOW)).toBeNull();
  await sessions.closeAll(SESSION.municipalityId, SESSION.personId);
  for (const id of during) expect(await sessions.find(id, NOW)).toBeNull();
});

test('a session that signing out everywhere could not find any more is no session', async () => {
  const sessions = redisSessions(connection.redis);
  const id = await sessions.open(SESSION);
  for (const key of await connection.redis.keys('gateway:person:*')) await connection.redis.del(key);
  expect(await sessions.find(id, NOW)).toBeNull();
});

test('what is kept of a person is one key, which outlives the longest session and no more', async () => {
  await connection.redis.flushall();
  const sessions = redisSessions(connection.redis);
  for (const _ of Array.from({ length: 50 })) await sessions.open(SESSION);
  const keys = await connection.redis.keys('gateway:person:*');
  expect(keys).toHaveLength(1);
  const [key = ''] = keys;
  await connection.redis.pexpire(key, 1_000);
  await sessions.open(SESSION);
  const leftMs = await connection.redis.pttl(key);
  expect(leftMs).toBeGreaterThan(SESSION_LONGEST_MS - 60_000);
  expect(leftMs).toBeLessThanOrEqual(SESSION_LONGEST_MS);
});

test('a session in a form that this gateway does not know is none', async () => {
  const sessions = redisSessions(connection.redis);
  const id = await sessions.open(SESSION);
  for (const text of ['{"v":99}', 'no JSON', '[1]', '{"owner":1,"endsAtMs":"x"}']) {
    for (const key of await connection.redis.keys('gateway:session:*')) await connection.redis.set(key, text);
    expect(await sessions.find(id, NOW)).toBeNull();
  }
});

test('a count starts a window that further requests do not extend', async () => {
  const limits = redisLimits(connection.redis, 'test', 60_000);
  const first = await limits.increment('127.0.0.1');
  const second = await limits.increment('127.0.0.1');
  expect([first.totalHits, second.totalHits]).toEqual([1, 2]);
  expect(Number(second.resetTime)).toBeLessThanOrEqual(Number(first.resetTime) + 50);
  expect((await limits.increment('127.0.0.2')).totalHits).toBe(1);
});
