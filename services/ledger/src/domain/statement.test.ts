import { cents } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRange, withBalances } from './statement.ts';

describe('a range of days', () => {
  test.each([
    ['both ends on one day', '2026-11-23', '2026-11-23', true],
    ['a school year', '2026-09-01', '2027-06-30', true],
    ['the 29 February of a leap year', '2028-02-29', '2028-03-01', true],
  ])('%s is taken', (_what, from, to, ok) => {
    expect(parseRange(from, to).ok).toBe(ok);
  });

  test.each([
    ['inverted', '2026-11-24', '2026-11-23', { kind: 'inverted_range' }],
    ['longer than three years', '2020-01-01', '2026-01-01', { kind: 'range_too_long' }],
    ['from a day that is none', '2026-02-30', '2026-03-01', { kind: 'invalid_day', field: 'from' }],
    ['to a word', '2026-02-01', 'domani', { kind: 'invalid_day', field: 'to' }],
  ])('%s is refused', (_what, from, to, refusal) => {
    expect(parseRange(from, to)).toEqual({ ok: false, refusal });
  });
});

test('each movement shows the balance after it, and the last is opening plus all', () => {
  const amounts = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), amounts, (opening, list) => {
      const movements = list.map((amount, index) => ({
        seq: index + 1,
        transferId: String(index),
        occurredAt: new Date(index),
        postedAt: new Date(index),
        kind: 'meal' as const,
        reverses: null,
        amountCents: cents(amount),
      }));
      const stated = withBalances(cents(opening), movements);
      stated.forEach(({ amountCents, balanceAfterCents }, index) => {
        const before = stated[index - 1]?.balanceAfterCents ?? opening;
        expect(balanceAfterCents - amountCents).toBe(before);
      });
      expect(stated.at(-1)?.balanceAfterCents ?? opening).toBe(list.reduce((sum, amount) => sum + amount, opening));
    }),
  );
});
