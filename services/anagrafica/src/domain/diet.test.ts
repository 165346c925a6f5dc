import { addDays, serviceDate } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Diet, type DietVersion, dietByCode, dietChange, dietCodeOn, dietSpans, dietsOf } from './diet.ts';

const day = serviceDate;
const diet = (dietCode: string, from: string, until: string | null, reference = ''): Diet => ({
  ...{ dietCode, kind: 'health', reference },
  validity: { from: day(from), until: until === null ? null : day(until) },
});
const version = (...diets: readonly Diet[]): DietVersion => ({ recordedAt: null, recordedBy: null, diets });

test('the versions of a pupil’s diets are laid over each other, the last one uppermost', () => {
  const versions = [
    version(dietByCode('NP', day('2000-01-01'))),
    version(diet('GF', '2026-09-01', '2027-08-31', 'prot. 1')),
    version(diet('', '2027-01-01', null)),
  ];
  expect(dietsOf(versions)).toEqual([
    { ...dietByCode('NP', day('2000-01-01')), validity: { from: '2000-01-01', until: '2026-08-31' } },
    diet('GF', '2026-09-01', '2026-12-31', 'prot. 1'),
  ]);
});

test('a diet with an end gives way to the one that held before it', () => {
  const versions = [version(dietByCode('VG', day('2000-01-01'))), version(diet('IB', '2026-11-10', '2026-11-12'))];
  const codes = ['2026-11-09', '2026-11-10', '2026-11-12', '2026-11-13'].map((on) =>
    dietCodeOn(dietsOf(versions), day(on)),
  );
  expect(codes).toEqual(['VG', 'IB', 'IB', 'VG']);
});

test('kitchens are told codes and days, and not that a certificate was renewed', () => {
  const diets = [diet('GF', '2025-09-01', '2026-08-31', 'prot. 1'), diet('GF', '2026-09-01', null, 'prot. 2')];
  expect(dietSpans(diets)).toEqual([{ dietCode: 'GF', validity: { from: '2025-09-01', until: null } }]);
});

describe('a change', () => {
  const GF = diet('GF', '2026-09-01', '2027-08-31');
  test.each<[string, readonly Diet[], readonly Diet[], ReturnType<typeof dietChange>]>([
    ['of the certificate alone is none', [GF], [{ ...GF, reference: 'prot. 2' }], null],
    ['that gives a diet adds one', [], [GF], 'added'],
    ['that lengthens a diet adds one', [GF], [diet('GF', '2026-09-01', null)], 'added'],
    ['of the code changes one', [GF], [{ ...GF, dietCode: 'LF' }], 'changed'],
    ['that takes a diet away removes one', [GF], [], 'removed'],
    ['that shortens a diet removes one', [GF], [diet('GF', '2026-09-01', '2027-06-30')], 'removed'],
    ['that moves a diet removes one', [GF], [diet('GF', '2026-10-01', '2027-09-30')], 'removed'],
  ])('%s', (_what, before, after, change) => {
    expect(dietChange(before, after)).toBe(change);
  });
});

test('no day loses a diet without the change being called a removal', () => {
  const from = day('2026-01-01');
  const told = fc.record({ code: fc.constantFrom('', 'GF', 'LF'), first: fc.nat(60), days: fc.nat(30) }).map(
    ({ code, first, days }): DietVersion =>
      version({
        ...dietByCode(code, addDays(from, first)),
        validity: { from: addDays(from, first), until: addDays(from, first + days) },
      }),
  );
  fc.assert(
    fc.property(fc.array(told, { maxLength: 5 }), told, fc.nat(100), (versions, last, offset) => {
      const [before, after] = [dietsOf(versions), dietsOf([...versions, last])];
      const on = addDays(from, offset);
      const isLost = dietCodeOn(before, on) !== '' && dietCodeOn(after, on) === '';
      if (isLost) expect(dietChange(before, after)).toBe('removed');
      if (dietChange(before, after) === null) expect(dietCodeOn(after, on)).toBe(dietCodeOn(before, on));
    }),
  );
});
