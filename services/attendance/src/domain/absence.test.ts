import { parseWallTime, type ServiceDate, serviceDate, type WallTime } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import { type AbsenceRules, type AbsenceType, type AskedDay, cutOffOf, decideAbsence } from './absence.ts';

function at(text: string): WallTime {
  const time = parseWallTime(text);
  if (time === null) throw new Error(text);
  return time;
}

const SAME_DAY: AbsenceRules = { serviceDaysBefore: 0, cutOffTime: at('09:30'), types: [], late: null };
const DAY_BEFORE: AbsenceRules = { ...SAME_DAY, serviceDaysBefore: 1 };
const days = (...texts: string[]): ServiceDate[] => texts.map(serviceDate);
/** A week and a Monday. */
const SERVED = days('2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-30');

const asked = (day: string, more: Partial<AskedDay> = {}): AskedDay => ({
  serviceDate: serviceDate(day),
  isEnrolled: true,
  isServed: true,
  isAbsentAlready: false,
  isPresent: false,
  extendedTo: null,
  ...more,
});
const ABSENT: AbsenceType = { code: 'absent', label: 'ASSENTE', dietCode: null };
const LIGHT_MEAL: AbsenceType = { code: 'light_meal', label: 'DIETA IN BIANCO', dietCode: 'IB' };
const decide = (day: AskedDay, now: string, rules = SAME_DAY, type = ABSENT) =>
  decideAbsence([day], { rules, type }, SERVED, new Date(now))[0]?.outcome.kind;

describe('the cut-off', () => {
  test.each([
    ['one second before', '2026-11-24T08:29:59Z', 'accepted'],
    ['at the very instant', '2026-11-24T08:30:00Z', 'cut_off_passed'],
    ['one second after', '2026-11-24T08:30:01Z', 'cut_off_passed'],
  ])('%s in winter', (_when, now, kind) => {
    expect(decide(asked('2026-11-24'), now)).toBe(kind);
  });

  test.each([
    ['the Monday after the clocks went forward', '2026-03-30', '2026-03-30T07:29:59Z', '2026-03-30T07:30:00Z'],
    ['the day on which they go forward', '2026-03-29', '2026-03-29T07:29:59Z', '2026-03-29T07:30:00Z'],
    ['the day on which they go back', '2026-10-25', '2026-10-25T08:29:59Z', '2026-10-25T08:30:00Z'],
    ['the last day of summer time', '2026-10-24', '2026-10-24T07:29:59Z', '2026-10-24T07:30:00Z'],
  ])('is at half past nine on the wall on %s', (_which, day, before, after) => {
    expect(decide(asked(day), before)).toBe('accepted');
    expect(decide(asked(day), after)).toBe('cut_off_passed');
  });

  test('of the day before a Monday is on Friday, when somebody is there to read it', () => {
    expect(cutOffOf(serviceDate('2026-11-30'), DAY_BEFORE, SERVED)).toEqual(new Date('2026-11-27T08:30:00Z'));
  });

  test('counts calendar days where the calendar does not reach back', () => {
    expect(cutOffOf(serviceDate('2026-11-23'), DAY_BEFORE, SERVED)).toEqual(new Date('2026-11-22T08:30:00Z'));
  });

  test('that was extended holds for its day, and an extension never shortens it', () => {
    const extendedTo = new Date('2026-11-24T09:00:00Z');
    expect(decide(asked('2026-11-24', { extendedTo }), '2026-11-24T08:45:00Z')).toBe('accepted');
    expect(decide(asked('2026-11-24', { extendedTo }), '2026-11-24T09:00:00Z')).toBe('cut_off_passed');
    const shorter = new Date('2026-11-24T06:00:00Z');
    expect(decide(asked('2026-11-24', { extendedTo: shorter }), '2026-11-24T08:00:00Z')).toBe('accepted');
  });
});

describe('after the cut-off, where late notices are noted', () => {
  const late = { untilTime: at('11:00'), isCharged: true };

  test.each([
    ['one second before the cut-off', '2026-11-24T08:29:59Z', 'accepted'],
    ['at the cut-off', '2026-11-24T08:30:00Z', 'accepted_late'],
    ['one second before their own end', '2026-11-24T09:59:59Z', 'accepted_late'],
    ['at their own end', '2026-11-24T10:00:00Z', 'cut_off_passed'],
  ])('an absence %s', (_when, now, kind) => {
    expect(decide(asked('2026-11-24'), now, { ...SAME_DAY, late })).toBe(kind);
  });

  test('their end lies on the day itself, also where the cut-off lies on the day before', () => {
    expect(decide(asked('2026-11-30'), '2026-11-30T09:59:59Z', { ...DAY_BEFORE, late })).toBe('accepted_late');
  });

  test('another diet cannot be cooked any more', () => {
    expect(decide(asked('2026-11-24'), '2026-11-24T08:30:00Z', { ...SAME_DAY, late }, LIGHT_MEAL)).toBe(
      'cut_off_passed',
    );
  });
});

describe('a day is refused for itself alone', () => {
  const now = '2026-11-20T08:00:00Z';
  test.each<[string, Partial<AskedDay>]>([
    ['closed', { isServed: false }],
    ['not_enrolled', { isEnrolled: false }],
    ['already_absent', { isAbsentAlready: true }],
    ['already_present', { isPresent: true }],
  ])('%s', (kind, more) => {
    expect(decide(asked('2026-11-24', more), now)).toBe(kind);
  });

  test('while the other days of the range are accepted', () => {
    const range = [asked('2026-11-23'), asked('2026-11-24', { isAbsentAlready: true }), asked('2026-11-25')];
    const outcomes = decideAbsence(range, { rules: SAME_DAY, type: ABSENT }, SERVED, new Date('2026-11-23T09:00:00Z'));
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(['cut_off_passed', 'already_absent', 'accepted']);
  });
});
