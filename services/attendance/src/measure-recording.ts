import { counter, histogram } from '@campanella/service-kit';
import type { ReceivedSwipe, SwipeAnswer } from './app/record-swipes.ts';

type Record = (batch: readonly ReceivedSwipe[]) => Promise<readonly (SwipeAnswer | null)[]>;

/** Counts what becomes of swipes and how long a micro-batch takes. */
export function measureRecording(record: Record): Record {
  const seconds = histogram('campanella_attendance_batch_seconds', 'Time to record one micro-batch of swipes', []);
  const swipes = counter('campanella_attendance_swipes_total', 'Swipes by what became of them', ['outcome']);
  const undecided = counter('campanella_attendance_undecided_total', 'Swipes put back because a store was away', []);
  return async (batch) => {
    const stopTimer = seconds.startTimer();
    try {
      const answers = await record(batch);
      const counts = new Map<SwipeAnswer | null, number>();
      for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
      for (const [outcome, count] of counts) {
        if (outcome === null) undecided.inc(count);
        else swipes.inc({ outcome }, count);
      }
      return answers;
    } catch (fault) {
      undecided.inc(batch.length);
      throw fault;
    } finally {
      stopTimer();
    }
  };
}
