import { cents, SCHOOL_MEALS, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { decideTopUp, describeTopUp, PENDING_MAX, shownState, type TopUpOrder, type TopUpRules } from './top-up.ts';

const RULES: TopUpRules = {
  service: SCHOOL_MEALS,
  label: 'refezione scolastica',
  minimumCents: cents(500),
  maximumCents: cents(20_000),
  stepCents: cents(100),
  taxonomyCode: '9/TEST/',
  pendingDays: 30,
  lowCreditCents: null,
};
const TODAY = serviceDate('2026-11-23');
const decide = (amount: number, more: { isPrepaid?: boolean; pendingCount?: number } = {}) =>
  decideTopUp(RULES, { amountCents: cents(amount), isPrepaid: true, pendingCount: 0, ...more }, TODAY);

test.each([500, 600, 20_000])('%i cents are taken and wait so many days', (amount) => {
  expect(decide(amount)).toEqual({ ok: true, value: '2026-12-23' });
});

test.each([
  [499, 'below_minimum'],
  [0, 'below_minimum'],
  [-100, 'below_minimum'],
  [20_001, 'above_maximum'],
  [550, 'off_step'],
])('%i cents are refused: %s', (amount, kind) => {
  expect(decide(amount)).toMatchObject({ ok: false, refusal: { kind } });
});

test('an invoiced service has no account to top up', () => {
  expect(decide(500, { isPrepaid: false })).toMatchObject({ refusal: { kind: 'not_prepaid' } });
});

test('nobody collects more orders that wait than the maximum', () => {
  expect(decide(500, { pendingCount: PENDING_MAX - 1 }).ok).toBe(true);
  expect(decide(500, { pendingCount: PENDING_MAX })).toMatchObject({ refusal: { kind: 'too_many_pending' } });
});

test('the reason of a payment is the service alone and fits pagoPA', () => {
  expect(describeTopUp(RULES)).toBe('Ricarica refezione scolastica');
  expect(describeTopUp({ ...RULES, label: 'x'.repeat(200) })).toHaveLength(140);
});

const ORDER: TopUpOrder = {
  orderId: '00000000-0000-4000-8000-000000000001',
  pupilId: '00000000-0000-4000-8000-000000000002',
  service: SCHOOL_MEALS,
  badgeNumber: null,
  amountCents: cents(500),
  orderedAt: new Date('2026-11-20T10:00:00Z'),
  expiresOn: serviceDate('2026-12-20'),
  state: 'pending',
  paidAt: null,
  creditedAt: null,
  noticeNumber: '301000000000000144',
  cartUntil: null,
};
const NOW = new Date('2026-11-23T10:00:00Z');

test('an order is in verification while its cart lasts, and expired after its last day', () => {
  const cartUntil = new Date('2026-11-23T10:00:01Z');
  expect(shownState(ORDER, NOW, TODAY)).toBe('pending');
  expect(shownState({ ...ORDER, cartUntil }, NOW, TODAY)).toBe('in_verification');
  expect(shownState({ ...ORDER, cartUntil: NOW }, NOW, TODAY)).toBe('pending');
  expect(shownState({ ...ORDER, expiresOn: TODAY }, NOW, TODAY)).toBe('pending');
  expect(shownState(ORDER, NOW, serviceDate('2026-12-21'))).toBe('expired');
  expect(shownState({ ...ORDER, state: 'credited', cartUntil }, NOW, TODAY)).toBe('credited');
});
