import type { LedgerClient } from '@campanella/ledger-client';
import { AccountKind, RefusalKind, TransferKind, type TransferOutcome } from '@campanella/proto/ledger/v1/ledger';
import { type AccountId, cents, numberId } from '@campanella/vocabulary';
import type { AccountOwner, Ledger, MealTransfer, TransferAnswer } from '../app/ports.ts';

/** The ledger over its client's long-lived streams. */
export function ledgerPort(client: LedgerClient): Ledger {
  return {
    async post(transfers) {
      const outcomes = await client.post(transfers.map(toTransfer));
      return outcomes.map(toAnswer);
    },
    async openAccounts(owners) {
      const accounts = await client.openAccounts(owners.map(toOpenRequest));
      return accounts.map((account) => numberId<AccountId>(account.accountId));
    },
  };
}

function toTransfer(transfer: MealTransfer) {
  const { transferId, municipalityId, debitAccountId, creditAccountId, amountCents, occurredAtMs } = transfer;
  return {
    transferId,
    municipalityId,
    debitAccountId,
    creditAccountId,
    amountCents,
    occurredAtMs,
    kind: transfer.reverses === null ? TransferKind.MEAL : TransferKind.REVERSAL,
    reverses: transfer.reverses ?? '',
  };
}

function toOpenRequest({ municipalityId, pupilId, service, overdraftCents }: AccountOwner) {
  return pupilId === null
    ? { municipalityId, kind: AccountKind.REVENUE, ownerId: '', service, overdraftCents: 0 }
    : { municipalityId, kind: AccountKind.HOUSEHOLD, ownerId: pupilId, service, overdraftCents };
}

/** A refusal that attendance cannot have caused is not decided: it stays visible in the log and is tried again. */
function toAnswer({ outcome }: TransferOutcome): TransferAnswer {
  if (outcome?.$case === 'accepted') return { kind: 'accepted' };
  if (outcome?.$case !== 'refused') return { kind: 'unavailable', reason: outcome?.value.reason ?? 'no outcome' };
  const { kind, knownAmountCents } = outcome.value;
  if (kind === RefusalKind.LIMIT_EXCEEDED) return { kind: 'limit_exceeded' };
  if (kind === RefusalKind.UNKNOWN_ACCOUNT) return { kind: 'unknown_account' };
  if (kind === RefusalKind.CONTENT_DIFFERS && knownAmountCents !== undefined) {
    return { kind: 'known_amount', amountCents: cents(knownAmountCents) };
  }
  return { kind: 'unavailable', reason: `refused: ${kind}` };
}
