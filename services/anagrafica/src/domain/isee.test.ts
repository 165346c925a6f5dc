import { addDays, cents, isWithin, serviceDate } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type IseeCertification, iseeOutcomeOn, iseePrices, type TariffPrice, withCertifications } from './isee.ts';
import { type Reduction, reducedPrices } from './reduction.ts';

const day = serviceDate;
const BANDS = [
  { iseeUpToCents: 750_000, priceCents: cents(150) },
  { iseeUpToCents: 1_500_000, priceCents: cents(350) },
];
const price = (priceCents: number, from: string, until: string | null, bands: TariffPrice['bands']): TariffPrice => ({
  ...{ priceCents: cents(priceCents), bands },
  validity: { from: day(from), until: until === null ? null : day(until) },
});
const certified = (iseeCents: number | null, from: string, until: string): IseeCertification => ({
  ...{ iseeCents, reference: 'DSU 1' },
  validity: { from: day(from), until: day(until) },
});
const PRICES = [price(500, '2025-09-01', '2026-08-31', []), price(520, '2026-09-01', null, BANDS)];

test('without a certification the full price is paid, before it begins and after it ends too', () => {
  expect(iseePrices(PRICES, [])).toEqual([
    { priceCents: 500, validity: PRICES[0]?.validity },
    { priceCents: 520, validity: PRICES[1]?.validity },
  ]);
  expect(iseePrices(PRICES, [certified(800_000, '2026-11-01', '2026-12-31')])).toEqual([
    { priceCents: 500, validity: { from: '2025-09-01', until: '2026-08-31' } },
    { priceCents: 520, validity: { from: '2026-09-01', until: '2026-10-31' } },
    { priceCents: 350, validity: { from: '2026-11-01', until: '2026-12-31' } },
    { priceCents: 520, validity: { from: '2027-01-01', until: null } },
  ]);
});

test('a certification that is followed by one of the same band does not cut the price', () => {
  const two = [certified(800_000, '2026-09-01', '2026-12-31'), certified(900_000, '2027-01-01', '2027-08-31')];
  expect(iseePrices(PRICES.slice(1), two).map(({ priceCents }) => priceCents)).toEqual([350, 520]);
});

test('one that is laid over another holds on its days, and the other again after them', () => {
  const held = withCertifications(
    [certified(2_000_000, '2026-09-01', '2027-08-31')],
    [certified(400_000, '2026-11-01', '2027-01-31'), certified(null, '2027-06-01', '2027-08-31')],
  );
  expect(held.map(({ iseeCents, validity }) => [iseeCents, validity.from, validity.until])).toEqual([
    [2_000_000, '2026-09-01', '2026-10-31'],
    [400_000, '2026-11-01', '2027-01-31'],
    [2_000_000, '2027-02-01', '2027-05-31'],
  ]);
});

describe('the outcome says the band and why, and not the indicator', () => {
  const until = '2027-08-31';
  test.each([
    [750_000, { outcome: 'in_band', upToCents: 750_000, certifiedUntil: until }],
    [750_001, { outcome: 'in_band', upToCents: 1_500_000, certifiedUntil: until }],
    [1_500_001, { outcome: 'above_bands', upToCents: null, certifiedUntil: until }],
  ])('of an ISEE of %d cents', (iseeCents, outcome) => {
    expect(iseeOutcomeOn(PRICES[1], [certified(iseeCents, '2026-09-01', until)], day('2026-11-10'))).toEqual(outcome);
  });

  test('without a certification in force, and of a flat price', () => {
    const past = [certified(0, '2025-09-01', '2026-08-31')];
    expect(iseeOutcomeOn(PRICES[1], past, day('2026-11-10'))).toMatchObject({ outcome: 'no_certification' });
    expect(iseeOutcomeOn(PRICES[0], past, day('2026-01-10'))).toBeNull();
  });
});

test('on every day one price holds: of the band of the certification in force, and then less by the reduction', () => {
  const from = day('2026-01-01');
  const certifications = fc
    .array(fc.record({ first: fc.nat(300), days: fc.nat(120), iseeCents: fc.option(fc.nat(2_000_000)) }), {
      maxLength: 6,
    })
    .map((list) =>
      list.reduce<readonly IseeCertification[]>(
        (below, { first, days, iseeCents }) =>
          withCertifications(below, [certified(iseeCents, addDays(from, first), addDays(from, first + days))]),
        [],
      ),
    );
  const reductions = fc
    .record({ first: fc.nat(300), percent: fc.integer({ min: 1, max: 100 }) })
    .map(({ first, percent }): readonly Reduction[] => [
      { percent, reason: 'siblings', validity: { from: addDays(from, first), until: null } },
    ]);
  const prices = [price(500, from, addDays(from, 199), []), price(520, addDays(from, 200), null, BANDS)];
  fc.assert(
    fc.property(certifications, reductions, fc.nat(400), (known, reduced, offset) => {
      const on = addDays(from, offset);
      const holding = (list: readonly { readonly validity: IseeCertification['validity'] }[]) =>
        list.filter(({ validity }) => isWithin(on, validity));
      const tariff = prices.find(({ validity }) => isWithin(on, validity));
      const isee = known.find(({ validity }) => isWithin(on, validity))?.iseeCents ?? Number.POSITIVE_INFINITY;
      const banded =
        tariff?.bands?.find(({ iseeUpToCents }) => isee <= iseeUpToCents)?.priceCents ?? tariff?.priceCents ?? 0;
      const percent = reduced.find(({ validity }) => isWithin(on, validity))?.percent ?? 0;
      const paid = reducedPrices(iseePrices(prices, known), reduced);
      expect(holding(paid)).toMatchObject([{ priceCents: Math.round((banded * (100 - percent)) / 100) }]);
    }),
  );
});

test('a lower ISEE never pays more, where the bands rise', () => {
  fc.assert(
    fc.property(fc.nat(2_000_000), fc.nat(2_000_000), (one, other) => {
      const paid = (isee: number) =>
        iseePrices(PRICES.slice(1), [certified(isee, '2026-09-01', '2027-08-31')])[0]?.priceCents ?? 0;
      expect(paid(Math.min(one, other))).toBeLessThanOrEqual(paid(Math.max(one, other)));
    }),
  );
});
