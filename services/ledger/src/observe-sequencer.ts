import { counter, gauge, histogram, type Logger } from '@campanella/service-kit';
import type { SequencerDeps } from './app/shard-sequencer.ts';

/** What operators see of the shards: commits, their size and time, recoveries and why, the queue. */
export function observeSequencer(
  logger: Logger,
  queueLength: () => number,
): Pick<SequencerDeps, 'onCommitted' | 'onRecovered'> {
  const commitSeconds = histogram('campanella_ledger_commit_seconds', 'Time of a commit in PostgreSQL');
  const commitRows = histogram(
    'campanella_ledger_commit_rows',
    'Rows of a commit',
    [],
    [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2000],
  );
  const recoveries = counter('campanella_ledger_recoveries_total', 'Recoveries of a shard, by what they did', ['how']);
  const queue = gauge('campanella_ledger_queue_length', 'Commands that wait to be decided');
  return {
    onCommitted(_shard, rowCount, seconds) {
      commitSeconds.observe(seconds);
      commitRows.observe(rowCount);
      queue.set(queueLength());
    },
    onRecovered(shard, how, cause) {
      recoveries.inc({ how });
      const reason = cause instanceof Error ? cause.message : String(cause);
      logger.info({ shard, how, reason }, 'shard recovered');
    },
  };
}
