import {
  type AccountId,
  accept,
  type Cents,
  cents,
  type Decision,
  type MunicipalityId,
  refuse,
  type TransferId,
} from '@campanella/vocabulary';

/** The largest single transfer: far above any meal or top-up, far below what makes a sum inexact. */
export const TRANSFER_CENTS_MAX = cents(100_000_000);

export const TRANSFER_KINDS = ['meal', 'top_up', 'reversal', 'refund'] as const;
export type TransferKind = (typeof TRANSFER_KINDS)[number];

export type AccountKind = 'household' | 'revenue' | 'settlement';

/** What never changes about an account. */
export interface AccountFacts {
  readonly accountId: AccountId;
  readonly municipalityId: MunicipalityId;
  readonly shard: number;
  readonly kind: AccountKind;
}

/** A transfer that somebody asks for. */
export interface Transfer {
  readonly transferId: TransferId;
  readonly municipalityId: MunicipalityId;
  readonly debitAccountId: AccountId;
  readonly creditAccountId: AccountId;
  readonly amountCents: Cents;
  readonly kind: TransferKind;
  /** The transfer that a reversal cancels; null otherwise. */
  readonly reverses: TransferId | null;
  readonly occurredAtMs: number;
}

/** What is wrong with a request itself. Nothing was decided, no id is used up: mended, it may be sent again. */
export type InvalidTransfer =
  | { readonly kind: 'invalid_transfer' }
  | { readonly kind: 'invalid_amount' }
  | { readonly kind: 'unknown_account' }
  | { readonly kind: 'invalid_accounts' }
  | { readonly kind: 'invalid_reversal' };

/** A refusal that depended on the instant's state: it is kept, and the id keeps it for ever. */
export type KeptRefusal =
  | { readonly kind: 'limit_exceeded'; readonly balanceCents: Cents; readonly overdraftCents: Cents }
  | { readonly kind: 'already_reversed' };

/** The id belongs to a transfer with another content. */
export interface ContentDiffers {
  readonly kind: 'content_differs';
  readonly knownAmountCents: Cents;
}

export type TransferRefusal = InvalidTransfer | KeptRefusal | ContentDiffers;

/** The accounts of a transfer whose shape is right. */
export interface TransferAccounts {
  readonly debit: AccountFacts;
  readonly credit: AccountFacts;
}

/** Checks a transfer against its accounts; guards read top to bottom, the first that applies is the answer. */
export function checkTransfer(
  transfer: Transfer,
  debit: AccountFacts | undefined,
  credit: AccountFacts | undefined,
): Decision<TransferAccounts, InvalidTransfer> {
  if (transfer.amountCents <= 0 || transfer.amountCents > TRANSFER_CENTS_MAX) return refuse({ kind: 'invalid_amount' });
  if (debit === undefined || credit === undefined) return refuse({ kind: 'unknown_account' });
  if (debit.accountId === credit.accountId) return refuse({ kind: 'invalid_accounts' });
  if (debit.municipalityId !== transfer.municipalityId || credit.municipalityId !== transfer.municipalityId) {
    return refuse({ kind: 'invalid_accounts' });
  }
  if ((transfer.kind === 'reversal') !== (transfer.reverses !== null)) return refuse({ kind: 'invalid_reversal' });
  if (transfer.reverses === transfer.transferId) return refuse({ kind: 'invalid_reversal' });
  return accept({ debit, credit });
}

/** Checks a reversal against what it says it cancels: that exists, is no reversal itself, and is mirrored to the cent. */
export function checkReversal(reversal: Transfer, original: Transfer | null): Decision<Transfer, InvalidTransfer> {
  const isMirror =
    original !== null &&
    original.kind !== 'reversal' &&
    original.debitAccountId === reversal.creditAccountId &&
    original.creditAccountId === reversal.debitAccountId &&
    original.amountCents === reversal.amountCents;
  return isMirror ? accept(reversal) : refuse({ kind: 'invalid_reversal' });
}

/** Says whether two transfers under one id are the same: accounts, amount, kind, reverses. When it happened only describes. */
export function hasSameContent(one: Transfer, other: Transfer): boolean {
  return (
    one.debitAccountId === other.debitAccountId &&
    one.creditAccountId === other.creditAccountId &&
    one.amountCents === other.amountCents &&
    one.kind === other.kind &&
    one.reverses === other.reverses
  );
}
