import { type LedgerClient, openLedgerClient } from '@campanella/ledger-client';
import { type Account, TransferKind, type TransferOutcome } from '@campanella/proto/ledger/v1/ledger';
import { callUnary } from '@campanella/service-kit';
import { v7 as uuidV7 } from 'uuid';
import { logger, MUNICIPALITY, meal, type Replica, type Town, topUp } from './running-ledger.ts';

type Sent = ReturnType<typeof meal>;

const TICK_MS = 10;
const ANSWER_WITHIN_MS = 30_000;

/** Numbers from 0 to 1 that a seed gives again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a load sent and what it was told. */
export interface Recorded {
  readonly sent: ReadonlyMap<string, Sent>;
  /** Every answer to an id, in the order of arrival. */
  readonly answers: ReadonlyMap<string, readonly TransferOutcome[]>;
}

/**
 * Sends meals and top-ups of a seed for a while, one in twenty twice: by one client that knows both replicas and by one of each
 * replica, so that both decide on the same shard all the time. Reversals follow some of the meals.
 */
export async function runLoad(
  town: Town,
  replicas: readonly Replica[],
  options: { readonly random: () => number; readonly perSecond: number; readonly forMs: number },
): Promise<Recorded> {
  const { random, perSecond, forMs } = options;
  const single = replicas.map(({ address }) =>
    openLedgerClient({ addresses: [address], logger, deadlineMs: ANSWER_WITHIN_MS }),
  );
  const clients = [town.client, town.client, ...single];
  const sent = new Map<string, Sent>();
  const answers = new Map<string, TransferOutcome[]>();
  const recent: Sent[] = [];
  const reversible: Sent[] = [];
  const underWay: Promise<void>[] = [];
  const post = async (client: LedgerClient, transfers: readonly Sent[]) => {
    for (const outcome of await client.post(transfers)) {
      answers.get(outcome.transferId)?.push(outcome);
      const transfer = sent.get(outcome.transferId);
      // Only what is acknowledged can be reversed: before, the reversal is of nothing, and that answer is not kept.
      if (transfer?.kind === TransferKind.MEAL && outcome.outcome?.$case === 'accepted') reversible.push(transfer);
    }
  };
  const endAt = Date.now() + forMs;
  let owed = 0;
  while (Date.now() < endAt) {
    owed += (perSecond * TICK_MS) / 1000;
    const byClient = new Map<LedgerClient, Sent[]>();
    for (; owed >= 1; owed -= 1) {
      const transfer = nextTransfer(town, random, recent, reversible);
      if (!sent.has(transfer.transferId)) {
        sent.set(transfer.transferId, transfer);
        answers.set(transfer.transferId, []);
        recent.push(transfer);
        if (recent.length > 500) recent.shift();
      }
      const client = pick(clients, random);
      byClient.set(client, [...(byClient.get(client) ?? []), transfer]);
    }
    for (const [client, transfers] of byClient) underWay.push(post(client, transfers));
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(underWay);
  await Promise.all(single.map((client) => client.stop()));
  return { sent, answers };
}

function nextTransfer(town: Town, random: () => number, recent: readonly Sent[], reversible: readonly Sent[]): Sent {
  const what = random();
  if (what < 0.05 && recent.length > 0) return pick(recent, random);
  const household = pick(town.households, random);
  if (what < 0.08 && reversible.length > 0) return reversalOf(pick(reversible.slice(-40), random));
  if (what < 0.2) return topUp(town, household, 100 + Math.floor(random() * 3_000));
  return meal(town, household, 100 + Math.floor(random() * 700));
}

function reversalOf(one: Sent): Sent {
  return {
    ...one,
    transferId: uuidV7(),
    debitAccountId: one.creditAccountId,
    creditAccountId: one.debitAccountId,
    kind: TransferKind.REVERSAL,
    reverses: one.transferId,
    occurredAtMs: Date.now(),
  };
}

function pick<Value>(values: readonly Value[], random: () => number): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}

/** Reads all households' balances again and again until stopped; answers each account's balances as they were shown. */
export function watchBalances(town: Town): { stop(): Promise<Map<number, number[]>> } {
  const shown = new Map<number, number[]>();
  let isStopped = false;
  const accountIds = town.households.map(({ accountId }: Account) => accountId);
  const loop = (async () => {
    while (!isStopped) {
      const request = { municipalityId: MUNICIPALITY, accountIds };
      const read = await callUnary(town.unary, 'getBalances', request, { deadlineMs: 1_000 }).catch(() => null);
      for (const { accountId, balanceCents } of read?.accounts ?? []) {
        const balances = shown.get(accountId) ?? [];
        if (balances.at(-1) !== balanceCents) balances.push(balanceCents);
        shown.set(accountId, balances);
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await loop;
      return shown;
    },
  };
}
