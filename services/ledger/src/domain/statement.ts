import {
  accept,
  addCents,
  addDays,
  type Cents,
  type Decision,
  parseServiceDate,
  refuse,
  type ServiceDate,
} from '@campanella/vocabulary';
import type { TransferKind } from './transfer.ts';

/** The longest range of a statement: three years and a day. */
export const STATEMENT_DAYS_MAX = 36 * 31;

export interface DayRange {
  readonly from: ServiceDate;
  readonly to: ServiceDate;
}

export type RangeRefusal =
  | { readonly kind: 'invalid_day'; readonly field: 'from' | 'to' }
  | { readonly kind: 'inverted_range' }
  | { readonly kind: 'range_too_long' };

/** Reads a range of days, both ends included. */
export function parseRange(from: string, to: string): Decision<DayRange, RangeRefusal> {
  const first = parseServiceDate(from);
  const last = parseServiceDate(to);
  if (first === null) return refuse({ kind: 'invalid_day', field: 'from' });
  if (last === null) return refuse({ kind: 'invalid_day', field: 'to' });
  if (first > last) return refuse({ kind: 'inverted_range' });
  if (last > addDays(first, STATEMENT_DAYS_MAX)) return refuse({ kind: 'range_too_long' });
  return accept({ from: first, to: last });
}

/** A movement as its account sees it: signed, a debit below zero. */
export interface Movement {
  readonly seq: number;
  readonly transferId: string;
  readonly occurredAt: Date;
  readonly postedAt: Date;
  readonly kind: TransferKind;
  readonly reverses: string | null;
  readonly amountCents: Cents;
}

export interface StatedMovement extends Movement {
  readonly balanceAfterCents: Cents;
}

/** Carries a balance along movements in their order: each shows what the account held after it. */
export function withBalances(openingCents: Cents, movements: readonly Movement[]): StatedMovement[] {
  let balance = openingCents;
  return movements.map((movement) => {
    balance = addCents(balance, movement.amountCents);
    return { ...movement, balanceAfterCents: balance };
  });
}
