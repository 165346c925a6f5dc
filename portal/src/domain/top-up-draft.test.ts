import { expect, test } from '@jest/globals';
import { amountOf, parseTypedAmount, readTopUpDraft, writeTopUpDraft } from './top-up-draft.ts';

test.each([
  ['1,00', 100],
  ['20', 2_000],
  ['20,5', 2_050],
  ['20.50', 2_050],
  ['1.234,50', 123_450],
  [' 20,00 € ', 2_000],
  ['0', 0],
])('"%s" is %i cents', (text, cents) => {
  expect(parseTypedAmount(text)).toBe(cents);
});

test.each(['', 'venti', '-5', '1,2,3', '1,234', '20,', '1e3', '20.500,1.2', '12345678', '+1'])(
  '"%s" is no amount',
  (text) => {
    expect(parseTypedAmount(text)).toBeNull();
  },
);

test('an amount keeps to minimum, maximum and step', () => {
  const rules = { minimumCents: 500, maximumCents: 20_000, stepCents: 50 };
  expect(amountOf('5', rules)).toBe(500);
  expect(amountOf('200', rules)).toBe(20_000);
  expect(amountOf('4,99', rules)).toBe('below_minimum');
  expect(amountOf('200,01', rules)).toBe('above_maximum');
  expect(amountOf('5,20', rules)).toBe('off_step');
  expect(amountOf('x', rules)).toBe('unreadable');
});

test('a draft comes back from the address that it was written to', () => {
  const draft = { service: 'school_meals', badgeId: 'b', amount: '20,00' };
  expect(readTopUpDraft(writeTopUpDraft(draft))).toEqual(draft);
  expect(readTopUpDraft(new URLSearchParams())).toEqual({ service: null, badgeId: null, amount: '' });
});
