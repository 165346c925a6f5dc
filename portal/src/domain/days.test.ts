import { serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import {
  currentMonth,
  formatDay,
  formatInstant,
  formatMinute,
  formatMonth,
  formatTime,
  lastMonth,
  monthBefore,
  parseTypedDay,
} from './days.ts';

test.each([
  ['2024-12-13', '2024-11-13'],
  ['2026-01-15', '2025-12-15'],
  ['2026-03-31', '2026-02-28'],
  ['2028-03-30', '2028-02-29'],
  ['2026-12-31', '2026-11-30'],
])('the day one month before %s is %s', (day, before) => {
  expect(monthBefore(serviceDate(day))).toBe(before);
});

test('the last month ends today', () => {
  expect(lastMonth(serviceDate('2024-12-13'))).toEqual({ from: '2024-11-13', to: '2024-12-13' });
});

test.each([
  ['2026-11-23', '2026-11-01', '2026-11-30'],
  ['2026-12-31', '2026-12-01', '2026-12-31'],
  ['2028-02-01', '2028-02-01', '2028-02-29'],
])('the current month on %s is %s to %s', (today, from, to) => {
  expect(currentMonth(serviceDate(today))).toEqual({ from, to });
});

test('instants are read on a clock in Rome, in winter and in summer', () => {
  expect(formatInstant('2026-11-23T11:31:05Z')).toBe('23/11/2026 alle 12:31:05');
  expect(formatInstant('2026-07-01T22:30:00Z')).toBe('02/07/2026 alle 00:30:00');
  expect(formatMinute('2026-11-23T08:30:00Z')).toBe('23/11/2026 alle 09:30');
  expect(formatTime('2026-07-01T10:05:00Z')).toBe('12:05');
});

test('a day is written with its weekday, and a text that is none stays as it is', () => {
  expect(formatDay('2026-11-23')).toBe('lunedì 23/11/2026');
  expect(formatDay('?')).toBe('?');
});

test.each([
  ['01/09/2026', '2026-09-01'],
  [' 1/9/2026 ', '2026-09-01'],
  ['1.9.2026', '2026-09-01'],
  ['01-09-2026', '2026-09-01'],
  ['01092026', '2026-09-01'],
  ['2026-09-01', '2026-09-01'],
  ['30/02/2026', null],
  ['09/23/2026', null],
  ['1/9/26', null],
  ['', null],
  ['domani', null],
])('somebody who types "%s" means %s', (text, day) => {
  expect(parseTypedDay(text)).toBe(day);
});

test('a month is written in words, in Italian', () => {
  expect(formatMonth(serviceDate('2026-11-30'))).toBe('novembre 2026');
});
