import { expect, test } from '@jest/globals';
import { columnWidths } from './column-widths.ts';

test.each([
  ['have room', [50, 30], [40, 20], 100, [60, 40]],
  ['share what the narrow ones leave', [20, 500], [20, 40], 200, [20, 180]],
  ['break their long texts alike', [300, 300, 20], [50, 50, 20], 220, [100, 100, 20]],
  ['are too many even for single words', [90, 90], [80, 40], 60, [40, 20]],
])('columns that %s', (_what, naturals, minimums, available, widths) => {
  const needs = naturals.map((natural, index) => ({ natural, minimum: minimums[index] ?? 0 }));
  const found = columnWidths(needs, available);
  expect(found).toEqual(widths);
  expect(found.reduce((sum, width) => sum + width, 0)).toBeCloseTo(available);
});
