import { cents, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type AccountingDocument,
  containedVat,
  decideIssue,
  documentNumber,
  type Instalment,
  type NewDocument,
  planInstalments,
  stampOf,
  standingOf,
} from './document.ts';
import type { Law } from './law.ts';

const LAW: Law = {
  stampDuty: [
    { validFrom: serviceDate('2007-01-01'), aboveCents: cents(7_747), stampCents: cents(181), source: 'before' },
    { validFrom: serviceDate('2013-06-26'), aboveCents: cents(7_747), stampCents: cents(200), source: 'since' },
  ],
  certification730: [],
};

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
  expect(stampOf(LAW, 'exempt', cents(7_747), DAY(1))).toBe(0);
  expect(stampOf(LAW, 'exempt', cents(7_748), DAY(1))).toBe(200);
  expect(stampOf(LAW, 'vat_4', cents(100_000), DAY(1))).toBe(0);
});

test('the stamp is that of the day of issue, and none before the law knows one', () => {
  const stampOn = (day: string) => stampOf(LAW, 'exempt', cents(10_000), serviceDate(day));
  expect(['2006-12-31', '2013-06-25', '2013-06-26'].map(stampOn)).toEqual([0, 181, 200]);
});

test('a document whose instalments sum to what it comes to is issued', () => {
  expect(decideIssue(LAW, NEW)).toEqual({ ok: true, value: { amountCents: 13_500, vatCents: 519, stampCents: 0 } });
  const exempt = { ...NEW, vat: 'exempt' as const, instalments: [instalment(1, 13_700, 10)] };
  expect(decideIssue(LAW, exempt)).toEqual({ ok: true, value: { amountCents: 13_700, vatCents: 0, stampCents: 200 } });
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
  expect(decideIssue(LAW, { ...NEW, ...change })).toMatchObject({ ok: false, refusal: { kind } });
});

const standing = (
  states: readonly Partial<Instalment>[],
  more: Partial<AccountingDocument> = {},
): AccountingDocument => ({
  ...{ documentId: 'd', kind: 'invoice', series: '', year: 2026, number: 12, pupilId: 'p', service: 'school_meals' },
  ...{ description: 'Mensa', issuedOn: DAY(1), vatCents: cents(0), stampCents: cents(0), creditedCents: cents(0) },
  ...{ isHandedOver: false, isReminded: false, isRefunded: false, issuedCents: cents(states.length * 4_500) },
  instalments: states.map((state, index) => ({
    ...{ instalmentId: `i${index}`, ordinal: index + 1, amountCents: cents(4_500), dueOn: DAY(10 * (index + 1)) },
    ...{ state: 'open', paidAt: null, noticeNumber: '1', cartUntil: null },
    ...state,
  })),
  ...more,
});
const NOW = new Date('2026-12-05T10:00:00Z');
const PAID = { state: 'paid' as const };
const GONE = { state: 'cancelled' as const, amountCents: cents(0) };
const IN_CART = { cartUntil: new Date('2026-12-05T10:10:00Z') };

test.each<[string, AccountingDocument, number, string, string]>([
  ['nothing paid', standing([{}, {}]), 5, 'issued', '2026-12-10'],
  ['the first paid', standing([PAID, {}]), 5, 'partly_paid', '2026-12-20'],
  ['the first late', standing([{}, {}]), 11, 'overdue', '2026-12-10'],
  ['the first paid and the second late', standing([PAID, {}]), 21, 'overdue', '2026-12-20'],
  ['one in a cart', standing([{}, IN_CART]), 11, 'in_verification', '2026-12-10'],
  ['all paid', standing([PAID, PAID]), 21, 'paid', '2026-12-20'],
  ['the first late and reminded of', standing([{}, {}], { isReminded: true }), 11, 'reminded', '2026-12-10'],
  ['the first late, reminded of and paid', standing([PAID, {}], { isReminded: true }), 12, 'partly_paid', '2026-12-20'],
  ['all taken off by a credit note', standing([GONE, GONE]), 5, 'cancelled', '2026-12-20'],
  ['the rest taken off by a credit note', standing([PAID, GONE]), 5, 'paid', '2026-12-20'],
  [
    ...[
      'handed over',
      standing([PAID, { state: 'handed_over' }], { isHandedOver: true }),
      21,
      'handed_over',
      '2026-12-20',
    ],
  ] as const,
])('with %s a document is shown as it stands', (_name, document, day, state, dueOn) => {
  expect(standingOf(document, NOW, DAY(day))).toMatchObject({ state, dueOn });
});

test('what is due and what is paid always sum to the document, less what credit notes took off', () => {
  const part = fc.record({
    state: fc.constantFrom<Instalment['state']>('open', 'paid', 'handed_over', 'cancelled'),
    credited: fc.integer({ min: 0, max: 4_499 }),
  });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
      const credits = parts.map(({ state, credited }) => (state === 'cancelled' ? 4_500 : credited));
      const document = standing(
        parts.map(({ state }, index) => ({ state, amountCents: cents(4_500 - (credits[index] ?? 0)) })),
      );
      const { amountCents, dueCents, paidCents, state: shown } = standingOf(document, NOW, DAY(5));
      expect(dueCents + paidCents).toBe(amountCents);
      expect(amountCents).toBe(document.issuedCents - credits.reduce((sum, one) => sum + one, 0));
      expect(shown === 'paid' || shown === 'cancelled').toBe(dueCents === 0);
    }),
  );
});

test.each([
  ['nothing taken off yet', 0, false, [-1_000, -1_000, 0], 'issued'],
  ['a part taken off a document', 400, false, [-600, -600, 0], 'issued'],
  ['all taken off documents', 1_000, false, [0, 0, 0], 'paid'],
  ['the rest given back', 400, true, [-600, 0, -600], 'paid'],
])('a credit note with %s owes the parent what is left', (_name, credited, isRefunded, amounts, state) => {
  const note = standing([], {
    kind: 'credit_note',
    issuedCents: cents(1_000),
    creditedCents: cents(credited),
    isRefunded,
  });
  const shown = standingOf(note, NOW, DAY(5));
  expect([shown.amountCents, shown.dueCents, shown.paidCents]).toEqual(amounts);
  expect(shown.state).toBe(state);
});

test('instalments are equal but for the cents left over, sum to the document, and none is too small', () => {
  const plan = { count: 3, leastCents: cents(1_000), dueDays: 30, daysApart: 30 };
  expect(planInstalments(cents(10_001), DAY(1), plan).map(({ amountCents, dueOn }) => [amountCents, dueOn])).toEqual([
    [3_335, '2026-12-31'],
    [3_333, '2027-01-30'],
    [3_333, '2027-03-01'],
  ]);
  const amounts = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(
      amounts,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 50_000 }),
      (amount, count, least) => {
        const parts = planInstalments(cents(amount), DAY(1), { ...plan, count, leastCents: cents(least) });
        expect(parts.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(amount);
        expect(parts.length === 1 || parts.every(({ amountCents }) => amountCents >= Math.max(1, least))).toBe(true);
      },
    ),
  );
});

test('a number is said with its year, and with its series where it has one', () => {
  expect(documentNumber({ number: 12, series: '', year: 2026 })).toBe('12/2026');
  expect(documentNumber({ number: 12, series: 'M', year: 2026 })).toBe('12/M/2026');
});
