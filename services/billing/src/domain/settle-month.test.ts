import { cents, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { takeOff } from './credit.ts';
import { type BilledMeal, type Charge, settle } from './settle-month.ts';

const DAY = (day: number) => serviceDate(`2026-10-${String(day).padStart(2, '0')}`);
const charge = (day: number, isCorrected = false): Charge => ({
  ...{ serviceDate: DAY(day), amountCents: cents(520), isCorrected },
});

test('what no document charges is charged; what a document charges and the office took back is credited, by document', () => {
  const billed: BilledMeal[] = [
    { serviceDate: DAY(1), amountCents: cents(520), documentId: 'a', isCredited: false },
    { serviceDate: DAY(2), amountCents: cents(500), documentId: 'b', isCredited: false },
    { serviceDate: DAY(3), amountCents: cents(520), documentId: 'a', isCredited: true },
  ];
  const settled = settle([charge(1, true), charge(2, true), charge(3, true), charge(4), charge(5, true)], billed);
  expect(settled.meals).toEqual([{ serviceDate: DAY(4), amountCents: 520 }]);
  expect(settled.credits.map(({ documentId, creditedCents }) => [documentId, creditedCents])).toEqual([
    ['a', 520],
    ['b', 500],
  ]);
});

test('settled again, nothing is left: each meal is charged once and credited once, in whatever order it changes', () => {
  const day = fc.integer({ min: 1, max: 28 });
  const steps = fc.array(fc.record({ eaten: fc.array(day), corrected: fc.array(day) }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(steps, (rounds) => {
      const eaten = new Set<number>();
      const corrected = new Set<number>();
      let billed: BilledMeal[] = [];
      const now = () => [...eaten].map((one) => charge(one, corrected.has(one)));
      rounds.forEach((round, index) => {
        for (const one of round.eaten) eaten.add(one);
        for (const one of round.corrected) if (eaten.has(one)) corrected.add(one);
        const { meals, credits } = settle(now(), billed);
        const credited = new Set(credits.flatMap((credit) => credit.meals.map(({ serviceDate: of }) => of)));
        billed = [
          ...billed.map((meal) => (credited.has(meal.serviceDate) ? { ...meal, isCredited: true } : meal)),
          ...meals.map((meal) => ({ ...meal, documentId: `run ${index}`, isCredited: false })),
        ];
        expect(settle(now(), billed)).toMatchObject({ meals: [], chargedCents: 0, credits: [] });
      });
      const owed = billed.filter(({ isCredited }) => !isCredited).length;
      expect(owed).toBe([...eaten].filter((one) => !corrected.has(one)).length);
    }),
  );
});

test('a credit is taken off the last instalment first, and never more than there is', () => {
  const parts = [1_000, 1_000, 500].map((amount, index) => ({ instalmentId: `i${index}`, amountCents: cents(amount) }));
  expect(takeOff(cents(1_200), parts)).toEqual([
    { instalmentId: 'i2', creditedCents: 500, leftCents: 0 },
    { instalmentId: 'i1', creditedCents: 700, leftCents: 300 },
  ]);
  const amounts = fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50_000 }), amounts, (credit, all) => {
      const taken = takeOff(
        cents(credit),
        all.map((amount, index) => ({ instalmentId: `${index}`, amountCents: cents(amount) })),
      );
      const sum = taken.reduce((total, { creditedCents }) => total + creditedCents, 0);
      expect(sum).toBe(
        Math.min(
          credit,
          all.reduce((total, amount) => total + amount, 0),
        ),
      );
      for (const { instalmentId, creditedCents, leftCents } of taken) {
        expect(creditedCents + leftCents).toBe(all[Number(instalmentId)]);
      }
    }),
  );
});
