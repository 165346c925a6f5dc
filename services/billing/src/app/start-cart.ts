import { accept, type Decision, type MunicipalityId, type PupilId, refuse } from '@campanella/vocabulary';
import type { Position } from '../domain/position.ts';
import type {
  Clock,
  Creditor,
  CreditorStore,
  DocumentStore,
  InTransaction,
  OrderStore,
  PositionStore,
} from './ports.ts';

/** Most notices in one cart: pagoPA takes no more. */
export const CART_NOTICES_MAX = 5;
/** How long the receipt of a cart is waited for before its notices may enter another one: as long as the node's own lock. */
const CART_MS = 30 * 60_000;

/** What a guardian wants to pay at once. */
export interface StartCart {
  readonly municipalityId: MunicipalityId;
  readonly pupilIds: readonly PupilId[];
  /** Made by the portal. */
  readonly cartId: string;
  /** Top-up orders and instalments. */
  readonly orderIds: readonly string[];
  readonly instalmentIds: readonly string[];
}

export type CartRefusal =
  | { readonly kind: 'unknown_order' }
  | { readonly kind: 'not_payable' }
  | { readonly kind: 'in_verification'; readonly until: Date }
  | { readonly kind: 'too_many'; readonly noticesMax: number }
  /** pagoPA does not take the cart now. */
  | { readonly kind: 'checkout_away' };

/** The Checkout of pagoPA. */
export interface Checkout {
  /** @returns where the browser goes to pay. @throws Error where no cart was made */
  open(cart: {
    readonly cartId: string;
    readonly creditor: Creditor;
    readonly positions: readonly Position[];
  }): Promise<string>;
}

export interface CartDeps {
  readonly transaction: InTransaction;
  readonly creditors: CreditorStore;
  readonly positions: PositionStore;
  readonly orders: Pick<OrderStore, 'find'>;
  readonly documents: Pick<DocumentStore, 'findPayable' | 'findPaid'>;
  readonly checkout: Checkout;
  readonly clock: Clock;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Sends a guardian to pay up to five notices at once. From then until a receipt comes, the guardian comes back without having paid, or half an
 * hour has passed, they are in verification: they enter no other cart and are not cancelled.
 *
 * @returns where the browser goes
 */
export async function startCart(deps: CartDeps, command: StartCart): Promise<Decision<string, CartRefusal>> {
  const { municipalityId, cartId } = command;
  if (new Set([...command.orderIds, ...command.instalmentIds]).size > CART_NOTICES_MAX)
    return refuse({ kind: 'too_many', noticesMax: CART_NOTICES_MAX });
  const creditor = await deps.creditors.findCreditor(municipalityId);
  if (creditor === null) return refuse({ kind: 'unknown_order' });
  const locked = await lockPositions(deps, command);
  if (!locked.ok) return locked;
  try {
    return accept(await deps.checkout.open({ cartId, creditor, positions: locked.value }));
  } catch (fault) {
    deps.onFault(fault);
    await deps.positions.endCart(municipalityId, command.pupilIds, cartId);
    return refuse({ kind: 'checkout_away' });
  }
}

function lockPositions(
  deps: CartDeps,
  { municipalityId, pupilIds, cartId, orderIds, instalmentIds }: StartCart,
): Promise<Decision<readonly Position[], CartRefusal>> {
  const now = deps.clock.now();
  return deps.transaction(async (tx) => {
    for (const orderId of orderIds) {
      if ((await deps.orders.find(municipalityId, pupilIds, orderId, tx)) === null) {
        return refuse({ kind: 'unknown_order' });
      }
    }
    for (const instalmentId of instalmentIds) {
      if ((await deps.documents.findPayable(municipalityId, pupilIds, instalmentId, tx)) !== null) continue;
      // One that is paid or handed over is no secret to its own guardian.
      const isPaid = (await deps.documents.findPaid(municipalityId, pupilIds, instalmentId, tx)) !== null;
      return refuse({ kind: isPaid ? 'not_payable' : 'unknown_order' });
    }
    const positions = await deps.positions.lockBySubjects(tx, municipalityId, [...orderIds, ...instalmentIds]);
    if (positions.some(({ state }) => state !== 'open')) return refuse({ kind: 'not_payable' });
    // The same cart again is the same wish: the browser lost the answer.
    const busy = positions.find((one) => one.cartUntil !== null && one.cartUntil > now && one.cartId !== cartId);
    if (busy?.cartUntil != null) return refuse({ kind: 'in_verification', until: busy.cartUntil });
    const until = new Date(now.getTime() + CART_MS);
    const positionIds = positions.map(({ positionId }) => positionId);
    await deps.positions.setCart(tx, municipalityId, positionIds, { cartId, until });
    return accept(positions);
  });
}
