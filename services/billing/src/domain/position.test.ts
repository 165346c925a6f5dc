import { cents, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { noticeNumber } from './notice-number.ts';
import { handlingOf, type Position, type Receipt, settles } from './position.ts';

const POSITION: Position = {
  positionId: '00000000-0000-4000-8000-000000000001',
  noticeNumber: noticeNumber('01', 1),
  kind: 'top_up',
  subjectId: '00000000-0000-4000-8000-000000000002',
  amountCents: cents(2_000),
  description: 'Ricarica refezione scolastica',
  taxonomyCode: '9/TEST/',
  debtor: { codiceFiscale: 'ANONIMO', fullName: 'Zefiro Prova' },
  dueOn: serviceDate('2026-12-23'),
  state: 'open',
};
const RECEIPT: Receipt = {
  receiptId: 'r1',
  noticeNumber: POSITION.noticeNumber,
  paidCents: cents(2_000),
  paidAt: new Date('2026-11-23T10:00:00Z'),
  pspName: 'Banca di Prova',
};

const LENIENT = { refusesLatePayments: false };
const STRICT = { refusesLatePayments: true };

test('only the right amount for an open position settles it', () => {
  expect(handlingOf(RECEIPT, POSITION, LENIENT)).toBe('settled');
  expect(handlingOf({ ...RECEIPT, paidCents: cents(1_999) }, POSITION, LENIENT)).toBe('other_amount');
  expect(handlingOf({ ...RECEIPT, paidCents: cents(2_001) }, POSITION, LENIENT)).toBe('other_amount');
});

test('money for what is paid, cancelled or unknown is kept for the office', () => {
  expect(handlingOf(RECEIPT, { ...POSITION, state: 'paid' }, LENIENT)).toBe('already_paid');
  expect(handlingOf(RECEIPT, { ...POSITION, state: 'cancelled' }, LENIENT)).toBe('cancelled');
  expect(handlingOf(RECEIPT, null, LENIENT)).toBe('unknown_notice');
});

test('a payment is late from midnight in Rome, and only where the municipality refuses late ones', () => {
  const paid = (paidAt: string) => ({ ...RECEIPT, paidAt: new Date(paidAt) });
  expect(handlingOf(paid('2026-12-23T22:59:59Z'), POSITION, STRICT)).toBe('settled');
  expect(handlingOf(paid('2026-12-23T23:00:00Z'), POSITION, STRICT)).toBe('late');
  expect(handlingOf(paid('2026-12-23T23:00:00Z'), POSITION, LENIENT)).toBe('settled');
  expect([settles('settled'), settles('late'), settles('already_paid')]).toEqual([true, true, false]);
});
