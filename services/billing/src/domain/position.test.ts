import { cents, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { noticeNumber } from './notice-number.ts';
import { handlingOf, type Position, type Receipt } from './position.ts';

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

test('only the right amount for an open position settles it', () => {
  expect(handlingOf(RECEIPT, POSITION)).toBe('settled');
  expect(handlingOf({ ...RECEIPT, paidCents: cents(1_999) }, POSITION)).toBe('other_amount');
  expect(handlingOf({ ...RECEIPT, paidCents: cents(2_001) }, POSITION)).toBe('other_amount');
});

test('money for what is paid, cancelled or unknown is kept for the office', () => {
  expect(handlingOf(RECEIPT, { ...POSITION, state: 'paid' })).toBe('already_paid');
  expect(handlingOf(RECEIPT, { ...POSITION, state: 'cancelled' })).toBe('cancelled');
  expect(handlingOf(RECEIPT, null)).toBe('unknown_notice');
});
