import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { iuvOf, noticeNumber, parseNoticeNumber } from './notice-number.ts';

test.each([
  ['01', 1, '301000000000000144', '01000000000000144'],
  ['47', 12_345, '347000000001234592', '47000000001234592'],
  ['00', 2_026_090_000_117, '300202609000011773', '00202609000011773'],
  // A remainder below ten keeps its zero.
  ['48', 9_999_999_999_999, '348999999999999909', '48999999999999909'],
])('segregation code %s and base %i make %s', (segregation, base, expected, iuv) => {
  const made = noticeNumber(segregation, base);
  expect(made).toBe(expected);
  expect(iuvOf(made)).toBe(iuv);
});

test('every number has 18 digits, ends with the remainder of what is before, and no two bases share one', () => {
  const base = fc.integer({ min: 1, max: 9_999_999_999_999 });
  const code = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, '0'));
  fc.assert(
    fc.property(code, base, base, (segregation, one, other) => {
      const made = noticeNumber(segregation, one);
      expect(parseNoticeNumber(made)).toBe(made);
      expect(BigInt(made.slice(0, 16)) % 93n).toBe(BigInt(made.slice(16)));
      expect(noticeNumber(segregation, other) === made).toBe(one === other);
    }),
  );
});

test('what cannot be a base or a segregation code is a bug', () => {
  expect(() => noticeNumber('1', 1)).toThrow(RangeError);
  expect(() => noticeNumber('01', 0)).toThrow(RangeError);
  expect(() => noticeNumber('01', 10_000_000_000_000)).toThrow(RangeError);
  expect(() => noticeNumber('01', 1.5)).toThrow(RangeError);
});

test.each(['', '30100000000000014', '3010000000000001440', '30100000000000014a', ' 301000000000000144'])(
  '"%s" is no notice number',
  (text) => {
    expect(parseNoticeNumber(text)).toBeNull();
  },
);
