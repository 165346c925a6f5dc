import { accept, type Decision, type MunicipalityId, type PupilId, refuse } from '@campanella/vocabulary';
import type { TopUpOrder } from '../domain/top-up.ts';
import type { Clock, InTransaction, OrderStore, PositionStore } from './ports.ts';

export type CancelRefusal =
  | { readonly kind: 'unknown_order' }
  | { readonly kind: 'paid' }
  /** A payment is under way: whether it succeeds is not known yet. */
  | { readonly kind: 'in_verification'; readonly until: Date };

export interface CancelDeps {
  readonly transaction: InTransaction;
  readonly positions: PositionStore;
  readonly orders: OrderStore;
  readonly clock: Clock;
}

/** Cancels a pending order: from then on its notice is refused by pagoPA. Cancelling again changes nothing. */
export async function cancelTopUp(
  deps: CancelDeps,
  who: { readonly municipalityId: MunicipalityId; readonly pupilIds: readonly PupilId[]; readonly orderId: string },
): Promise<Decision<TopUpOrder, CancelRefusal>> {
  const { municipalityId, pupilIds, orderId } = who;
  const now = deps.clock.now();
  return deps.transaction(async (tx) => {
    if ((await deps.orders.find(municipalityId, pupilIds, orderId, tx)) === null) {
      return refuse({ kind: 'unknown_order' });
    }
    // The position is what receipts wait for; the order is looked at again behind its lock.
    const [position] = await deps.positions.lockBySubjects(tx, municipalityId, [orderId]);
    const order = await deps.orders.find(municipalityId, pupilIds, orderId, tx);
    if (position === undefined || order === null) return refuse({ kind: 'unknown_order' });
    if (order.state === 'cancelled') return accept(order);
    if (order.state !== 'pending') return refuse({ kind: 'paid' });
    if (position.cartUntil !== null && position.cartUntil > now) {
      return refuse({ kind: 'in_verification', until: position.cartUntil });
    }
    await deps.positions.setState(tx, municipalityId, position.positionId, 'cancelled', now);
    await deps.orders.cancel(tx, municipalityId, orderId, now);
    return accept({ ...order, state: 'cancelled' });
  });
}
