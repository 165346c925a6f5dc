import { eventually } from '@campanella/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { send } from './browser.ts';
import { type Shore, startShore } from './shore.ts';

const PERSON_LIMIT = 5;

let shore: Shore;
let redis: Redis;

beforeAll(async () => {
  // One proxy is trusted, so that a test can come from any address.
  shore = await startShore({
    PERSON_LIMIT: `${PERSON_LIMIT}`,
    API_LIMIT: '20',
    SIGN_IN_LIMIT: '3',
    TRUSTED_PROXY_HOPS: '1',
  });
  redis = new Redis(shore.redis.url);
}, 60_000);
afterAll(async () => {
  redis.disconnect();
  await shore.close();
});
beforeEach(async () => {
  for (const key of await redis.keys('gateway:limit:*')) await redis.del(key);
});

const from = (address: string, path: string, cookie = '') =>
  send(`${shore.url}${path}`, { headers: { 'x-forwarded-for': address, ...(cookie === '' ? {} : { cookie }) } });
const statuses = async (requests: readonly (() => ReturnType<typeof send>)[]) => {
  const seen: number[] = [];
  for (const request of requests) seen.push((await request()).status);
  return seen;
};

test('a person is limited across addresses, and nobody else with them', async () => {
  const [one, other] = [await shore.person(), await shore.person()];
  const asked = Array.from({ length: PERSON_LIMIT + 1 }, (_, index) => `198.51.100.${index + 1}`);
  expect(await statuses(asked.map((address) => () => from(address, '/api/ledger/x', one.cookie)))).toEqual([
    ...Array(PERSON_LIMIT).fill(200),
    429,
  ]);
  expect((await from('198.51.100.1', '/api/ledger/x', other.cookie)).status).toBe(200);
});

test('a person is limited across devices: two sessions of theirs have one limit', async () => {
  const personId = '01938f00-0000-7000-8000-0000000000aa';
  const devices = [await shore.person(personId), await shore.person(personId)];
  const asked = Array.from({ length: PERSON_LIMIT + 1 }, (_, index) => devices[index % 2]?.cookie ?? '');
  const seen = await statuses(asked.map((cookie, index) => () => from(`198.51.100.${index}`, '/api/ledger/x', cookie)));
  expect(seen.at(-1)).toBe(429);
});

test('an address is limited across persons, says when to come again, and calls no service', async () => {
  const cookies = await Promise.all(Array.from({ length: 21 }, async () => (await shore.person()).cookie));
  shore.ledger.received.length = 0;
  const seen = await statuses(cookies.map((cookie) => () => from('203.0.113.9', '/api/ledger/x', cookie)));
  expect(seen).toEqual([...Array(20).fill(200), 429]);
  expect(shore.ledger.received).toHaveLength(20);
  const refused = await from('203.0.113.9', '/api/session');
  expect([refused.status, refused.json()['kind']]).toEqual([429, 'too_many_requests']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await from('203.0.113.10', '/api/session')).status).toBe(200);
});

test('one household of IPv6 is one address', async () => {
  const asked = Array.from({ length: 4 }, (_, index) => `2001:db8:1:1:${index}::1`);
  expect(await statuses(asked.map((address) => () => from(address, '/login/spid')))).toEqual([303, 303, 303, 429]);
});

test('an address cannot pretend to be another one behind the trusted proxy', async () => {
  const asked = Array.from({ length: 4 }, (_, index) => `10.0.0.${index}, 203.0.113.77`);
  expect((await statuses(asked.map((address) => () => from(address, '/login/spid')))).at(-1)).toBe(429);
});

test('while Redis cannot count, data can be read and nobody can try to sign in', async () => {
  const { cookie } = await shore.person();
  // A Redis that is full still reads sessions and refuses every count.
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
  await redis.config('SET', 'maxmemory', '1');
  try {
    await eventually(async () => (await from('203.0.113.20', '/login/spid')).status === 503, { withinMs: 5_000 });
    const many = Array.from({ length: 30 }, () => () => from('203.0.113.20', '/api/ledger/x', cookie));
    expect(new Set(await statuses(many))).toEqual(new Set([200]));
    const signIn = await from('203.0.113.20', '/login/spid');
    expect([signIn.status, signIn.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
  } finally {
    await redis.config('SET', 'maxmemory', '0');
  }
  expect((await from('203.0.113.20', '/login/spid')).status).toBe(303);
});
