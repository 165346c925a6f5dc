import {
  accept,
  type Cents,
  type Decision,
  type MunicipalityId,
  type PersonId,
  type PupilId,
  refuse,
  type ServiceCode,
  serviceDateAt,
} from '@campanella/vocabulary';
import { v7 } from 'uuid';
import { decideTopUp, describeTopUp, type TopUpOrder, type TopUpRefusal } from '../domain/top-up.ts';
import type { Clock, CreditorStore, InTransaction, OrderStore, Payers, PositionStore } from './ports.ts';

/** What a guardian asks for. */
export interface OrderTopUp {
  readonly municipalityId: MunicipalityId;
  /** Made by the portal; a repeat gets the order of the first time. */
  readonly orderId: string;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  /** The badge that the guardian chose, for the page to show; the account is the pupil's. */
  readonly badgeNumber: string | null;
  readonly amountCents: Cents;
  readonly orderedBy: PersonId;
}

export type OrderRefusal =
  | TopUpRefusal
  /** The municipality takes no top-ups of this service. */
  | { readonly kind: 'not_offered' }
  /** The id was used for another order. */
  | { readonly kind: 'order_differs' };

export interface OrderDeps {
  readonly transaction: InTransaction;
  readonly creditors: CreditorStore;
  readonly positions: PositionStore;
  readonly orders: OrderStore;
  readonly payers: Payers;
  readonly clock: Clock;
}

/**
 * Takes a top-up order and gives it a notice number. Nothing moves until pagoPA's receipt comes. The same order again gets the same answer;
 * two at once wait for each other.
 */
export async function orderTopUp(deps: OrderDeps, command: OrderTopUp): Promise<Decision<TopUpOrder, OrderRefusal>> {
  const { municipalityId, orderId, pupilId, service, amountCents } = command;
  const rules = (await deps.creditors.listRules(municipalityId)).find((one) => one.service === service);
  if (rules === undefined) return refuse({ kind: 'not_offered' });
  const payer = await deps.payers.find(municipalityId, pupilId, service);
  if (payer === null) return refuse({ kind: 'not_offered' });
  const now = deps.clock.now();
  const today = serviceDateAt(now);
  return deps.transaction(async (tx) => {
    await deps.orders.lockPupil(tx, municipalityId, pupilId);
    const earlier = await deps.orders.find(municipalityId, [pupilId], orderId, tx);
    if (earlier !== null) return isSame(earlier, command) ? accept(earlier) : refuse({ kind: 'order_differs' });
    const pendingCount = await deps.orders.countPending(tx, municipalityId, pupilId, today);
    const decided = decideTopUp(rules, { amountCents, isPrepaid: payer.isPrepaid, pendingCount }, today);
    if (!decided.ok) return decided;
    const expiresOn = decided.value;
    // Somebody else's order has this id: not seen above, and nothing of it is told.
    const isNew = await deps.orders.insert(tx, { ...command, overdraftCents: payer.overdraftCents, expiresOn }, now);
    if (!isNew) return refuse({ kind: 'order_differs' });
    const noticeNumber = await deps.positions.takeNoticeNumber(tx, municipalityId);
    if (noticeNumber === null) throw new Error('rules for top-ups exist only with their creditor');
    await deps.positions.insert(
      tx,
      municipalityId,
      {
        ...{ positionId: v7(), noticeNumber, kind: 'top_up', subjectId: orderId, amountCents },
        ...{ description: describeTopUp(rules), taxonomyCode: rules.taxonomyCode, debtor: payer.debtor },
        ...{ dueOn: expiresOn, state: 'open' },
      },
      now,
    );
    const order = await deps.orders.find(municipalityId, [pupilId], orderId, tx);
    if (order === null) throw new Error('an order that was just stored is not there');
    return accept(order);
  });
}

function isSame(order: TopUpOrder, command: OrderTopUp): boolean {
  return (
    order.service === command.service &&
    order.amountCents === command.amountCents &&
    order.badgeNumber === command.badgeNumber
  );
}
