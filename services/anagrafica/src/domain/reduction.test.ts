import { addDays, cents, isWithin, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Price } from './records.ts';
import { type Reduction, reducedPrices } from './reduction.ts';

const price = (priceCents: number, from: string, until: string | null): Price => ({
  priceCents: cents(priceCents),
  validity: { from: serviceDate(from), until: until === null ? null : serviceDate(until) },
});
const reduction = (percent: number, from: string, until: string | null): Reduction => ({
  percent,
  reason: 'siblings',
  validity: { from: serviceDate(from), until: until === null ? null : serviceDate(until) },
});
const PRICES = [price(500, '2025-09-01', '2026-08-31'), price(521, '2026-09-01', null)];

test('without a reduction the prices are those of the tariff', () => {
  expect(reducedPrices(PRICES, [])).toBe(PRICES);
});

test('a reduction cuts the prices where it begins and ends', () => {
  expect(reducedPrices(PRICES, [reduction(20, '2026-06-01', '2026-12-31')])).toEqual([
    price(500, '2025-09-01', '2026-05-31'),
    price(400, '2026-06-01', '2026-08-31'),
    price(417, '2026-09-01', '2026-12-31'),
    price(521, '2027-01-01', null),
  ]);
});

test('an exemption costs nothing, and one without end has none', () => {
  expect(reducedPrices(PRICES, [reduction(100, '2026-09-01', null)])).toEqual([
    PRICES[0],
    price(0, '2026-09-01', null),
  ]);
});

test('half a cent is rounded up', () => {
  expect(reducedPrices([price(521, '2026-09-01', null)], [reduction(50, '2026-09-01', null)])).toEqual([
    price(261, '2026-09-01', null),
  ]);
});

test('every day has one price, the tariff’s or the reduced one', () => {
  const from = serviceDate('2026-01-01');
  const day = fc.integer({ min: 0, max: 400 }).map((days) => addDays(from, days));
  const spans = fc
    .uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 6 })
    .map((days) => days.toSorted((one, other) => one - other))
    .map((days) => days.slice(0, days.length - (days.length % 2)))
    .map((days) =>
      Array.from({ length: days.length / 2 }, (_, index) =>
        reduction((index + 1) * 25, addDays(from, days[index * 2] ?? 0), addDays(from, (days[index * 2 + 1] ?? 0) - 1)),
      ),
    );
  fc.assert(
    fc.property(spans, day, (reductions, on) => {
      const prices = [price(520, from, addDays(from, 199)), price(540, addDays(from, 200), null)];
      const holding = reducedPrices(prices, reductions).filter(({ validity }) => isWithin(on, validity));
      const tariff = prices.find(({ validity }) => isWithin(on, validity))?.priceCents ?? 0;
      const percent = reductions.find(({ validity }) => isWithin(on, validity))?.percent ?? 0;
      expect(holding.map(({ priceCents }) => priceCents)).toEqual([Math.round((tariff * (100 - percent)) / 100)]);
    }),
  );
});
