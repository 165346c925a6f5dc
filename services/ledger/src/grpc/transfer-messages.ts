import {
  AccountKind,
  type Account as AccountMessage,
  RefusalKind,
  TransferKind as TransferKindMessage,
  type Transfer as TransferMessage,
  type TransferOutcome,
} from '@campanella/proto/ledger/v1/ledger';
import {
  type AccountId,
  accept,
  type Cents,
  type Decision,
  type MunicipalityId,
  parseId,
  parseNumberId,
  refuse,
  type TransferId,
} from '@campanella/vocabulary';
import type { Account } from '../app/ports.ts';
import type { Answer } from '../domain/answer.ts';
import type {
  AccountKind as DomainAccountKind,
  InvalidTransfer,
  Transfer,
  TransferKind,
  TransferRefusal,
} from '../domain/transfer.ts';

const KINDS: ReadonlyMap<TransferKindMessage, TransferKind> = new Map([
  [TransferKindMessage.MEAL, 'meal'],
  [TransferKindMessage.TOP_UP, 'top_up'],
  [TransferKindMessage.REVERSAL, 'reversal'],
  [TransferKindMessage.REFUND, 'refund'],
]);

/** The wire's word for each refusal: a new one does not compile until someone decides what callers see. */
const REFUSALS: Record<TransferRefusal['kind'], RefusalKind> = {
  limit_exceeded: RefusalKind.LIMIT_EXCEEDED,
  already_reversed: RefusalKind.ALREADY_REVERSED,
  content_differs: RefusalKind.CONTENT_DIFFERS,
  unknown_account: RefusalKind.UNKNOWN_ACCOUNT,
  invalid_amount: RefusalKind.INVALID_AMOUNT,
  invalid_accounts: RefusalKind.INVALID_ACCOUNTS,
  invalid_reversal: RefusalKind.INVALID_REVERSAL,
  invalid_transfer: RefusalKind.INVALID_TRANSFER,
};

const ACCOUNT_KINDS: Record<DomainAccountKind, AccountKind> = {
  household: AccountKind.HOUSEHOLD,
  revenue: AccountKind.REVENUE,
  settlement: AccountKind.SETTLEMENT,
};

/** Instants a transfer may carry: from 2000 to 2100. */
const OCCURRED_FROM_MS = Date.UTC(2000, 0, 1);
const OCCURRED_TO_MS = Date.UTC(2100, 0, 1);

/** Parses a transfer once, here at the rim. */
export function parseTransfer(message: TransferMessage): Decision<Transfer, InvalidTransfer> {
  const transferId = parseId<TransferId>(message.transferId);
  const municipalityId = parseNumberId<MunicipalityId>(message.municipalityId);
  const kind = KINDS.get(message.kind);
  const reverses = message.reverses === '' ? null : parseId<TransferId>(message.reverses);
  const { occurredAtMs } = message;
  if (transferId === null || municipalityId === null || kind === undefined) return refuse({ kind: 'invalid_transfer' });
  if (message.reverses !== '' && reverses === null) return refuse({ kind: 'invalid_transfer' });
  if (!(occurredAtMs >= OCCURRED_FROM_MS && occurredAtMs < OCCURRED_TO_MS)) return refuse({ kind: 'invalid_transfer' });
  const debitAccountId = parseNumberId<AccountId>(message.debitAccountId);
  const creditAccountId = parseNumberId<AccountId>(message.creditAccountId);
  if (debitAccountId === null || creditAccountId === null) return refuse({ kind: 'unknown_account' });
  // An int64 that is no amount (zero, negative, huge) is refused by the rule, with its own kind.
  const amountCents = message.amountCents as Cents;
  return accept({
    transferId,
    municipalityId,
    debitAccountId,
    creditAccountId,
    amountCents,
    kind,
    reverses,
    occurredAtMs,
  });
}

/** Writes an answer as the wire says it. */
export function toOutcome(transferId: string, answer: Answer): TransferOutcome {
  if (answer.kind === 'unavailable') {
    return { transferId, outcome: { $case: 'unavailable', value: { reason: answer.reason } } };
  }
  if (answer.kind === 'accepted') {
    const { seq, debitBalanceAfterCents, creditBalanceAfterCents } = answer;
    return {
      transferId,
      outcome: {
        $case: 'accepted',
        value: {
          seq,
          debitBalanceAfterCents: debitBalanceAfterCents ?? undefined,
          creditBalanceAfterCents: creditBalanceAfterCents ?? undefined,
        },
      },
    };
  }
  const { refusal } = answer;
  return {
    transferId,
    outcome: {
      $case: 'refused',
      value: {
        kind: REFUSALS[refusal.kind],
        balanceCents: refusal.kind === 'limit_exceeded' ? refusal.balanceCents : undefined,
        overdraftCents: refusal.kind === 'limit_exceeded' ? refusal.overdraftCents : undefined,
        knownAmountCents: refusal.kind === 'content_differs' ? refusal.knownAmountCents : undefined,
      },
    },
  };
}

export function toTransferMessage(transfer: Transfer): TransferMessage {
  const kind = [...KINDS].find(([, word]) => word === transfer.kind)?.[0] ?? TransferKindMessage.UNSPECIFIED;
  return { ...transfer, kind, reverses: transfer.reverses ?? '', retry: false };
}

export function toAccountMessage(account: Account): AccountMessage {
  return { ...account, kind: ACCOUNT_KINDS[account.kind], ownerId: account.ownerId ?? '' };
}

/** The account kind of the wire's word; null for none. */
export function parseAccountKind(kind: AccountKind): DomainAccountKind | null {
  const entries = Object.entries(ACCOUNT_KINDS) as [DomainAccountKind, AccountKind][];
  return entries.find(([, word]) => word === kind)?.[0] ?? null;
}
