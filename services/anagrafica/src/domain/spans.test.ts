import { addDays, isWithin, serviceDate, type Validity } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutAt, firstDayOutside, hasOverlap, layOver } from './spans.ts';

const DAY_ZERO = serviceDate('2026-01-01');
const LAST = 120;
const day = fc.integer({ min: 0, max: LAST }).map((days) => addDays(DAY_ZERO, days));

/** Spans without overlaps, the last perhaps open, each with one of three words. */
const items = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: LAST }), { maxLength: 8 }),
    fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 4, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([days, words, isOpen]) => {
    const sorted = days.toSorted((one, other) => one - other);
    return Array.from({ length: Math.floor(sorted.length / 2) }, (_, index) => {
      const isLast = index === Math.floor(sorted.length / 2) - 1;
      const validity: Validity = {
        from: addDays(DAY_ZERO, sorted[index * 2] ?? 0),
        until: isLast && isOpen ? null : addDays(DAY_ZERO, (sorted[index * 2 + 1] ?? 0) - 1),
      };
      return { word: words[index] ?? 'a', validity };
    });
  });
const wordOn = (list: readonly { word: string; validity: Validity }[], on: Validity['from']) =>
  list.filter(({ validity }) => isWithin(on, validity)).map(({ word }) => word);

test('on each day what was laid over holds, and elsewhere what held before', () => {
  fc.assert(
    fc.property(items, items, day, (lower, upper, on) => {
      const [expected = null] = [...wordOn(upper, on), ...wordOn(lower, on)];
      expect(wordOn(layOver(lower, upper), on)).toEqual(expected === null ? [] : [expected]);
    }),
  );
});

test('the same laid over twice is as laid over once, in order, without overlaps or needless cuts', () => {
  fc.assert(
    fc.property(items, items, (lower, upper) => {
      const once = layOver(lower, upper);
      expect(layOver(once, upper)).toEqual(once);
      expect(hasOverlap(once.map(({ validity }) => validity))).toBe(false);
      for (const [index, { word, validity }] of once.entries()) {
        const before = once[index - 1];
        const until = before?.validity.until ?? null;
        if (until !== null && addDays(until, 1) === validity.from) expect(before?.word).not.toBe(word);
      }
    }),
  );
});

test('the pieces of a span are the span', () => {
  fc.assert(
    fc.property(items, items, (spans, others) => {
      for (const { validity } of spans) {
        const pieces = cutAt(
          validity,
          others.map((other) => other.validity),
        );
        expect(pieces[0]?.from).toBe(validity.from);
        expect(pieces.at(-1)?.until).toBe(validity.until);
        for (const [index, piece] of pieces.slice(1).entries()) {
          expect(addDays(pieces[index]?.until ?? DAY_ZERO, 1)).toBe(piece.from);
        }
      }
    }),
  );
});

test('the first day outside is in the span and in none of the others', () => {
  fc.assert(
    fc.property(items, items, day, (spans, others, on) => {
      const covers = others.map((other) => other.validity);
      for (const { validity } of spans) {
        const found = firstDayOutside(validity, covers);
        if (found !== null)
          expect(isWithin(found, validity) && !covers.some((cover) => isWithin(found, cover))).toBe(true);
        else if (isWithin(on, validity)) expect(covers.some((cover) => isWithin(on, cover))).toBe(true);
      }
    }),
  );
});
