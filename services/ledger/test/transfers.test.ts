import { AccountKind, RefusalKind, TransferKind } from '@campanella/proto/ledger/v1/ledger';
import { callUnary } from '@campanella/service-kit';
import { type Borrowed, type PrivateStore, privateDatabase, privateRedis, privateVhost } from '@campanella/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidV7 } from 'uuid';
import {
  faultsInBooks,
  kindOf,
  MEALS,
  MUNICIPALITY,
  meal,
  migrateLedger,
  openTown,
  type Replica,
  startReplica,
  type Town,
  topUp,
} from './running-ledger.ts';

let borrowed: Borrowed;
let vhost: Borrowed;
let redis: PrivateStore;
let replica: Replica;
let town: Town;

beforeAll(async () => {
  [borrowed, vhost, redis] = [await privateDatabase(), await privateVhost(), await privateRedis()];
  await migrateLedger(borrowed.url);
  replica = await startReplica({ postgresUrl: borrowed.url, redisUrl: redis.url, amqpUrl: vhost.url });
  town = await openTown([replica], borrowed.url, 40, 1_000);
}, 60_000);

/** Set by the one test that writes a balance by hand. */
let areBooksSpoiled = false;

afterEach(async () => {
  if (!areBooksSpoiled) expect(await faultsInBooks(town.database)).toEqual([]);
});

afterAll(async () => {
  await town.close();
  await replica.part.kill('SIGTERM');
  await Promise.all([borrowed.close(), vhost.close(), redis.close()]);
}, 60_000);

function household(index: number) {
  const account = town.households[index];
  if (account === undefined) throw new RangeError('the town has fewer households');
  return account;
}
const post = async (...transfers: Parameters<Town['client']['post']>[0]) =>
  (await town.client.post(transfers)).map(kindOf);
const refused = (kind: RefusalKind) => `refused ${kind}`;
const balanceOf = async (index: number) => {
  const { accountId } = household(index);
  const { accounts } = await callUnary(
    town.unary,
    'getBalances',
    { municipalityId: MUNICIPALITY, accountIds: [accountId] },
    { deadlineMs: 5_000 },
  );
  return accounts[0]?.balanceCents;
};

describe('a transfer', () => {
  test('sent twenty times at once is posted once, and every answer is the same', async () => {
    const one = topUp(town, household(0), 5_000);
    const outcomes = await Promise.all(Array.from({ length: 20 }, async () => (await town.client.post([one]))[0]));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(kindOf(outcomes[0])).toBe('accepted');
    expect(await balanceOf(0)).toBe(5_000);
  });

  test('under a known id with another content is refused, and says the amount it knows', async () => {
    const one = meal(town, household(1), 520);
    expect(await post(one)).toEqual(['accepted']);
    const [outcome] = await town.client.post([{ ...one, amountCents: 530 }]);
    expect(outcome?.outcome).toEqual({
      $case: 'refused',
      value: expect.objectContaining({ kind: RefusalKind.CONTENT_DIFFERS, knownAmountCents: 520 }),
    });
    expect(await post({ ...one, occurredAtMs: one.occurredAtMs - 60_000 })).toEqual(['accepted']);
    expect(await balanceOf(1)).toBe(-520);
  });

  test('past the limit is refused under any concurrency, and the refusal is kept for its id', async () => {
    const meals = Array.from({ length: 30 }, () => meal(town, household(2), 100));
    const kinds = (await Promise.all(meals.map((one) => post(one)))).flat();
    expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(10);
    expect(kinds.filter((kind) => kind === refused(RefusalKind.LIMIT_EXCEEDED))).toHaveLength(20);
    expect(await balanceOf(2)).toBe(-1_000);
    expect(await post(topUp(town, household(2), 10_000))).toEqual(['accepted']);
    expect(await Promise.all(meals.map(async (one) => (await post(one))[0]))).toEqual(kinds);
    expect(await balanceOf(2)).toBe(9_000);
  });

  test.each([
    ['zero', { amountCents: 0 }, RefusalKind.INVALID_AMOUNT],
    ['negative', { amountCents: -1 }, RefusalKind.INVALID_AMOUNT],
    ['above the bound', { amountCents: 100_000_001 }, RefusalKind.INVALID_AMOUNT],
    ['of an unknown account', { debitAccountId: 999_999_999 }, RefusalKind.UNKNOWN_ACCOUNT],
    ['of another municipality', { municipalityId: 2 }, RefusalKind.INVALID_ACCOUNTS],
    ['without a kind', { kind: TransferKind.UNSPECIFIED }, RefusalKind.INVALID_TRANSFER],
    ['with a malformed id', { transferId: 'not-an-id' }, RefusalKind.INVALID_TRANSFER],
    ['with an instant of 1970', { occurredAtMs: 0 }, RefusalKind.INVALID_TRANSFER],
    ['that is a reversal of nothing', { kind: TransferKind.REVERSAL }, RefusalKind.INVALID_REVERSAL],
  ])('%s is refused and changes nothing', async (_what, change, kind) => {
    expect(await post({ ...meal(town, household(3), 100), ...change })).toEqual([refused(kind)]);
    expect(await balanceOf(3)).toBe(0);
  });

  test('between an account and itself is refused', async () => {
    const one = meal(town, household(3), 100);
    expect(await post({ ...one, creditAccountId: one.debitAccountId })).toEqual([
      refused(RefusalKind.INVALID_ACCOUNTS),
    ]);
  });

  test('between households in opposite directions at once neither deadlocks nor loses a cent', async () => {
    await post(topUp(town, household(4), 10_000), topUp(town, household(5), 10_000));
    const between = (from: number, to: number) => ({
      ...meal(town, household(from), 10),
      creditAccountId: household(to).accountId,
    });
    const kinds = await Promise.all(
      Array.from({ length: 100 }, (_, n) => post(n % 2 === 0 ? between(4, 5) : between(5, 4))),
    );
    expect(new Set(kinds.flat())).toEqual(new Set(['accepted']));
    expect([await balanceOf(4), await balanceOf(5)]).toEqual([10_000, 10_000]);
  });
});

describe('a reversal', () => {
  const reversalOf = (one: ReturnType<typeof meal>, transferId = uuidV7()) => ({
    ...one,
    transferId,
    debitAccountId: one.creditAccountId,
    creditAccountId: one.debitAccountId,
    kind: TransferKind.REVERSAL,
    reverses: one.transferId,
  });

  test('cancels its transfer once, whoever asks at the same time', async () => {
    const one = meal(town, household(6), 500);
    await post(one);
    const kinds = (await Promise.all(Array.from({ length: 8 }, () => post(reversalOf(one))))).flat();
    expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === refused(RefusalKind.ALREADY_REVERSED))).toHaveLength(7);
    expect(await balanceOf(6)).toBe(0);
  });

  test('sent again has the same answer', async () => {
    const one = meal(town, household(7), 500);
    await post(one);
    const reversal = reversalOf(one);
    expect([await post(reversal), await post(reversal)]).toEqual([['accepted'], ['accepted']]);
    expect(await balanceOf(7)).toBe(0);
  });

  test('of a reversal, of nothing, or of another amount is refused', async () => {
    const one = meal(town, household(8), 500);
    const reversal = reversalOf(one);
    await post(one);
    await post(reversal);
    expect(await post(reversalOf(reversal))).toEqual([refused(RefusalKind.INVALID_REVERSAL)]);
    expect(await post({ ...reversalOf(one), amountCents: 400 })).toEqual([refused(RefusalKind.INVALID_REVERSAL)]);
    expect(await post(reversalOf(meal(town, household(8), 500)))).toEqual([refused(RefusalKind.INVALID_REVERSAL)]);
  });
});

describe('an account', () => {
  test('is opened once, whoever asks at the same time', async () => {
    const ownerId = uuidV7();
    const request = {
      municipalityId: MUNICIPALITY,
      kind: AccountKind.HOUSEHOLD,
      ownerId,
      service: MEALS,
      overdraftCents: 0,
    };
    const opened = await Promise.all(Array.from({ length: 10 }, () => town.client.openAccounts([request, request])));
    expect(new Set(opened.flat().map(({ accountId }) => accountId)).size).toBe(1);
  });

  test('takes a new limit in order with its transfers', async () => {
    const { accountId } = household(9);
    const setLimit = (overdraftCents: number, changeId = uuidV7()) =>
      callUnary(
        town.unary,
        'setOverdraftLimit',
        { municipalityId: MUNICIPALITY, accountId, overdraftCents, changeId },
        { deadlineMs: 5_000 },
      );
    expect(await post(meal(town, household(9), 1_500))).toEqual([refused(RefusalKind.LIMIT_EXCEEDED)]);
    expect((await setLimit(2_000)).account?.overdraftCents).toBe(2_000);
    expect(await post(meal(town, household(9), 1_500))).toEqual(['accepted']);
    await setLimit(0);
    expect(await post(meal(town, household(9), 1))).toEqual([refused(RefusalKind.LIMIT_EXCEEDED)]);
    expect(await balanceOf(9)).toBe(-1_500);
    await setLimit(2_000);
  });
});

test('a journal row cannot be edited', async () => {
  await post(meal(town, household(10), 100));
  await expect(town.database.query({ text: 'update transfers set amount_cents = 1' })).rejects.toThrow(/never edited/);
  await expect(town.database.query({ text: 'delete from transfers' })).rejects.toThrow(/never edited/);
});

test('a balance written by hand is found out at the next transfer', async () => {
  const { accountId } = household(11);
  await post(topUp(town, household(11), 1_000));
  areBooksSpoiled = true;
  await town.database.query({
    text: 'update accounts set balance_cents = balance_cents + 1 where account_id = $1',
    values: [accountId],
  });
  // The shard goes on from the rows as they are, and says so; the books show the difference to whoever checks them.
  expect(await post(meal(town, household(11), 100))).toEqual(['accepted']);
  const metrics = await (await fetch(`${replica.opsUrl}/metrics`)).text();
  expect(metrics).toMatch(/campanella_ledger_recoveries_total\{how="rebuilt"\} [2-9]/);
  expect(await faultsInBooks(town.database)).toContainEqual(expect.stringContaining(`balance of ${accountId}`));
});
