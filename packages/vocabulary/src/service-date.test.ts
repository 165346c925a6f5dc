import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  daysBetween,
  formatServiceDate,
  instantAt,
  isWithin,
  parseServiceDate,
  parseWallTime,
  serviceDate,
  serviceDateAt,
} from './service-date.ts';

describe('service dates', () => {
  test('the day is that of Rome on both sides of midnight and of summer time', () => {
    expect(serviceDateAt(new Date('2026-03-28T22:59:59Z'))).toBe('2026-03-28');
    expect(serviceDateAt(new Date('2026-03-28T23:00:00Z'))).toBe('2026-03-29');
    expect(serviceDateAt(new Date('2026-03-29T22:00:00Z'))).toBe('2026-03-30');
    expect(serviceDateAt(new Date('2026-10-25T22:59:59Z'))).toBe('2026-10-25');
    expect(serviceDateAt(new Date('2026-10-25T23:00:00Z'))).toBe('2026-10-26');
  });

  test.each(['2026-02-30', '2026-13-01', '26-01-01', '2026-1-1', '', '2026-01-01T00:00', '2025-02-29'])(
    'refuses %s',
    (text) => {
      expect(parseServiceDate(text)).toBeNull();
      expect(() => serviceDate(text)).toThrow(RangeError);
    },
  );

  test('adding days and counting them agree', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        fc.integer({ min: -3000, max: 3000 }),
        (from, days) => {
          const day = serviceDateAt(from);
          expect(daysBetween(day, addDays(day, days))).toBe(days);
          expect(parseServiceDate(addDays(day, days))).not.toBeNull();
        },
      ),
    );
  });

  test('a span holds both its ends, and an open one has no end', () => {
    const span = { from: serviceDate('2026-09-14'), until: serviceDate('2027-06-08') };
    expect(
      ['2026-09-13', '2026-09-14', '2027-06-08', '2027-06-09'].map((day) => isWithin(serviceDate(day), span)),
    ).toEqual([false, true, true, false]);
    expect(isWithin(serviceDate('2099-01-01'), { from: span.from, until: null })).toBe(true);
  });

  test('is written gg/mm/aaaa', () => {
    expect(formatServiceDate(serviceDate('2026-09-04'))).toBe('04/09/2026');
  });
});

describe('a time on a wall in Rome', () => {
  test.each([
    ['in winter', '2026-01-15', '09:30', '2026-01-15T08:30:00.000Z'],
    ['in summer', '2026-07-15', '09:30', '2026-07-15T07:30:00.000Z'],
    ['on the morning after the clocks went forward', '2026-03-29', '09:30', '2026-03-29T07:30:00.000Z'],
    ['on the morning after the clocks went back', '2026-10-25', '09:30', '2026-10-25T08:30:00.000Z'],
    ['at midnight', '2026-03-29', '00:00', '2026-03-28T23:00:00.000Z'],
    ['that comes twice, the first time', '2026-10-25', '02:30', '2026-10-25T00:30:00.000Z'],
    ['that does not come, as much after', '2026-03-29', '02:30', '2026-03-29T01:30:00.000Z'],
  ])('%s', (_when, day, text, instant) => {
    const time = parseWallTime(text);
    if (time === null) throw new Error(text);
    expect(instantAt(serviceDate(day), time).toISOString()).toBe(instant);
  });

  test.each(['24:00', '9:30', '09:60', '09:30:00', ''])('is not %j', (text) => {
    expect(parseWallTime(text)).toBeNull();
  });
});
