import type { Transaction } from '@campanella/postgres';
import type { AccountId } from '@campanella/vocabulary';
import { v5 } from 'uuid';
import type { Clock, InTransaction, NotificationStore, OrderStore, PaidOrder } from './ports.ts';

/** Orders credited in one look. */
const ROUND_MAX = 100;
/** Namespace of the ids of transfers that credit top-ups; fixed for ever, made once with `uuidgen`. */
const TOP_UP_TRANSFERS = 'c0a4f3e2-6f0b-4d7e-9b53-1f8f0d6c2a97';

/** The transfer that credits an order: the same for every attempt by anybody, so that an order is credited once. */
export function topUpTransferId(order: Pick<PaidOrder, 'municipalityId' | 'orderId'>): string {
  return v5(`${order.municipalityId}/${order.orderId}`, TOP_UP_TRANSFERS);
}

/** The ledger as crediting needs it. */
export interface TopUpLedger {
  /** The settlement account and the account of the order's pupil; opened where they are not. */
  accountsOf(order: PaidOrder): Promise<{ readonly settlement: AccountId; readonly household: AccountId }>;
  /** True when the transfer is posted, now or before; false: ask again. @throws Error for a refusal, which nobody can have caused */
  post(transfer: {
    readonly transferId: string;
    readonly order: PaidOrder;
    readonly from: AccountId;
    readonly to: AccountId;
  }): Promise<boolean>;
}

export interface CreditDeps {
  readonly transaction: InTransaction;
  readonly orders: OrderStore;
  readonly ledger: TopUpLedger;
  readonly notifications: Pick<NotificationStore, 'add'>;
  readonly clock: Clock;
  /** Appends `billing.top_up_credited.v1`. */
  readonly appendCredited: (tx: Transaction, order: PaidOrder, transferId: string) => Promise<void>;
  readonly onFault: (fault: unknown, order: PaidOrder) => void;
}

/**
 * Puts the money of paid orders on their accounts. Any replica may do it at any time, two at once included: the ledger knows the transfer's
 * id. An order that fails does not hold up the next one.
 *
 * @returns how many are on their account now
 */
export async function creditTopUps(deps: CreditDeps): Promise<number> {
  let credited = 0;
  for (const order of await deps.orders.listPaid(ROUND_MAX)) {
    try {
      if (await creditOne(deps, order)) credited += 1;
    } catch (fault) {
      deps.onFault(fault, order);
    }
  }
  return credited;
}

async function creditOne(deps: CreditDeps, order: PaidOrder): Promise<boolean> {
  const transferId = topUpTransferId(order);
  const { settlement, household } = await deps.ledger.accountsOf(order);
  if (!(await deps.ledger.post({ transferId, order, from: settlement, to: household }))) return false;
  return deps.transaction(async (tx) => {
    const isFirst = await deps.orders.markCredited(tx, order.municipalityId, order.orderId, deps.clock.now());
    if (!isFirst) return false;
    const { municipalityId, orderId: subjectId, pupilId, service } = order;
    await deps.appendCredited(tx, order, transferId);
    const told = { kind: 'top_up_credited', subjectId, pupilId, service } as const;
    await deps.notifications.add(tx, municipalityId, [told], deps.clock.now());
    return true;
  });
}
