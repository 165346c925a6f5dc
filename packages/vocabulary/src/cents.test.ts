import { describe, expect, test } from '@jest/globals';
import { addCents, cents, formatEuros, subtractCents } from './cents.ts';

describe('cents', () => {
  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses %p', (value) => {
    expect(() => cents(value)).toThrow(RangeError);
  });

  test('sums that are no longer exact are refused', () => {
    const largest = cents(Number.MAX_SAFE_INTEGER);
    expect(() => addCents(largest, cents(1))).toThrow(RangeError);
    expect(() => subtractCents(cents(-Number.MAX_SAFE_INTEGER), cents(1))).toThrow(RangeError);
  });

  test.each([
    [123_400, '1.234,00'],
    [0, '0,00'],
    [-520, '-5,20'],
    [5, '0,05'],
    [100_000_000_01, '100.000.000,01'],
  ])('%p cents are written %s', (value, text) => {
    expect(formatEuros(cents(value))).toBe(text);
  });
});
