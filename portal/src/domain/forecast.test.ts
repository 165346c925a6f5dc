import { expect, test } from '@jest/globals';
import { mealsLeft } from './forecast.ts';

test.each([
  [5_200, 520, 10],
  [5_199, 520, 9],
  [519, 520, 0],
  [0, 520, 0],
  [-1_040, 520, 0],
])('a balance of %i cents pays for meals at %i cents: %i', (balanceCents, priceCents, meals) => {
  expect(mealsLeft(balanceCents, priceCents)).toBe(meals);
});

test('for a meal that costs nothing there is no forecast', () => {
  expect(mealsLeft(5_000, 0)).toBeNull();
});
