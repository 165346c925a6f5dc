import type { DecidedBatch, HotPosition, HotState, Journal, JournalPosition } from './ports.ts';

/** The journal refused a commit as a whole. */
export class CommitRefused extends Error {
  readonly refusal: 'fenced' | 'diverged';
  constructor(refusal: 'fenced' | 'diverged') {
    super(`the commit was ${refusal}`);
    this.refusal = refusal;
  }
}

export interface Recovered {
  /** Continued: what Redis had decided, by whomever, is committed. Rebuilt: a new epoch began with an empty hot state. */
  readonly how: 'continued' | 'rebuilt';
  readonly epoch: number;
  readonly lastSeq: number;
  readonly windowFromMs: number;
}

/**
 * Brings the hot state and the journal of a shard together; the one routine for every failure. While the shard's row is locked no
 * commit runs. Where Redis continues the committed chain, everything pending is committed here, own and foreign. Otherwise a new epoch
 * begins: what another epoch has decided can no longer commit, and Redis begins empty at the journal's position.
 *
 * Redis is read inside the transaction on purpose: the lock is what makes its position comparable.
 *
 * @throws while a store is away: call again
 */
export async function recoverShard(
  deps: { readonly journal: Journal; readonly hotState: HotState; readonly clock: { now(): Date } },
  shard: number,
  mustRebuild: boolean,
): Promise<Recovered> {
  const { journal, hotState, clock } = deps;
  const outcome = await journal.withShardLocked(shard, async (position, locked) => {
    const hot = await hotState.position(shard);
    if (!mustRebuild && hot !== null && hot.epoch === position.epoch) {
      const pending = await hotState.pendingAfter(shard, position.lastSeq);
      if (continuesChain(position, hot, pending)) {
        for (const batch of pending) {
          const result = await locked.commit(position.epoch, [batch]);
          if (result !== 'committed') throw new CommitRefused('diverged');
        }
        const lastSeq = pending.at(-1)?.lastSeq ?? position.lastSeq;
        return { how: 'continued', epoch: position.epoch, lastSeq, head: '', windowFromMs: hot.windowFromMs } as const;
      }
    }
    const epoch = Math.max(position.epoch, hot?.epoch ?? 0) + 1;
    await locked.beginEpoch(epoch);
    return { how: 'rebuilt', epoch, lastSeq: position.lastSeq, head: position.head } as const;
  });
  if (outcome.how === 'continued') return outcome;
  const { how, epoch, lastSeq, head } = outcome;
  // A shard without history has forgotten nothing.
  const windowFromMs = lastSeq === 0 ? 0 : clock.now().getTime();
  await hotState.reset(shard, { epoch, seq: lastSeq, head, windowFromMs });
  return { how, epoch, lastSeq, windowFromMs };
}

/** Says whether what Redis holds is the committed chain, whole and carried on: by heads, since a number proves position and not identity. */
export function continuesChain(position: JournalPosition, hot: HotPosition, pending: readonly DecidedBatch[]): boolean {
  let { lastSeq, head } = position;
  for (const batch of pending) {
    if (batch.firstSeq !== lastSeq + 1 || batch.previousHead !== head) return false;
    ({ lastSeq, head } = batch);
  }
  // Redis may have decided on since its position was read.
  return pending.length === 0 ? hot.seq === lastSeq && hot.head === head : lastSeq >= hot.seq;
}
