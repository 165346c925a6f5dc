import { id, type PupilId } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countMeals, dayTable, type Eater, type KitchenDay, type RecordedMeal } from './kitchen.ts';

const pupil = (number: number) => id<PupilId>(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);
const eater = (number: number, className = '1A', dietCode = ''): Eater => ({
  ...{ pupilId: pupil(number), displayName: `Prova ${number}`, className, dietCode },
});
const day = (changes: Partial<KitchenDay> = {}): KitchenDay => ({
  ...{ sittings: new Map(), classesAway: new Set(), absences: new Map(), lateAbsences: new Set<PupilId>() },
  ...changes,
});
const meal = (number: number, charge: RecordedMeal['charge'] = 'debited'): RecordedMeal => ({
  ...{ pupilId: pupil(number), displayName: `Prova ${number}`, className: '1A', charge, amountCents: 520 },
});

const EATERS = [eater(1), eater(2, '1A', 'GF'), eater(3, '1B'), eater(4, '1B', 'VEG'), eater(5, '2A')];

test('everybody enrolled eats, by sitting, class and diet', () => {
  const count = countMeals(EATERS, day({ sittings: new Map([['2A', 2]]) }));
  expect(count).toEqual({
    total: 5,
    sittings: [
      {
        sitting: 1,
        total: 4,
        diets: [
          { dietCode: '', count: 2 },
          { dietCode: 'GF', count: 1 },
          { dietCode: 'VEG', count: 1 },
        ],
      },
      { sitting: 2, total: 1, diets: [{ dietCode: '', count: 1 }] },
    ],
    classes: [
      {
        className: '1A',
        sitting: 1,
        total: 2,
        diets: [
          { dietCode: '', count: 1 },
          { dietCode: 'GF', count: 1 },
        ],
      },
      {
        className: '1B',
        sitting: 1,
        total: 2,
        diets: [
          { dietCode: '', count: 1 },
          { dietCode: 'VEG', count: 1 },
        ],
      },
      { className: '2A', sitting: 2, total: 1, diets: [{ dietCode: '', count: 1 }] },
    ],
  });
});

test('who is absent or away is not cooked for; who takes the light meal is counted with it', () => {
  const absences = new Map([
    [pupil(1), null],
    [pupil(2), 'LIGHT'],
  ]);
  const count = countMeals(EATERS, day({ absences, classesAway: new Set(['1B']) }));
  expect(count.total).toBe(2);
  expect(count.sittings[0]?.diets).toEqual([
    { dietCode: '', count: 1 },
    { dietCode: 'LIGHT', count: 1 },
  ]);
});

test('booked, served and charged stand side by side, and each difference has its kind', () => {
  const absences = new Map([[pupil(1), null]]);
  const table = dayTable(EATERS, day({ absences }), [meal(1), meal(2), meal(3, 'over_limit'), meal(4, 'invoiced')]);
  expect(table).toMatchObject({ booked: 4, served: 4, charged: 3, chargedCents: 1_560 });
  expect(table.differences.map(({ displayName, kind }) => `${displayName} ${kind}`).sort()).toEqual([
    'Prova 1 not_booked',
    'Prova 3 not_charged',
    'Prova 5 not_served',
  ]);
});

test('who was charged as booked is charged once, swiped or not', () => {
  const table = dayTable([eater(1), eater(2), eater(3)], day(), [meal(1)], [meal(1), meal(2)]);
  expect(table).toMatchObject({ booked: 3, served: 1, charged: 2, chargedCents: 1_040 });
  expect(table.differences.map(({ displayName, kind }) => `${displayName} ${kind}`)).toEqual([
    'Prova 2 charged_not_served',
    'Prova 3 not_served',
  ]);
});

test('a day on which all agrees has no differences, nor has a free meal', () => {
  const table = dayTable([eater(1), eater(2)], day(), [meal(1), { ...meal(2, 'not_charged'), amountCents: 0 }]);
  expect(table.differences).toEqual([]);
});

test('sittings, classes and total always have the same sum; booked, served and the differences add up', () => {
  const eaters = fc
    .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
    .map((numbers) => numbers.map((number) => eater(number, `${number % 4}A`, number % 5 === 0 ? 'GF' : '')));
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }));
  fc.assert(
    fc.property(eaters, numbers, numbers, (all, absent, served) => {
      const one = day({
        absences: new Map(absent.map((number) => [pupil(number), number % 2 === 0 ? null : 'LIGHT'])),
        classesAway: new Set(['3A']),
        sittings: new Map([['2A', 2]]),
      });
      const count = countMeals(all, one);
      const sum = (list: readonly { total: number }[]) => list.reduce((total, part) => total + part.total, 0);
      expect(sum(count.sittings)).toBe(count.total);
      expect(sum(count.classes)).toBe(count.total);
      const table = dayTable(
        all,
        one,
        served.map((number) => meal(number)),
      );
      const of = (kind: string) => table.differences.filter((difference) => difference.kind === kind).length;
      expect(table.booked).toBe(count.total);
      expect(table.booked - of('not_served')).toBe(table.served - of('not_booked'));
    }),
  );
});
