import { expect, test } from '@jest/globals';
import { firstDayOf, lastDayOf, type Month, monthName, parseMonth } from './month.ts';

const month = (text: string): Month => {
  const parsed = parseMonth(text);
  if (parsed === null) throw new Error(text);
  return parsed;
};

test('a month is named as parents name it, and has its days, in leap years too', () => {
  expect(monthName(month('2026-10'))).toBe('ottobre 2026');
  expect(['2026-02', '2028-02', '2026-12', '2026-04'].map((text) => lastDayOf(month(text)))).toEqual([
    ...['2026-02-28', '2028-02-29', '2026-12-31', '2026-04-30'],
  ]);
  expect(firstDayOf(month('2026-10'))).toBe('2026-10-01');
  for (const text of ['2026-13', '2026-00', '2026-1', '1999-01', '2026-01-01', '']) expect(parseMonth(text)).toBeNull();
});
