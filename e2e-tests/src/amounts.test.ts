import { expect, test } from '@jest/globals';
import { readCents } from './amounts.ts';

test.each([
  ['−1.234,50\u00a0€', -123_450],
  ['+20,00 €', 2_000],
  ['0,05', 5],
])('%s is %d cents', (text, cents) => expect(readCents(text)).toBe(cents));

test('an amount in another form is refused', () => {
  expect(() => readCents('12.50')).toThrow(RangeError);
});
