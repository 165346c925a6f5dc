import { type AccountId, cents, id, numberId, type TransferId } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import type { Answer, JournalEntry } from '../domain/answer.ts';
import type { Command, DecidedBatch, HotState, Journal, TransferCommand } from './ports.ts';
import { ShardSequencer } from './shard-sequencer.ts';

const COLD = numberId<AccountId>(2);

function command(transferId: string, household: number): TransferCommand {
  return {
    type: 'transfer',
    transfer: {
      transferId: id(transferId),
      municipalityId: numberId(1),
      debitAccountId: numberId<AccountId>(household),
      creditAccountId: numberId<AccountId>(9),
      amountCents: cents(100),
      kind: 'meal',
      reverses: null,
      occurredAtMs: Date.now(),
    },
    debitHousehold: numberId<AccountId>(household),
    creditHousehold: null,
    isRetry: false,
  };
}

/** Stores in memory, whose account 2 is cold and cannot be warmed the first time: a reading that no real server repeats at will. */
function stores() {
  const entries = new Map<TransferId, JournalEntry>();
  let position = { epoch: 1, lastSeq: 0, head: '0' };
  let hot = { epoch: 1, seq: 0, head: '0', windowFromMs: 0 };
  let pending: DecidedBatch[] = [];
  let isWarm = false;
  let warmings = 0;
  const commit = async (_epoch: number, batches: readonly DecidedBatch[]) => {
    for (const { transfers, firstSeq, lastSeq, previousHead, head } of batches) {
      if (firstSeq !== position.lastSeq + 1 || previousHead !== position.head) return 'fenced' as const;
      for (const row of transfers) {
        const { transfer } = command(row.transferId, row.debitAccountId);
        const accepted = {
          kind: 'accepted',
          seq: row.seq,
          debitBalanceAfterCents: null,
          creditBalanceAfterCents: null,
        } as const;
        entries.set(transfer.transferId, { kind: 'transfer', transfer, accepted, postedAtMs: 0 });
      }
      position = { ...position, lastSeq, head };
    }
    return 'committed' as const;
  };
  const journal: Journal = {
    commit: (_shard, epoch, batches) => commit(epoch, batches),
    withShardLocked: (_shard, work) => work(position, { commit, beginEpoch: async () => {} }),
    findEntries: async (_shard, ids) => new Map([...entries].filter(([transferId]) => ids.includes(transferId))),
    hasLimitChange: async () => false,
    isReversedByAnother: async () => false,
    loadColdAccounts: async (_shard, accountIds) =>
      accountIds.map((accountId) => ({ accountId, balanceCents: 0, overdraftCents: 1_000 })),
  };
  const hotState: HotState = {
    async decide(_shard, _epoch, _committedSeq, commands: readonly Command[]) {
      const decided = commands.flatMap((one) =>
        one.type === 'transfer' && (isWarm || one.debitHousehold !== COLD) ? [one.transfer] : [],
      );
      const verdicts = commands.map((one) =>
        one.type === 'transfer' && decided.includes(one.transfer)
          ? {
              kind: 'accepted' as const,
              seq: hot.seq + 1 + decided.indexOf(one.transfer),
              debitAfterCents: null,
              creditAfterCents: null,
            }
          : { kind: 'cold' as const },
      );
      if (decided.length === 0) return { kind: 'decided', verdicts, batch: null };
      const batch: DecidedBatch = {
        firstSeq: hot.seq + 1,
        lastSeq: hot.seq + decided.length,
        previousHead: hot.head,
        head: `head-${hot.seq + decided.length}`,
        transfers: decided.map((transfer, index) => ({
          ...transfer,
          seq: hot.seq + 1 + index,
          debitAfterCents: null,
          creditAfterCents: null,
        })),
        refusals: [],
        limit: null,
      };
      pending.push(batch);
      hot = { ...hot, seq: batch.lastSeq, head: batch.head };
      return { kind: 'decided', verdicts, batch };
    },
    async warm() {
      warmings += 1;
      if (warmings === 1) throw new Error('redis is away');
      isWarm = true;
      return true;
    },
    position: async () => hot,
    async pendingAfter(_shard, seq) {
      pending = pending.filter(({ lastSeq }) => lastSeq > seq);
      return pending;
    },
    reset: async () => {},
  };
  return { journal, hotState, entries };
}

test('a command decided beside one whose account could not be warmed is posted once and answered once', async () => {
  const { journal, hotState, entries } = stores();
  const sequencer = new ShardSequencer(0, {
    journal,
    hotState,
    clock: { now: () => new Date() },
    onRecovered: () => {},
    onCommitted: () => {},
  });
  const answers = new Map<string, Answer[]>();
  for (const one of [
    command('01980000-0000-7000-8000-000000000001', 1),
    command('01980000-0000-7000-8000-000000000002', COLD),
  ]) {
    const { transferId } = one.transfer;
    answers.set(transferId, []);
    sequencer.submit(one, (answer) => answers.get(transferId)?.push(answer));
  }
  await sequencer.drained();
  expect([...answers.values()].map((all) => all.map(({ kind }) => kind))).toEqual([['accepted'], ['accepted']]);
  expect(entries.size).toBe(2);
});
