import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DecidedBatch, HotPosition } from './ports.ts';
import { continuesChain } from './recover-shard.ts';

/** A journal's position and batches that continue it, of the given sizes. */
function chain(lastSeq: number, sizes: readonly number[]) {
  const position = { epoch: 3, lastSeq, head: 'committed' };
  const pending: DecidedBatch[] = [];
  let seq = lastSeq;
  let head = position.head;
  sizes.forEach((size, index) => {
    const next = `head-${index}`;
    pending.push({
      firstSeq: seq + 1,
      lastSeq: seq + size,
      previousHead: head,
      head: next,
      transfers: [],
      refusals: [],
      limit: null,
    });
    seq += size;
    head = next;
  });
  const hot: HotPosition = { epoch: 3, seq, head, windowFromMs: 0 };
  return { position, pending, hot };
}

const chains = fc
  .tuple(fc.integer({ min: 0, max: 1_000 }), fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 8 }))
  .map(([lastSeq, sizes]) => chain(lastSeq, sizes));

describe('a hot state continues the committed chain', () => {
  test('where its batches follow by number and by head', () => {
    fc.assert(fc.property(chains, ({ position, pending, hot }) => continuesChain(position, hot, pending)));
  });

  test('where nothing is pending and it stands at the journal’s own head', () => {
    const { position } = chain(7, []);
    expect(continuesChain(position, { epoch: 3, seq: 7, head: 'committed', windowFromMs: 0 }, [])).toBe(true);
  });
});

describe('a hot state does not continue the committed chain', () => {
  test('where any batch is missing, though the rest follow by number', () => {
    fc.assert(
      fc.property(chains, fc.nat(), ({ position, pending, hot }, at) => {
        const left = pending.filter((_batch, index) => index !== at % pending.length);
        expect(continuesChain(position, hot, left)).toBe(false);
      }),
    );
  });

  test('where a batch has the right number and another predecessor: numbers were given twice', () => {
    fc.assert(
      fc.property(chains, fc.nat(), ({ position, pending, hot }, at) => {
        const other = pending.map((batch, index) =>
          index === at % pending.length ? { ...batch, previousHead: 'another history' } : batch,
        );
        expect(continuesChain(position, hot, other)).toBe(false);
      }),
    );
  });

  test('where it was set back behind the journal, or stands elsewhere at the same number', () => {
    const { position } = chain(7, []);
    for (const [seq, head] of [
      [6, 'committed'],
      [7, 'another history'],
      [8, 'committed'],
    ] as const) {
      expect(continuesChain(position, { epoch: 3, seq, head, windowFromMs: 0 }, [])).toBe(false);
    }
  });
});
