import { type Cents, type ServiceDate, serviceDateAt } from '@campanella/vocabulary';
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

/** Whether a day is after the one until which a position asks for its payment. */
export function isLate(position: Pick<Position, 'dueOn'>, day: ServiceDate): boolean {
  return day > position.dueOn;
}

/**
 * What becomes of a receipt. `settled` settles its position, and so does `late`, of a municipality that refuses late payments. All but `settled`
 * are put before the office: `already_paid` a second payment, `cancelled` of a position that was withdrawn, `other_amount` of an open position but
 * of another amount, `unknown_notice` of a number that is not ours.
 */
export type Handling = 'settled' | 'late' | 'already_paid' | 'cancelled' | 'other_amount' | 'unknown_notice';

/** Decides about a receipt that is not known yet. A receipt cannot be refused: its existence attests the payment. */
export function handlingOf(
  receipt: Receipt,
  position: Position | null,
  rules: { readonly refusesLatePayments: boolean },
): Handling {
  if (position === null) return 'unknown_notice';
  if (position.state === 'paid') return 'already_paid';
  if (position.state === 'cancelled') return 'cancelled';
  if (receipt.paidCents !== position.amountCents) return 'other_amount';
  return rules.refusesLatePayments && isLate(position, serviceDateAt(receipt.paidAt)) ? 'late' : 'settled';
}

/** Whether a receipt of this handling discharges the debt of its position. */
export function settles(handling: Handling): boolean {
  return handling === 'settled' || handling === 'late';
}
