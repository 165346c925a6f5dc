import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutOffAfterOutages, outagesBetween } from './outage.ts';

const at = (time: string): Date => new Date(`2026-11-24T${time}:00Z`);
const outage = (from: string, to: string) => ({ from: at(from), to: at(to) });
/** Every minute from one to the other. */
const minutes = (from: string, to: string): Date[] =>
  Array.from(
    { length: (at(to).getTime() - at(from).getTime()) / 60_000 + 1 },
    (_, index) => new Date(at(from).getTime() + index * 60_000),
  );

describe('an outage', () => {
  test('is what lies between two beats that are further apart than a restart takes', () => {
    expect(
      outagesBetween([...minutes('08:00', '08:20'), ...minutes('08:22', '08:30'), ...minutes('08:50', '09:00')]),
    ).toEqual([outage('08:30', '08:50')]);
  });

  test('does not come before the first beat of an installation, nor after the last one', () => {
    expect(outagesBetween([])).toEqual([]);
    expect(outagesBetween([at('08:00')])).toEqual([]);
  });
});

describe('a cut-off at half past eight', () => {
  const moved = (...outages: ReturnType<typeof outage>[]) => cutOffAfterOutages(at('08:30'), outages)?.cutOffAt ?? null;

  test('is moved by what was lost of the hour before it', () => {
    expect(moved(outage('08:00', '08:20'))).toEqual(at('08:50'));
  });

  test('is moved from when the platform came back, where that was after it', () => {
    expect(moved(outage('08:10', '09:00'))).toEqual(at('09:20'));
  });

  test('is moved by the sum of several outages', () => {
    expect(moved(outage('07:40', '07:46'), outage('08:10', '08:16'))).toEqual(at('08:42'));
  });

  test.each([
    ['an outage that was over an hour before', outage('05:00', '07:30')],
    ['one that began after it', outage('08:30', '09:30')],
    ['nine minutes', outage('08:00', '08:09')],
    ['one after which the kitchen has cooked', outage('08:00', '10:30')],
  ])('stays after %s', (_which, one) => {
    expect(moved(one)).toBeNull();
  });

  test('is never moved to an earlier time, nor by more than two hours, nor to before the platform came back', () => {
    const minute = fc.integer({ min: 0, max: 20 * 60 });
    fc.assert(
      fc.property(fc.array(fc.tuple(minute, minute), { maxLength: 6 }), (spans) => {
        const times = [...new Set(spans.flat())]
          .sort((one, other) => one - other)
          .map((offset) => new Date(at('00:00').getTime() + offset * 60_000));
        const outages = times.flatMap((from, index) => {
          const to = times[index + 1];
          return index % 2 === 0 && to !== undefined ? [{ from, to }] : [];
        });
        const answer = cutOffAfterOutages(at('08:30'), outages);
        if (answer === null) return;
        expect(answer.cutOffAt > at('08:30')).toBe(true);
        expect(answer.cutOffAt <= at('10:30')).toBe(true);
        expect(answer.cutOffAt > answer.outage.to).toBe(true);
      }),
    );
  });
});
