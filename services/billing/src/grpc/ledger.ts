import type { LedgerClient } from '@campanella/ledger-client';
import { AccountKind, TransferKind } from '@campanella/proto/ledger/v1/ledger';
import { type AccountId, type Cents, cents, numberId } from '@campanella/vocabulary';
import type { CreditCheck } from '../app/alert-low-credit.ts';
import type { TopUpLedger } from '../app/credit-top-ups.ts';

/** The ledger, for what credits top-ups. */
export function topUpLedger(client: LedgerClient): TopUpLedger {
  return {
    async accountsOf({ municipalityId, pupilId, service, overdraftCents }) {
      const [settlement, household] = await client.openAccounts([
        { municipalityId, kind: AccountKind.SETTLEMENT, ownerId: '', service: '', overdraftCents: 0 },
        { municipalityId, kind: AccountKind.HOUSEHOLD, ownerId: pupilId, service, overdraftCents },
      ]);
      if (settlement === undefined || household === undefined) throw new Error('the ledger opened fewer accounts');
      return {
        settlement: numberId<AccountId>(settlement.accountId),
        household: numberId<AccountId>(household.accountId),
      };
    },
    async post({ transferId, order, from, to }) {
      const [answered] = await client.post([
        {
          transferId,
          municipalityId: order.municipalityId,
          debitAccountId: from,
          creditAccountId: to,
          amountCents: order.amountCents,
          kind: TransferKind.TOP_UP,
          reverses: '',
          occurredAtMs: order.paidAt.getTime(),
        },
      ]);
      if (answered?.outcome?.$case === 'refused') {
        throw new Error(`the ledger refused a top-up: ${answered.outcome.value.kind}`);
      }
      return answered?.outcome?.$case === 'accepted';
    },
  };
}

/** Balances of pupils, as the ledger says; who ate on credit has an account. */
export function balancesFrom(client: LedgerClient): (checks: readonly CreditCheck[]) => Promise<readonly Cents[]> {
  return async (checks) => {
    const accounts = await client.openAccounts(
      checks.map(({ municipalityId, pupilId, service }) => ({
        ...{ municipalityId, kind: AccountKind.HOUSEHOLD, ownerId: pupilId, service, overdraftCents: 0 },
      })),
    );
    return accounts.map(({ balanceCents }) => cents(balanceCents));
  };
}
