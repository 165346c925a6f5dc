import { type AccountId, cents, id, type MunicipalityId, numberId } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { answerFromJournal } from './answer.ts';
import {
  type AccountFacts,
  checkReversal,
  checkTransfer,
  hasSameContent,
  TRANSFER_CENTS_MAX,
  TRANSFER_KINDS,
  type Transfer,
} from './transfer.ts';

const account = (accountId: number, municipalityId = 1): AccountFacts => ({
  accountId: numberId<AccountId>(accountId),
  municipalityId: numberId<MunicipalityId>(municipalityId),
  shard: 0,
  kind: 'household',
});

const transfers: fc.Arbitrary<Transfer> = fc.record({
  transferId: fc.uuid().map((text) => id<Transfer['transferId']>(text)),
  municipalityId: fc.constant(numberId<MunicipalityId>(1)),
  debitAccountId: fc.integer({ min: 1, max: 5 }).map((value) => numberId<AccountId>(value)),
  creditAccountId: fc.integer({ min: 6, max: 10 }).map((value) => numberId<AccountId>(value)),
  amountCents: fc.integer({ min: 1, max: TRANSFER_CENTS_MAX }).map(cents),
  kind: fc.constantFrom('meal' as const, 'top_up' as const, 'refund' as const),
  reverses: fc.constant(null),
  occurredAtMs: fc.integer({ min: 946_684_800_000, max: 4_000_000_000_000 }),
});

const accountsOf = ({ debitAccountId, creditAccountId }: Transfer) =>
  [account(debitAccountId), account(creditAccountId)] as const;
const mirrorOf = (one: Transfer): Transfer => ({
  ...one,
  transferId: id('01980000-0000-7000-8000-000000000001'),
  debitAccountId: one.creditAccountId,
  creditAccountId: one.debitAccountId,
  kind: 'reversal',
  reverses: one.transferId,
});

describe('checkTransfer', () => {
  test('takes what is well formed, between two accounts of its municipality', () => {
    fc.assert(fc.property(transfers, (one) => checkTransfer(one, ...accountsOf(one)).ok));
  });

  test('takes no amount but whole cents from one to the bound', () => {
    fc.assert(
      fc.property(transfers, fc.integer({ min: -10, max: TRANSFER_CENTS_MAX * 2 }), (one, amount) => {
        const { ok } = checkTransfer({ ...one, amountCents: cents(amount) }, ...accountsOf(one));
        expect(ok).toBe(amount >= 1 && amount <= TRANSFER_CENTS_MAX);
      }),
    );
  });

  test('takes no account of another municipality, on either side', () => {
    fc.assert(
      fc.property(transfers, fc.boolean(), (one, isDebit) => {
        const [debit, credit] = accountsOf(one);
        const foreign = { municipalityId: numberId<MunicipalityId>(2) };
        const checked = isDebit
          ? checkTransfer(one, { ...debit, ...foreign }, credit)
          : checkTransfer(one, debit, { ...credit, ...foreign });
        expect(checked).toEqual({ ok: false, refusal: { kind: 'invalid_accounts' } });
      }),
    );
  });

  test('a reversal names what it cancels, and nothing else does', () => {
    fc.assert(
      fc.property(transfers, fc.constantFrom(...TRANSFER_KINDS), fc.boolean(), (one, kind, names) => {
        const reverses = names ? id<Transfer['transferId']>('01980000-0000-7000-8000-000000000002') : null;
        const { ok } = checkTransfer({ ...one, kind, reverses }, ...accountsOf(one));
        expect(ok).toBe((kind === 'reversal') === names);
      }),
    );
  });
});

describe('checkReversal', () => {
  test('takes the mirror of a transfer, to the cent', () => {
    fc.assert(
      fc.property(transfers, fc.integer({ min: -3, max: 3 }), (one, off) => {
        const reversal = { ...mirrorOf(one), amountCents: cents(one.amountCents + off) };
        expect(checkReversal(reversal, one).ok).toBe(off === 0);
      }),
    );
  });

  test('takes no reversal of a reversal, of nothing, or in the same direction', () => {
    fc.assert(
      fc.property(transfers, (one) => {
        const reversal = mirrorOf(one);
        expect(checkReversal(mirrorOf(reversal), reversal).ok).toBe(false);
        expect(checkReversal(reversal, null).ok).toBe(false);
        expect(checkReversal({ ...one, kind: 'reversal', reverses: one.transferId }, one).ok).toBe(false);
      }),
    );
  });
});

describe('content', () => {
  test('is the same whenever it happened, under whatever id', () => {
    fc.assert(
      fc.property(transfers, transfers, (one, other) => {
        const { transferId, occurredAtMs } = other;
        expect(hasSameContent(one, { ...one, transferId, occurredAtMs })).toBe(true);
      }),
    );
  });

  test('that differs in amount, account or kind is answered with the amount that is known', () => {
    const change = fc.constantFrom<Partial<Transfer>>(
      { amountCents: cents(TRANSFER_CENTS_MAX + 1) },
      { debitAccountId: numberId<AccountId>(99) },
      { creditAccountId: numberId<AccountId>(99) },
      { kind: 'reversal' },
    );
    fc.assert(
      fc.property(transfers, change, (known, changed) => {
        const accepted = {
          kind: 'accepted',
          seq: 1,
          debitBalanceAfterCents: null,
          creditBalanceAfterCents: null,
        } as const;
        const entry = { kind: 'transfer', transfer: known, accepted, postedAtMs: 0 } as const;
        expect(answerFromJournal(entry, known)).toBe(accepted);
        expect(answerFromJournal(entry, { ...known, ...changed })).toEqual({
          kind: 'refused',
          refusal: { kind: 'content_differs', knownAmountCents: known.amountCents },
        });
      }),
    );
  });
});
