import type { AccountId, Cents, MunicipalityId, TransferId } from '@campanella/vocabulary';
import type { Answer, JournalEntry } from '../domain/answer.ts';
import type { AccountFacts, AccountKind, KeptRefusal, Transfer } from '../domain/transfer.ts';

/** A transfer on its way through a shard. */
export interface TransferCommand {
  readonly type: 'transfer';
  readonly transfer: Transfer;
  /** The household debited, or null: only its limit is decided on. */
  readonly debitHousehold: AccountId | null;
  readonly creditHousehold: AccountId | null;
  /** The id may have been sent before: the journal is asked before anything is decided. */
  isRetry: boolean;
}

/** A new overdraft limit on its way through a shard, in order with the account's transfers. */
export interface LimitCommand {
  readonly type: 'limit';
  readonly changeId: TransferId;
  readonly accountId: AccountId;
  readonly overdraftCents: Cents;
  isRetry: boolean;
}

export type Command = TransferCommand | LimitCommand;

/** A decided transfer, as the journal takes it. */
export interface TransferRow {
  readonly seq: number;
  readonly transferId: string;
  readonly debitAccountId: number;
  readonly creditAccountId: number;
  readonly amountCents: number;
  readonly kind: string;
  readonly reverses: string | null;
  readonly occurredAtMs: number;
  readonly debitAfterCents: number | null;
  readonly creditAfterCents: number | null;
}

export interface RefusalRow {
  readonly seq: number;
  readonly transferId: string;
  readonly refusal: KeptRefusal;
}

export interface LimitRow {
  readonly seq: number;
  readonly changeId: string;
  readonly accountId: number;
  readonly overdraftCents: number;
}

/** A batch that the hot state has decided and the journal has not committed. It names its predecessor and itself. */
export interface DecidedBatch {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly previousHead: string;
  readonly head: string;
  readonly transfers: readonly TransferRow[];
  readonly refusals: readonly RefusalRow[];
  /** A change of limit is a batch of its own. */
  readonly limit: LimitRow | null;
}

/** What became of one command in the hot state. */
export type Verdict =
  | {
      readonly kind: 'accepted';
      readonly seq: number;
      readonly debitAfterCents: Cents | null;
      readonly creditAfterCents: Cents | null;
    }
  | { readonly kind: 'refused'; readonly refusal: KeptRefusal }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'cold' };

export type Decided =
  | { readonly kind: 'decided'; readonly verdicts: readonly Verdict[]; readonly batch: DecidedBatch | null }
  /** The hot state is gone, or of another epoch. */
  | { readonly kind: 'stale' };

export interface HotPosition {
  readonly epoch: number;
  readonly seq: number;
  readonly head: string;
  /** Since when every posted id is known here. */
  readonly windowFromMs: number;
}

export interface ColdAccount {
  readonly accountId: number;
  readonly balanceCents: number;
  readonly overdraftCents: number;
}

/** The hot state of the shards, in Redis. Everything rejects while it is away. */
export interface HotState {
  decide(shard: number, epoch: number, committedSeq: number, commands: readonly Command[]): Promise<Decided>;
  /** Answers whether the epoch still held. */
  warm(shard: number, epoch: number, accounts: readonly ColdAccount[]): Promise<boolean>;
  position(shard: number): Promise<HotPosition | null>;
  /** Decided batches after a seq, in order. */
  pendingAfter(shard: number, seq: number): Promise<DecidedBatch[]>;
  reset(shard: number, position: HotPosition): Promise<void>;
}

export interface JournalPosition {
  readonly epoch: number;
  readonly lastSeq: number;
  readonly head: string;
}

/** Why a commit was refused: it does not continue the chain, or the hot state is wrong. */
export type CommitRefusal = 'fenced' | 'diverged';

/** The journal of the shards, in PostgreSQL. Everything rejects while it is away. */
export interface Journal {
  /** Commits consecutive batches as one transaction. Rejects where the outcome is unknown. */
  commit(shard: number, epoch: number, batches: readonly DecidedBatch[]): Promise<'committed' | CommitRefusal>;
  /** Holds the shard's row, so that no commit runs, while `work` decides what to do; then commits what it did. */
  withShardLocked<Result>(
    shard: number,
    work: (position: JournalPosition, inside: LockedShard) => Promise<Result>,
  ): Promise<Result>;
  findEntries(shard: number, ids: readonly TransferId[]): Promise<Map<TransferId, JournalEntry>>;
  hasLimitChange(shard: number, changeId: TransferId): Promise<boolean>;
  /** Says whether a transfer is reversed under another id than the one given. */
  isReversedByAnother(shard: number, transferId: TransferId, reversalId: TransferId): Promise<boolean>;
  loadColdAccounts(shard: number, accountIds: readonly AccountId[]): Promise<ColdAccount[]>;
}

export interface LockedShard {
  commit(epoch: number, batches: readonly DecidedBatch[]): Promise<'committed' | CommitRefusal>;
  /** Begins a new epoch: whatever another epoch has decided can no longer commit. */
  beginEpoch(epoch: number): Promise<void>;
}

export interface OpenAccount {
  readonly municipalityId: MunicipalityId;
  readonly kind: AccountKind;
  readonly ownerId: string | null;
  readonly service: string;
  readonly overdraftCents: Cents;
}

export interface Account extends AccountFacts {
  readonly ownerId: string | null;
  readonly service: string;
  readonly overdraftCents: Cents;
  readonly balanceCents: Cents;
}

/** The accounts' own table. */
export interface Accounts {
  open(wanted: readonly OpenAccount[]): Promise<Account[]>;
  facts(accountIds: readonly AccountId[]): Promise<AccountFacts[]>;
  /** All in one snapshot. */
  read(municipalityId: MunicipalityId, accountIds: readonly AccountId[]): Promise<{ accounts: Account[]; asOf: Date }>;
  shardOf(municipalityId: MunicipalityId): Promise<number | null>;
}

export type Settle = (answer: Answer) => void;
