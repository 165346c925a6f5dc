import { expect, test } from '@jest/globals';
import { retryBudget } from './retry-budget.ts';

test('of a thousand requests that fail a tenth is retried, and what was in hand', () => {
  const budget = retryBudget(0.1, 10);
  let retried = 0;
  for (let request = 0; request < 1_000; request += 1) {
    budget.earn();
    if (budget.take()) retried += 1;
  }
  expect(retried).toBeGreaterThanOrEqual(105);
  expect(retried).toBeLessThanOrEqual(110);
});

test('a quiet day saves up no more than what may be in hand', () => {
  const budget = retryBudget(0.1, 3);
  for (let request = 0; request < 1_000; request += 1) budget.earn();
  expect([1, 2, 3, 4].map(() => budget.take())).toEqual([true, true, true, false]);
});
