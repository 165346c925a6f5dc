import { expect, test } from '@jest/globals';
import { CHOSEN_MAX, chosenOf, toggle, toggleAll, totalOf } from './selection.ts';

const offered = [1_300, 4_500, 4_500, 4_500, 2_600, 2_600, 900].map((amountCents, index) => ({
  ...{ instalmentId: `i${index}`, amountCents, isInVerification: index === 4 },
}));

test('the sixth is not taken; what is chosen can be taken out again', () => {
  let chosen: ReadonlySet<string> = new Set();
  for (const { instalmentId } of offered) chosen = toggle(chosen, instalmentId);
  expect([...chosen]).toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
  expect(chosen.size).toBe(CHOSEN_MAX);
  expect([...toggle(chosen, 'i2')]).toEqual(['i0', 'i1', 'i3', 'i4']);
});

test('choosing all stops at five, leaves out what is in verification, and again chooses none', () => {
  const all = toggleAll(new Set(), offered);
  expect([...all]).toEqual(['i0', 'i1', 'i2', 'i3', 'i5']);
  expect([...toggleAll(all, offered)]).toEqual([]);
});

test('13,00 + 45,00 + 45,00 + 45,00 is 148,00', () => {
  expect(totalOf(chosenOf(new Set(['i0', 'i1', 'i2', 'i3']), offered))).toBe(14_800);
});

test('what has meanwhile left the list, or is in verification, is not paid', () => {
  expect(chosenOf(new Set(['gone', 'i4', 'i6']), offered).map(({ instalmentId }) => instalmentId)).toEqual(['i6']);
});
