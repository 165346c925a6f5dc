import type { Cents, ServiceDate } from '@campanella/vocabulary';
import type { NoticeNumber } from './notice-number.ts';

/** Who owes: as the node is told, and nobody else. */
export interface Debtor {
  readonly codiceFiscale: string;
  readonly fullName: string;
}

/** What pagoPA may ask about. */
export interface Position {
  readonly positionId: string;
  readonly noticeNumber: NoticeNumber;
  readonly kind: 'top_up' | 'instalment';
  /** The top-up order or the instalment. */
  readonly subjectId: string;
  readonly amountCents: Cents;
  /** Shown to whoever pays: no personal data. */
  readonly description: string;
  readonly taxonomyCode: string;
  readonly debtor: Debtor;
  readonly dueOn: ServiceDate;
  readonly state: 'open' | 'paid' | 'cancelled';
}

/** What a receipt says that matters here. */
export interface Receipt {
  readonly receiptId: string;
  readonly noticeNumber: NoticeNumber;
  /** The sum of the transfers that are ours. */
  readonly paidCents: Cents;
  readonly paidAt: Date;
  readonly pspName: string;
}

/**
 * What becomes of a receipt. Only `settled` settles its position by itself; all others are real money that the office decides about:
 * `already_paid` a second payment, `cancelled` of a position that was withdrawn, `other_amount` of an open position but of another amount,
 * `unknown_notice` of a number that is not ours.
 */
export type Handling = 'settled' | 'already_paid' | 'cancelled' | 'other_amount' | 'unknown_notice';

/** Decides about a receipt that is not known yet. A receipt cannot be refused: its existence attests the payment. */
export function handlingOf(receipt: Receipt, position: Position | null): Handling {
  if (position === null) return 'unknown_notice';
  if (position.state === 'paid') return 'already_paid';
  if (position.state === 'cancelled') return 'cancelled';
  return receipt.paidCents === position.amountCents ? 'settled' : 'other_amount';
}
