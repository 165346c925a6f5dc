import { id, numberId } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import type { ReceivedSwipe, SwipeAnswer } from './record-swipes.ts';
import { type AnsweredSwipe, swipeGatherer } from './swipe-gatherer.ts';

function swipes(terminal: number, count: number): ReceivedSwipe[] {
  const last = String(terminal).padStart(12, '0');
  return Array.from({ length: count }, (_, index) => ({
    terminal: {
      municipalityId: numberId(1),
      terminalId: id(`01900000-0000-7000-8000-${last}`),
      schoolId: id('01900000-0000-7000-8000-0000000000bb'),
      name: 'cassa',
    },
    raw: { swipeId: `${terminal}/${index}`, badgeNumber: '', occurredAtMs: 1, serviceDate: '', service: '' },
  }));
}

const recorded = (batch: readonly ReceivedSwipe[]): SwipeAnswer[] => batch.map(() => 'recorded');

/** A recorder whose batches are let go one by one by the test. */
function steppedRecorder() {
  const batches: { batch: readonly ReceivedSwipe[]; finish: (answers: readonly (SwipeAnswer | null)[]) => void }[] = [];
  let arrived = () => {};
  return {
    batches,
    record: (batch: readonly ReceivedSwipe[]) =>
      new Promise<readonly (SwipeAnswer | null)[]>((finish) => {
        batches.push({ batch, finish });
        arrived();
      }),
    async next() {
      if (batches.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
      const batch = batches.shift();
      if (batch === undefined) throw new Error('a batch was announced');
      return batch;
    },
  };
}

test('a terminal that floods leaves the others their share of every batch', async () => {
  const recorder = steppedRecorder();
  const gatherer = swipeGatherer({ record: recorder.record, onFault: () => {}, batchMax: 100, lanesMax: 1 });
  gatherer.open(() => {}).submit(swipes(1, 10_000));
  for (let terminal = 2; terminal <= 5; terminal += 1) gatherer.open(() => {}).submit(swipes(terminal, 20));
  const { batch } = await recorder.next();
  const byTerminal = Map.groupBy(batch, ({ raw }) => raw.swipeId.split('/')[0]);
  expect([...byTerminal.values()].map((own) => own.length)).toEqual([20, 20, 20, 20, 20]);
});

test('what was not decided comes again first, in its order, and is answered once', async () => {
  const recorder = steppedRecorder();
  const told: AnsweredSwipe[] = [];
  const gatherer = swipeGatherer({ record: recorder.record, onFault: () => {}, batchMax: 4, lanesMax: 1 });
  const source = gatherer.open((answers) => told.push(...answers));
  source.submit(swipes(1, 6));
  const first = await recorder.next();
  first.finish(['recorded', null, 'recorded', null]);
  const second = await recorder.next();
  expect(second.batch.map(({ raw }) => raw.swipeId)).toEqual(['1/1', '1/3', '1/4', '1/5']);
  second.finish(recorded(second.batch));
  await new Promise((resolve) => setImmediate(resolve));
  expect(told.map((one) => one.swipeId)).toEqual(['1/0', '1/2', '1/1', '1/3', '1/4', '1/5']);
  expect(gatherer.unansweredCount).toBe(0);
});

test('a fault puts the whole batch back', async () => {
  let attempts = 0;
  const told = await new Promise<readonly AnsweredSwipe[]>((resolve) => {
    const gatherer = swipeGatherer({
      record: async (batch) => {
        attempts += 1;
        if (attempts === 1) throw new Error('the database is away');
        return recorded(batch);
      },
      onFault: () => {},
    });
    gatherer.open(resolve).submit(swipes(1, 3));
  });
  expect(attempts).toBe(2);
  expect(told).toHaveLength(3);
});

test('a closed stream is told nothing and leaves nothing behind', async () => {
  const recorder = steppedRecorder();
  const gatherer = swipeGatherer({ record: recorder.record, onFault: () => {}, batchMax: 2, lanesMax: 1 });
  const source = gatherer.open(() => {
    throw new Error('a closed stream must not be told');
  });
  source.submit(swipes(1, 5));
  const { batch, finish } = await recorder.next();
  source.close();
  finish(recorded(batch));
  await new Promise((resolve) => setImmediate(resolve));
  expect(gatherer.unansweredCount).toBe(0);
});
