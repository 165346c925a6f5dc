import type { TransferId } from '@campanella/vocabulary';
import { type Answer, answerFromJournal, type JournalEntry } from '../domain/answer.ts';
import type { Command, Decided, DecidedBatch, HotState, Journal, Settle, Verdict } from './ports.ts';
import { CommitRefused, recoverShard } from './recover-shard.ts';

/** Most commands in one Lua call: more would hold up the whole Redis node. */
const DECIDE_MAX = 256;
/** Most rows in one commit. */
const COMMIT_ROWS_MAX = 2_000;
/** Most commands that wait for one shard; above it the answer is "unavailable". */
export const QUEUE_MAX = 20_000;
/** How long commands are held while a store is away, before they are answered "unavailable". */
const HOLD_MS = 3_000;
const RECOVERY_EVERY_MS = 20;
/** Terminals' clocks may be ahead of ours by so much. */
const CLOCK_MARGIN_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

interface Waiting {
  readonly command: Command;
  readonly settle: Settle;
  /** Redis knew the id and the journal did not, once already. */
  wasUnknown: boolean;
}

/** A batch between Redis and PostgreSQL: decided, not yet committed, not yet answered. */
interface Flight {
  readonly batch: DecidedBatch | null;
  readonly decided: readonly { readonly waiting: Waiting; readonly answer: Answer }[];
  /** Ids that Redis knows: their answer is read from the journal once everything before them is committed. */
  readonly duplicates: readonly Waiting[];
}

export interface SequencerDeps {
  readonly journal: Journal;
  readonly hotState: HotState;
  readonly clock: { now(): Date };
  /** Told of each recovery and what it did. */
  readonly onRecovered: (shard: number, how: 'continued' | 'rebuilt', cause: unknown) => void;
  readonly onCommitted: (shard: number, rowCount: number, seconds: number) => void;
}

/**
 * The one queue of a shard in this process: gathers commands into batches, has them decided in Redis, commits them in PostgreSQL, and
 * answers only then. At most one Lua call and one commit are under way; the next batch is decided while one is committed. There
 * is no timer: an idle shard takes a batch of one at once, a busy one lets batches grow by themselves.
 *
 * Any number of replicas may do this for one shard: the fence in the commit keeps them right, affinity of the callers keeps
 * them fast. Whatever goes wrong ends in {@link recoverShard}, after which unanswered commands are read from the journal or decided again.
 */
export class ShardSequencer {
  readonly #shard: number;
  readonly #deps: SequencerDeps;
  #queue: Waiting[] = [];
  #flights: Flight[] = [];
  #epoch: number | null = null;
  #committedSeq = 0;
  #windowFromMs = Number.POSITIVE_INFINITY;
  #isDeciding = false;
  #isCommitting = false;
  #failure: { cause: unknown } | null = { cause: 'start' };
  #committingFlights: readonly Flight[] = [];
  #isRecovering = false;
  #idle: (() => void)[] = [];

  constructor(shard: number, deps: SequencerDeps) {
    this.#shard = shard;
    this.#deps = deps;
  }

  /** How many commands wait to be decided. */
  get queueLength(): number {
    return this.#queue.length;
  }

  /** Queues a command; `settle` is called exactly once, when its answer is durable or it cannot be had. */
  submit(command: Command, settle: Settle): void {
    if (this.#queue.length >= QUEUE_MAX) {
      settle({ kind: 'unavailable', reason: 'the queue of the shard is full' });
      return;
    }
    this.#queue.push({ command, settle, wasUnknown: false });
    if (this.#queue.length === 1) setImmediate(() => this.#proceed());
  }

  /** Resolves when nothing is queued or under way. */
  async drained(): Promise<void> {
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Something waits to be decided, committed or answered. */
  #hasWork(): boolean {
    return this.#queue.length > 0 || this.#flights.length > 0 || this.#committingFlights.length > 0;
  }

  #isIdle(): boolean {
    return !this.#hasWork() && !this.#isDeciding && !this.#isCommitting && !this.#isRecovering;
  }

  #proceed(): void {
    if (this.#failure !== null) {
      if (!this.#isRecovering && !this.#isDeciding && !this.#isCommitting && this.#hasWork()) {
        void this.#recover();
      }
    } else {
      if (!this.#isCommitting && this.#flights.length > 0) void this.#commit();
      if (!this.#isDeciding && this.#queue.length > 0 && this.#mayDecide()) void this.#decide();
    }
    if (this.#idle.length > 0 && this.#isIdle()) {
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** At most one decided batch waits for the commit, unless the queue fills whole batches. */
  #mayDecide(): boolean {
    if (this.#flights.length === 0) return true;
    const waitingRows = this.#flights.reduce((sum, { batch }) => sum + rowCount(batch), 0);
    return this.#queue.length >= DECIDE_MAX && waitingRows + DECIDE_MAX <= COMMIT_ROWS_MAX;
  }

  async #decide(): Promise<void> {
    this.#isDeciding = true;
    let undecided = this.#gather();
    try {
      undecided = await this.#answerForgotten(undecided);
      if (undecided.length > 0) undecided = await this.#decideBatch(undecided);
      if (undecided.length > 0) await this.#warm(undecided, this.#epoch ?? 0);
    } catch (cause) {
      // Only these: what was decided is in a flight already, and must not be queued twice.
      this.#queue.unshift(...undecided);
      this.#fail(cause);
    }
    this.#isDeciding = false;
    this.#proceed();
  }

  /** Takes the next commands. A change of limit goes alone: it must not share a commit with what was decided under the old one. */
  #gather(): Waiting[] {
    const limitAt = this.#queue.slice(0, DECIDE_MAX).findIndex(({ command }) => command.type === 'limit');
    const count = limitAt < 0 ? DECIDE_MAX : Math.max(limitAt, 1);
    return this.#queue.splice(0, count);
  }

  /** Answers from the journal those whose id Redis may have forgotten; the rest is to be decided. */
  async #answerForgotten(gathered: readonly Waiting[]): Promise<Waiting[]> {
    const knownSinceMs = Math.max(this.#windowFromMs, startOfYesterday(this.#deps.clock.now())) + CLOCK_MARGIN_MS;
    const suspects = gathered.filter(
      ({ command }) =>
        command.isRetry ||
        command.type === 'limit' ||
        command.transfer.occurredAtMs < knownSinceMs ||
        command.transfer.reverses !== null,
    );
    if (suspects.length === 0) return [...gathered];
    const answered = await this.#answerFromJournal(suspects);
    return gathered.filter((waiting) => !answered.has(waiting));
  }

  /** Settles those whose id is in the journal, and answers which they were. */
  async #answerFromJournal(waitings: readonly Waiting[]): Promise<Set<Waiting>> {
    const { journal } = this.#deps;
    const answered = new Set<Waiting>();
    const transfers = waitings.flatMap(({ command }) => (command.type === 'transfer' ? [command.transfer] : []));
    const entries = await journal.findEntries(
      this.#shard,
      transfers.map(({ transferId }) => transferId),
    );
    for (const waiting of waitings) {
      const answer = await this.#findAnswer(waiting.command, entries);
      if (answer === null) continue;
      answered.add(waiting);
      waiting.settle(answer);
    }
    return answered;
  }

  async #findAnswer(command: Command, entries: ReadonlyMap<TransferId, JournalEntry>): Promise<Answer | null> {
    const { journal } = this.#deps;
    if (command.type === 'limit')
      return (await journal.hasLimitChange(this.#shard, command.changeId)) ? LIMIT_CHANGED : null;
    const { transferId, reverses } = command.transfer;
    const entry = entries.get(transferId);
    if (entry !== undefined) return answerFromJournal(entry, command.transfer);
    // Redis may have forgotten that another id has reversed the same transfer: deciding it again would diverge for ever.
    if (reverses === null || !(await journal.isReversedByAnother(this.#shard, reverses, transferId))) return null;
    return { kind: 'refused', refusal: { kind: 'already_reversed' } };
  }

  /** Has them decided; answers those that could not be, since their accounts are cold. */
  async #decideBatch(gathered: readonly Waiting[]): Promise<Waiting[]> {
    const { hotState } = this.#deps;
    const epoch = this.#epoch ?? 0;
    const commands = gathered.map(({ command }) => command);
    const decided = await hotState.decide(this.#shard, epoch, this.#committedSeq, commands);
    if (decided.kind === 'stale') throw new StaleHotState('the hot state is gone or of another epoch');
    return this.#takeFlight(gathered, decided);
  }

  /** Makes a flight of what was decided; answers the commands of cold accounts. */
  #takeFlight(gathered: readonly Waiting[], { verdicts, batch }: Decided & { kind: 'decided' }): Waiting[] {
    const decided: { waiting: Waiting; answer: Answer }[] = [];
    const duplicates: Waiting[] = [];
    const cold: Waiting[] = [];
    gathered.forEach((waiting, index) => {
      const verdict = verdicts[index];
      if (verdict === undefined || verdict.kind === 'cold') cold.push(waiting);
      else if (verdict.kind === 'duplicate') duplicates.push(waiting);
      else decided.push({ waiting, answer: toAnswer(verdict) });
    });
    if (decided.length > 0 || duplicates.length > 0) this.#flights.push({ batch, decided, duplicates });
    return cold;
  }

  /** Reads cold accounts' rows into the hot state and puts their commands back at the head of the queue. */
  async #warm(cold: readonly Waiting[], epoch: number): Promise<void> {
    const { journal, hotState } = this.#deps;
    const wanted = new Set(cold.flatMap(({ command }) => householdsOf(command)));
    const accounts = await journal.loadColdAccounts(this.#shard, [...wanted]);
    const found = new Set<number>(accounts.map(({ accountId }) => accountId));
    const isThere = ({ command }: Waiting) => householdsOf(command).every((accountId) => found.has(accountId));
    if (accounts.length > 0 && !(await hotState.warm(this.#shard, epoch, accounts))) {
      throw new StaleHotState('the epoch changed while accounts were read');
    }
    for (const { settle } of cold.filter((waiting) => !isThere(waiting))) {
      settle({ kind: 'refused', refusal: { kind: 'unknown_account' } });
    }
    this.#queue.unshift(...cold.filter(isThere));
  }

  async #commit(): Promise<void> {
    this.#isCommitting = true;
    const flights = this.#takeForCommit();
    this.#committingFlights = flights;
    const batches = flights.flatMap(({ batch }) => (batch === null ? [] : [batch]));
    try {
      const last = batches.at(-1);
      if (last !== undefined) {
        const startedAt = performance.now();
        const result = await this.#deps.journal.commit(this.#shard, this.#epoch ?? 0, batches);
        if (result !== 'committed') throw new CommitRefused(result);
        this.#committedSeq = last.lastSeq;
        const rows = batches.reduce((sum, batch) => sum + rowCount(batch), 0);
        this.#deps.onCommitted(this.#shard, rows, (performance.now() - startedAt) / 1000);
      }
      // Nothing may fail between the commit and these answers.
      for (const flight of flights) for (const { waiting, answer } of flight.decided) waiting.settle(answer);
      this.#committingFlights = flights.map(({ duplicates }) => ({ batch: null, decided: [], duplicates }));
      await this.#answerDuplicates(flights.flatMap(({ duplicates }) => duplicates));
      this.#committingFlights = [];
    } catch (cause) {
      this.#fail(cause);
    }
    this.#isCommitting = false;
    this.#proceed();
  }

  #takeForCommit(): Flight[] {
    const flights: Flight[] = [];
    let rows = 0;
    for (const flight of this.#flights) {
      const isAlone = flight.batch?.limit != null;
      if (
        flights.length > 0 &&
        (isAlone || flights[0]?.batch?.limit != null || rows + rowCount(flight.batch) > COMMIT_ROWS_MAX)
      )
        break;
      rows += rowCount(flight.batch);
      flights.push(flight);
    }
    this.#flights = this.#flights.slice(flights.length);
    return flights;
  }

  /** Everything that Redis had decided before these is committed, so the journal has their answer, or Redis remembers what never was. */
  async #answerDuplicates(duplicates: readonly Waiting[]): Promise<void> {
    if (duplicates.length === 0) return;
    const answered = await this.#answerFromJournal(duplicates);
    const unknown = duplicates.filter((waiting) => !answered.has(waiting));
    this.#committingFlights = [{ batch: null, decided: [], duplicates: unknown }];
    if (unknown.length === 0) return;
    // The first time they may be in a foreign batch that recovery will commit; the second time Redis remembers what never was.
    if (unknown.some(({ wasUnknown }) => wasUnknown)) throw new CommitRefused('diverged');
    for (const waiting of unknown) waiting.wasUnknown = true;
    throw new StaleHotState('redis knows ids that the journal does not');
  }

  #fail(cause: unknown): void {
    this.#failure ??= { cause };
  }

  /** Waits for the stores, recovers, and answers or requeues what was under way. */
  async #recover(): Promise<void> {
    this.#isRecovering = true;
    const cause = this.#failure?.cause;
    const unanswered = [...this.#committingFlights, ...this.#flights].flatMap((flight) => [
      ...flight.decided.map(({ waiting }) => waiting),
      ...flight.duplicates,
    ]);
    this.#committingFlights = [];
    this.#flights = [];
    for (const { command } of unanswered) command.isRetry = true;
    this.#queue.unshift(...unanswered);
    let mustRebuild = isDivergence(cause);
    const deadline = Date.now() + HOLD_MS;
    for (;;) {
      try {
        const { how, epoch, lastSeq, windowFromMs } = await recoverShard(this.#deps, this.#shard, mustRebuild);
        this.#epoch = epoch;
        this.#committedSeq = lastSeq;
        this.#windowFromMs = windowFromMs;
        this.#failure = null;
        this.#deps.onRecovered(this.#shard, how, cause);
        break;
      } catch (fault) {
        if (Date.now() > deadline) {
          const reason = fault instanceof Error ? fault.message : String(fault);
          for (const { settle } of this.#queue.splice(0)) settle({ kind: 'unavailable', reason });
          break;
        }
        mustRebuild = mustRebuild || isDivergence(fault);
        await new Promise((resolve) => setTimeout(resolve, RECOVERY_EVERY_MS));
      }
    }
    this.#isRecovering = false;
    this.#proceed();
  }
}

/** The hot state cannot decide for our epoch. */
class StaleHotState extends Error {}

function isDivergence(cause: unknown): boolean {
  return cause instanceof CommitRefused && cause.refusal === 'diverged';
}

const LIMIT_CHANGED: Answer = { kind: 'accepted', seq: 0, debitBalanceAfterCents: null, creditBalanceAfterCents: null };

function toAnswer(verdict: Exclude<Verdict, { kind: 'duplicate' | 'cold' }>): Answer {
  if (verdict.kind === 'refused') return verdict;
  const { seq, debitAfterCents, creditAfterCents } = verdict;
  return { kind: 'accepted', seq, debitBalanceAfterCents: debitAfterCents, creditBalanceAfterCents: creditAfterCents };
}

function householdsOf(command: Command) {
  if (command.type === 'limit') return [command.accountId];
  return [command.debitHousehold, command.creditHousehold].filter((accountId) => accountId !== null);
}

function rowCount(batch: DecidedBatch | null): number {
  return batch === null ? 0 : batch.lastSeq - batch.firstSeq + 1;
}

function startOfYesterday(now: Date): number {
  return (Math.floor(now.getTime() / DAY_MS) - 1) * DAY_MS;
}
