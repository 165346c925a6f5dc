import type { AccountId, Cents, MunicipalityId, TransferId } from '@campanella/vocabulary';
import type { Answer } from '../domain/answer.ts';
import {
  type AccountFacts,
  checkReversal,
  checkTransfer,
  type Transfer,
  type TransferAccounts,
} from '../domain/transfer.ts';
import type { AccountMemory } from './account-memory.ts';
import type { Accounts, Command, Journal, Settle } from './ports.ts';
import { type SequencerDeps, ShardSequencer } from './shard-sequencer.ts';

export interface PostingDeps extends SequencerDeps {
  readonly memory: AccountMemory;
  readonly accounts: Accounts;
}

export interface AskedTransfer {
  readonly transfer: Transfer;
  /** The originator has sent it before, or may have. */
  readonly isRetry: boolean;
}

/** Where money moves: takes transfers, brings each to its shard, answers each once. */
export class Posting {
  readonly #deps: PostingDeps;
  readonly #shards = new Map<number, ShardSequencer>();

  constructor(deps: PostingDeps) {
    this.#deps = deps;
  }

  /** How many commands wait, over all shards. */
  get queueLength(): number {
    let sum = 0;
    for (const shard of this.#shards.values()) sum += shard.queueLength;
    return sum;
  }

  /**
   * Posts transfers. `settle` is called once for each, in any order, when its answer is durable; refusals of the request itself come
   * at once. The order of one account's transfers is the order of the list.
   */
  async post(asked: readonly AskedTransfer[], settle: (index: number, answer: Answer) => void): Promise<void> {
    const { memory } = this.#deps;
    const isKnown = ({ transfer }: AskedTransfer) =>
      memory.get(transfer.debitAccountId) !== undefined && memory.get(transfer.creditAccountId) !== undefined;
    if (!asked.every(isKnown)) {
      try {
        await memory.load(asked.flatMap(({ transfer }) => [transfer.debitAccountId, transfer.creditAccountId]));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        asked.forEach((_one, index) => {
          settle(index, { kind: 'unavailable', reason });
        });
        return;
      }
    }
    asked.forEach((one, index) => {
      this.#postOne(one, (answer) => settle(index, answer));
    });
  }

  /** Sets how far an account may go below zero, in order with its transfers; idempotent by the change's id. */
  setOverdraftLimit(account: AccountFacts, changeId: TransferId, overdraftCents: Cents): Promise<Answer> {
    const { accountId, shard } = account;
    const command: Command = { type: 'limit', changeId, accountId, overdraftCents, isRetry: true };
    return new Promise((resolve) => this.#shard(shard).submit(command, resolve));
  }

  /** Resolves when nothing is queued or under way. */
  async drained(): Promise<void> {
    await Promise.all([...this.#shards.values()].map((shard) => shard.drained()));
  }

  #postOne({ transfer, isRetry }: AskedTransfer, settle: Settle): void {
    const { memory } = this.#deps;
    const checked = checkTransfer(transfer, memory.get(transfer.debitAccountId), memory.get(transfer.creditAccountId));
    if (!checked.ok) settle({ kind: 'refused', refusal: checked.refusal });
    else if (transfer.reverses === null) this.#submit(transfer, checked.value, isRetry, settle);
    else void this.#postReversal(transfer, transfer.reverses, checked.value, settle);
  }

  /** A reversal is checked against what it cancels before it is queued; that it is the only one is decided in its shard. */
  async #postReversal(
    transfer: Transfer,
    reverses: TransferId,
    accounts: TransferAccounts,
    settle: Settle,
  ): Promise<void> {
    const { journal } = this.#deps;
    const { shard } = accounts.debit;
    try {
      const original = (await journal.findEntries(shard, [reverses])).get(reverses);
      const checked = checkReversal(transfer, original?.kind === 'transfer' ? original.transfer : null);
      if (!checked.ok) settle({ kind: 'refused', refusal: checked.refusal });
      else await this.#submitReversal(journal, transfer, reverses, accounts, settle);
    } catch (cause) {
      settle({ kind: 'unavailable', reason: cause instanceof Error ? cause.message : String(cause) });
    }
  }

  async #submitReversal(
    journal: Journal,
    transfer: Transfer,
    reverses: TransferId,
    accounts: TransferAccounts,
    settle: Settle,
  ): Promise<void> {
    const { transferId } = transfer;
    const earlier = (await journal.findEntries(accounts.debit.shard, [transferId])).get(transferId);
    // Redis may have forgotten that the transfer is reversed already under another id; the journal has not.
    if (earlier === undefined && (await journal.isReversedByAnother(accounts.debit.shard, reverses, transferId))) {
      settle({ kind: 'refused', refusal: { kind: 'already_reversed' } });
      return;
    }
    this.#submit(transfer, accounts, true, settle);
  }

  #submit(transfer: Transfer, { debit, credit }: TransferAccounts, isRetry: boolean, settle: Settle): void {
    const command: Command = {
      type: 'transfer',
      transfer,
      debitHousehold: householdOf(debit),
      creditHousehold: householdOf(credit),
      isRetry,
    };
    this.#shard(debit.shard).submit(command, settle);
  }

  #shard(shard: number): ShardSequencer {
    let sequencer = this.#shards.get(shard);
    if (sequencer === undefined) {
      sequencer = new ShardSequencer(shard, this.#deps);
      this.#shards.set(shard, sequencer);
    }
    return sequencer;
  }
}

function householdOf(account: AccountFacts): AccountId | null {
  return account.kind === 'household' ? account.accountId : null;
}

/** The accounts of a municipality that a caller named, for calls that concern accounts and not transfers. */
export async function findAccount(
  memory: AccountMemory,
  municipalityId: MunicipalityId,
  accountId: AccountId,
): Promise<AccountFacts | null> {
  await memory.load([accountId]);
  const account = memory.get(accountId);
  return account === undefined || account.municipalityId !== municipalityId ? null : account;
}
