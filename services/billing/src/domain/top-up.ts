import {
  accept,
  addDays,
  type Cents,
  type Decision,
  refuse,
  type ServiceCode,
  type ServiceDate,
} from '@campanella/vocabulary';

/** What a top-up of one service may be; set by the municipality. */
export interface TopUpRules {
  readonly service: ServiceCode;
  /** As parents and the notice call the service. */
  readonly label: string;
  readonly minimumCents: Cents;
  readonly maximumCents: Cents;
  readonly stepCents: Cents;
  readonly taxonomyCode: string;
  readonly pendingDays: number;
  /** A guardian is told when the balance is less; null: is not told. */
  readonly lowCreditCents: Cents | null;
}

/** Most orders of one pupil that wait for their payment at once: whoever needs more forgot some. */
export const PENDING_MAX = 10;

/** Why an amount, or the order as a whole, cannot be taken. */
export type TopUpRefusal =
  | { readonly kind: 'below_minimum'; readonly minimumCents: Cents }
  | { readonly kind: 'above_maximum'; readonly maximumCents: Cents }
  | { readonly kind: 'off_step'; readonly stepCents: Cents }
  | { readonly kind: 'not_prepaid' }
  | { readonly kind: 'too_many_pending'; readonly pendingMax: number };

/** What is asked, and what is known of who asks. */
export interface AskedTopUp {
  readonly amountCents: Cents;
  readonly isPrepaid: boolean;
  readonly pendingCount: number;
}

/** Decides about a top-up; guards read top to bottom. @returns the last day on which the order waits for its payment */
export function decideTopUp(
  rules: TopUpRules,
  asked: AskedTopUp,
  today: ServiceDate,
): Decision<ServiceDate, TopUpRefusal> {
  const { minimumCents, maximumCents, stepCents } = rules;
  if (!asked.isPrepaid) return refuse({ kind: 'not_prepaid' });
  if (asked.amountCents < minimumCents) return refuse({ kind: 'below_minimum', minimumCents });
  if (asked.amountCents > maximumCents) return refuse({ kind: 'above_maximum', maximumCents });
  if (asked.amountCents % stepCents !== 0) return refuse({ kind: 'off_step', stepCents });
  if (asked.pendingCount >= PENDING_MAX) return refuse({ kind: 'too_many_pending', pendingMax: PENDING_MAX });
  return accept(addDays(today, rules.pendingDays));
}

/** The reason of a payment, as pagoPA, banks and statements show it: the service and nobody's name. */
export function describeTopUp(rules: TopUpRules): string {
  return `Ricarica ${rules.label}`.slice(0, 140);
}

export type OrderState = 'pending' | 'paid' | 'credited' | 'cancelled';

/** A top-up order as a parent sees it. */
export interface TopUpOrder {
  readonly orderId: string;
  readonly pupilId: string;
  readonly service: ServiceCode;
  readonly badgeNumber: string | null;
  readonly amountCents: Cents;
  readonly orderedAt: Date;
  readonly expiresOn: ServiceDate;
  readonly state: OrderState;
  readonly paidAt: Date | null;
  readonly creditedAt: Date | null;
  readonly noticeNumber: string;
  /** A cart of ours is under way until then; null where none is. */
  readonly cartUntil: Date | null;
}

/**
 * What a parent reads of an order. `in_verification`: a payment was begun in a cart and its receipt has not come; `expired`: it waits no longer, and
 * money that comes all the same is recorded and credited.
 */
export type ShownState = 'pending' | 'in_verification' | 'paid' | 'credited' | 'cancelled' | 'expired';

export function shownState(order: TopUpOrder, now: Date, today: ServiceDate): ShownState {
  if (order.state !== 'pending') return order.state;
  if (order.cartUntil !== null && order.cartUntil > now) return 'in_verification';
  return order.expiresOn < today ? 'expired' : 'pending';
}
