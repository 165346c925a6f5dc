import { expect, test } from '@jest/globals';
import { shuffled } from './shuffled.ts';

const ITEMS = ['alfa', 'beta', 'gamma'];

test('every item stays, once, and the given list as it was', () => {
  for (let time = 0; time < 50; time += 1) expect([...shuffled(ITEMS)].sort()).toEqual(ITEMS);
  expect(ITEMS).toEqual(['alfa', 'beta', 'gamma']);
});

test('each of the orders comes up as often as the others', () => {
  const counts = new Map<string, number>();
  // All combinations of where the second of two and the third of three places are drawn: the first item has no choice.
  for (const second of [0, 0.5]) {
    for (const third of [0, 1 / 3, 2 / 3]) {
      const drawn = [0, second, third].values();
      const order = shuffled(ITEMS, () => drawn.next().value ?? 0).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
  }
  expect([...counts.values()]).toEqual([1, 1, 1, 1, 1, 1]);
});
