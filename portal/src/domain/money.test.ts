import { expect, test } from '@jest/globals';
import { formatEuros, formatMoney, formatMovement } from './money.ts';

test.each([
  [0, '0,00'],
  [5, '0,05'],
  [-5, '−0,05'],
  [520, '5,20'],
  [123_400, '1.234,00'],
  [-123_456_789, '−1.234.567,89'],
  [99_999, '999,99'],
])('%d cents are written %s', (amountCents, text) => {
  expect(formatMoney(amountCents)).toBe(text);
});

test('a movement shows its sign both ways', () => {
  expect(formatMovement(2_000)).toBe('+20,00\u00a0€');
  expect(formatMovement(-520)).toBe('−5,20\u00a0€');
  expect(formatMovement(0)).toBe('0,00\u00a0€');
  expect(formatEuros(2_000)).toBe('20,00\u00a0€');
});
