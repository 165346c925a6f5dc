import { serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { monthGrid, monthsOf, neighbourMonth } from './month-grid.ts';

test('a month begins under its weekday and has every day once', () => {
  const weeks = monthGrid(serviceDate('2026-11-23'));
  expect(weeks[0]).toEqual([null, null, null, null, null, null, '2026-11-01']);
  expect(weeks.at(-1)).toEqual(['2026-11-30', null, null, null, null, null, null]);
  expect(weeks.flat().filter((day) => day !== null)).toHaveLength(30);
});

test('a February that begins on a Monday has four weeks without a blank', () => {
  const weeks = monthGrid(serviceDate('2027-02-10'));
  expect(weeks).toHaveLength(4);
  expect(weeks.flat()).not.toContain(null);
});

test('the neighbours of December and January are in other years', () => {
  expect(neighbourMonth(serviceDate('2026-12-31'), 1)).toEqual({ from: '2027-01-01', to: '2027-01-31' });
  expect(neighbourMonth(serviceDate('2027-01-15'), -1)).toEqual({ from: '2026-12-01', to: '2026-12-31' });
  expect(neighbourMonth(serviceDate('2028-01-31'), 1)).toEqual({ from: '2028-02-01', to: '2028-02-29' });
});

test('months are listed once, newest first', () => {
  expect(monthsOf(['2026-10-30', '2026-11-02', '2026-11-03', '2025-12-01'])).toEqual([
    '2026-11-01',
    '2026-10-01',
    '2025-12-01',
  ]);
});
