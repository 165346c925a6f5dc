import {
  type Borrowed,
  type PrivateStore,
  privateDatabase,
  privateRedis,
  privateVhost,
  type TestIdentity,
  testIdentity,
} from '@campanella/testkit';
import { id, type MunicipalityId, numberId, type PupilId } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { v7 as uuidV7 } from 'uuid';
import {
  kindOf,
  meal,
  migrateLedger,
  openTown,
  type Replica,
  startReplica,
  type Town,
  topUp,
} from './running-ledger.ts';

interface Movement {
  readonly serviceDate: string;
  readonly amountCents: number;
  readonly balanceAfterCents: number;
}

interface Page {
  readonly openingBalanceCents: number;
  readonly closingBalanceCents: number;
  readonly currentBalanceCents: number;
  readonly movements: readonly Movement[];
  readonly nextCursor: string | null;
}

let borrowed: Borrowed;
let vhost: Borrowed;
let redis: PrivateStore;
let identity: TestIdentity;
let replica: Replica;
let town: Town;

beforeAll(async () => {
  [borrowed, vhost, redis, identity] = [
    await privateDatabase(),
    await privateVhost(),
    await privateRedis(),
    await testIdentity(),
  ];
  await migrateLedger(borrowed.url);
  const { jwksUrl } = identity;
  replica = await startReplica({ postgresUrl: borrowed.url, redisUrl: redis.url, amqpUrl: vhost.url, jwksUrl });
  town = await openTown([replica], borrowed.url, 3, 1_000);
  const [first] = town.households;
  if (first === undefined) throw new Error('no household');
  const noon = (day: string) => Date.parse(`${day}T11:00:00Z`);
  const days = ['2026-10-30', '2026-11-02', '2026-11-03', '2026-11-04', '2026-11-05', '2026-11-06', '2026-12-01'];
  const outcomes = await town.client.post([
    { ...topUp(town, first, 5_000), occurredAtMs: noon('2026-10-29') },
    ...days.map((day) => meal(town, first, 520, uuidV7(), noon(day))),
    // The last half hour of November in Rome, and the first of December, though UTC says November for both.
    meal(town, first, 10, uuidV7(), Date.parse('2026-11-30T22:30:00Z')),
    meal(town, first, 20, uuidV7(), Date.parse('2026-11-30T23:30:00Z')),
    // Comes in last and happened first: an offline terminal.
    meal(town, first, 520, uuidV7(), noon('2026-11-02')),
  ]);
  expect(new Set(outcomes.map(kindOf))).toEqual(new Set(['accepted']));
}, 60_000);

afterAll(async () => {
  await town?.close();
  await replica?.part.kill('SIGTERM');
  await identity?.close();
  await Promise.all([borrowed?.close(), vhost?.close(), redis?.close()]);
}, 60_000);

const pupilOf = (index: number) => id<PupilId>(town.households[index]?.ownerId ?? '');

async function get(path: string, pupilIds: readonly PupilId[] | null, municipality = 1): Promise<Response> {
  const headers: Record<string, string> = {};
  if (pupilIds !== null) {
    const municipalityId = numberId<MunicipalityId>(municipality);
    headers['authorization'] = `Bearer ${await identity.tokenFor({ municipalityId, role: 'guardian', pupilIds })}`;
  }
  return fetch(`${replica.httpUrl}${path}`, { headers });
}

const statementPath = (pupilId: string, from: string, to: string, more = '') =>
  `/api/ledger/pupils/${pupilId}/statement?service=school_meals&from=${from}&to=${to}${more}`;

async function readPages(from: string, to: string, limit: number): Promise<Page[]> {
  const pages: Page[] = [];
  let cursor: string | null = null;
  do {
    const more: string = `&limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`;
    const response = await get(statementPath(pupilOf(0), from, to, more), [pupilOf(0)]);
    expect(response.status).toBe(200);
    const page: Page = JSON.parse(await response.text());
    pages.push(page);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return pages;
}

test.each([1, 2, 3, 100])('a statement adds up over pages of %d', async (limit) => {
  const pages = await readPages('2026-11-01', '2026-11-30', limit);
  const movements = pages.flatMap((page) => page.movements);
  expect(movements.map(({ serviceDate }) => serviceDate)).toEqual([
    ...['2026-11-02', '2026-11-02', '2026-11-03', '2026-11-04', '2026-11-05', '2026-11-06', '2026-11-30'],
  ]);
  for (const { openingBalanceCents, closingBalanceCents, currentBalanceCents } of pages) {
    expect({ openingBalanceCents, closingBalanceCents, currentBalanceCents }).toEqual({
      openingBalanceCents: 4_480,
      closingBalanceCents: 4_480 - 6 * 520 - 10,
      currentBalanceCents: 5_000 - 8 * 520 - 30,
    });
  }
  let balance = 4_480;
  for (const { amountCents, balanceAfterCents } of movements) {
    balance += amountCents;
    expect(balanceAfterCents).toBe(balance);
  }
  expect(balance).toBe(pages[0]?.closingBalanceCents);
});

test('one month closes where the next opens', async () => {
  const [november] = await readPages('2026-11-01', '2026-11-30', 100);
  const [december] = await readPages('2026-12-01', '2026-12-31', 100);
  expect(december?.openingBalanceCents).toBe(november?.closingBalanceCents);
  expect(december?.movements.map(({ amountCents }) => amountCents)).toEqual([-20, -520]);
});

test('a pupil who is not yours is a pupil who does not exist, byte for byte', async () => {
  const asked = [
    await get(statementPath(pupilOf(1), '2026-11-01', '2026-11-30'), [pupilOf(0)]),
    await get(statementPath(uuidV7(), '2026-11-01', '2026-11-30'), [pupilOf(0)]),
    await get(statementPath('x', '2026-11-30', '2026-11-01'), [pupilOf(0)]),
  ];
  expect(asked.map(({ status }) => status)).toEqual([404, 404, 404]);
  const bodies = await Promise.all(asked.map((response) => response.text()));
  expect(new Set(bodies).size).toBe(1);
  expect(JSON.parse(bodies[0] ?? '')).toEqual({
    type: 'about:blank',
    title: "Consultazione non possibile, verificare il codice fiscale dell'utente",
    status: 404,
    kind: 'not_found',
  });
});

test('a pupil of another municipality has nothing here', async () => {
  const response = await get(statementPath(pupilOf(0), '2026-11-01', '2026-11-30'), [pupilOf(0)], 2);
  expect(await response.json()).toMatchObject({ currentBalanceCents: 0, movements: [] });
});

test.each([
  ['an inverted range', '2026-11-30', '2026-11-01', 'inverted_range'],
  ['more than three years', '2020-01-01', '2026-01-01', 'range_too_long'],
  ['a day that is none', '2026-02-30', '2026-03-30', 'invalid_day'],
])('%s is 422', async (_what, from, to, kind) => {
  const response = await get(statementPath(pupilOf(0), from, to), [pupilOf(0)]);
  expect(response.status).toBe(422);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await response.json()).toMatchObject({ kind });
});

test.each(['&cursor=1', '&cursor=a.b', '&limit=0', '&limit=101'])('%s is 422', async (more) => {
  const response = await get(statementPath(pupilOf(0), '2026-11-01', '2026-11-30', more), [pupilOf(0)]);
  expect(response.status).toBe(422);
});

test('balances are those of the caller’s pupils', async () => {
  const response = await get('/api/ledger/balances', [pupilOf(0), pupilOf(1)]);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const { accounts } = JSON.parse(await response.text());
  expect(accounts).toHaveLength(2);
  expect(accounts).toContainEqual({
    pupilId: pupilOf(0),
    service: 'school_meals',
    balanceCents: 5_000 - 8 * 520 - 30,
    overdraftCents: 1_000,
  });
  expect(await (await get('/api/ledger/balances', [])).json()).toMatchObject({ accounts: [] });
});

test('without a token there is nothing', async () => {
  expect((await get('/api/ledger/balances', null)).status).toBe(401);
});
