import { cents } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { type PupilPayment, sumYear } from './certification.ts';

const [FIRST, SECOND] = ['A', 'B'].map((codiceFiscale) => ({ codiceFiscale, fullName: codiceFiscale })) as [
  PupilPayment['payer'],
  PupilPayment['payer'],
];
const paid = (amount: number, at: string, more: Partial<PupilPayment> = {}): PupilPayment => ({
  ...{ payer: FIRST, service: 'school_meals', amountCents: cents(amount), at: new Date(at), isTraceable: true },
  ...more,
});

test('what counts is the day of the payment in Rome, to the last second of the year', () => {
  const payments = [
    ...[paid(1, '2025-12-31T22:59:59Z'), paid(10, '2025-12-31T23:00:00Z')],
    ...[paid(100, '2026-12-31T22:59:59Z'), paid(1_000, '2026-12-31T23:00:00Z')],
  ];
  expect([2025, 2026, 2027].map((year) => sumYear(payments, year)[0]?.totalCents)).toEqual([1, 110, 1_000]);
});

test('each payer has a sum of their own, without cash and less what was given back', () => {
  const payments = [
    paid(5_000, '2026-03-01T10:00:00Z'),
    paid(2_000, '2026-04-01T10:00:00Z', { payer: SECOND, service: 'transport' }),
    paid(3_000, '2026-05-01T10:00:00Z', { isTraceable: false }),
    paid(-1_000, '2026-06-01T10:00:00Z'),
  ];
  expect(sumYear(payments, 2026)).toEqual([
    { payer: FIRST, totalCents: 4_000, services: [{ service: 'school_meals', amountCents: 4_000 }] },
    { payer: SECOND, totalCents: 2_000, services: [{ service: 'transport', amountCents: 2_000 }] },
  ]);
  expect(sumYear([paid(100, '2026-03-01T10:00:00Z'), paid(-100, '2026-03-02T10:00:00Z')], 2026)).toEqual([]);
});
