import { type Cents, cents, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type AccountingDocument,
  containedVat,
  decideIssue,
  documentNumber,
  type Instalment,
  type NewDocument,
  stampOf,
  standingOf,
} from './document.ts';

const DAY = (day: number) => serviceDate(`2026-12-${String(day).padStart(2, '0')}`);
const instalment = (ordinal: number, amount: number, day: number) => ({
  ...{ instalmentId: `i${ordinal}`, amountCents: cents(amount), dueOn: DAY(day) },
});
const NEW: NewDocument = {
  ...{ kind: 'invoice', vat: 'vat_4', chargedCents: cents(13_500), issuedOn: DAY(1) },
  instalments: [instalment(1, 4_500, 10), instalment(2, 4_500, 20), instalment(3, 4_500, 30)],
};

test('VAT at 4 % is contained in the amount, half a cent rounded up; an exempt document has none', () => {
  expect(containedVat('vat_4', cents(10_400))).toBe(400);
  expect(containedVat('vat_4', cents(520))).toBe(20);
  expect(containedVat('vat_4', cents(13))).toBe(1);
  expect(containedVat('vat_4', cents(12))).toBe(0);
  expect(containedVat('exempt', cents(10_400))).toBe(0);
});

test('the stamp is due above 77.47 euros without VAT, and only there', () => {
  expect(stampOf('exempt', cents(7_747))).toBe(0);
  expect(stampOf('exempt', cents(7_748))).toBe(200);
  expect(stampOf('vat_4', cents(100_000))).toBe(0);
});

test('a document whose instalments sum to what it comes to is issued', () => {
  expect(decideIssue(NEW)).toEqual({ ok: true, value: { amountCents: 13_500, vatCents: 519, stampCents: 0 } });
  const exempt = { ...NEW, vat: 'exempt' as const, instalments: [instalment(1, 13_700, 10)] };
  expect(decideIssue(exempt)).toEqual({ ok: true, value: { amountCents: 13_700, vatCents: 0, stampCents: 200 } });
});

test.each<[string, Partial<NewDocument>, string]>([
  ['no instalment', { instalments: [] }, 'no_instalments'],
  [
    'thirteen instalments',
    { instalments: Array.from({ length: 13 }, (_, i) => instalment(i, 1, i + 1)) },
    'too_many_instalments',
  ],
  ['instalments that sum to less', { instalments: [instalment(1, 13_499, 10)] }, 'wrong_sum'],
  ['the stamp forgotten', { vat: 'exempt', instalments: [instalment(1, 13_500, 10)] }, 'wrong_sum'],
  ['a due day before its own', { issuedOn: DAY(11) }, 'due_before_issue'],
  [
    'two instalments on one day',
    { instalments: [instalment(1, 4_500, 10), instalment(2, 9_000, 10)] },
    'unordered_instalments',
  ],
])('a document with %s is refused', (_name, change, kind) => {
  expect(decideIssue({ ...NEW, ...change })).toMatchObject({ ok: false, refusal: { kind } });
});

const standing = (states: readonly Partial<Instalment>[], isHandedOver = false): AccountingDocument => ({
  ...{ documentId: 'd', kind: 'invoice', year: 2026, number: 12, pupilId: 'p', service: 'school_meals' },
  ...{ description: 'Mensa', issuedOn: DAY(1), vatCents: cents(0), stampCents: cents(0), isHandedOver },
  amountCents: cents(states.length * 4_500),
  instalments: states.map((state, index) => ({
    ...{ instalmentId: `i${index}`, ordinal: index + 1, amountCents: cents(4_500), dueOn: DAY(10 * (index + 1)) },
    ...{ state: 'open', paidAt: null, noticeNumber: '1', cartUntil: null },
    ...state,
  })),
});
const NOW = new Date('2026-12-05T10:00:00Z');
const PAID = { state: 'paid' as const };
const IN_CART = { cartUntil: new Date('2026-12-05T10:10:00Z') };

test.each<[string, AccountingDocument, number, string, string]>([
  ['nothing paid', standing([{}, {}]), 5, 'issued', '2026-12-10'],
  ['the first paid', standing([PAID, {}]), 5, 'partly_paid', '2026-12-20'],
  ['the first late', standing([{}, {}]), 11, 'overdue', '2026-12-10'],
  ['the first paid and the second late', standing([PAID, {}]), 21, 'overdue', '2026-12-20'],
  ['one in a cart', standing([{}, IN_CART]), 11, 'in_verification', '2026-12-10'],
  ['all paid', standing([PAID, PAID]), 21, 'paid', '2026-12-20'],
  ['handed over', standing([PAID, { state: 'handed_over' }], true), 21, 'handed_over', '2026-12-20'],
])('with %s a document is shown as it stands', (_name, document, day, state, dueOn) => {
  expect(standingOf(document, NOW, DAY(day))).toMatchObject({ state, dueOn });
});

test('what is due and what is paid always sum to the document', () => {
  const state = fc.constantFrom<Instalment['state']>('open', 'paid', 'handed_over');
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 3 }), (states) => {
      const document = standing(states.map((one) => ({ state: one })));
      const { dueCents, paidCents, state: shown } = standingOf(document, NOW, DAY(5));
      const sum: Cents = document.amountCents;
      expect(dueCents + paidCents).toBe(sum);
      expect(shown === 'paid').toBe(dueCents === 0);
    }),
  );
});

test('a number is said with its year', () => {
  expect(documentNumber({ number: 12, year: 2026 })).toBe('12/2026');
});
