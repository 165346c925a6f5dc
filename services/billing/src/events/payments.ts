import { appendEvent } from '@campanella/messaging';
import type { Transaction } from '@campanella/postgres';
import { PaymentReceived, PositionKind, TopUpCredited } from '@campanella/proto/events/v1/events';
import type { MunicipalityId } from '@campanella/vocabulary';
import type { PaidOrder } from '../app/ports.ts';
import { type Handling, type Position, type Receipt, settles } from '../domain/position.ts';

/** A receipt of pagoPA was recorded. */
export const PAYMENT_RECEIVED = 'billing.payment_received.v1';
/** The money of a top-up is on its account. */
export const TOP_UP_CREDITED = 'billing.top_up_credited.v1';

const KIND: Record<Position['kind'], PositionKind> = {
  top_up: PositionKind.TOP_UP,
  instalment: PositionKind.INSTALMENT,
};

/** Announces a receipt once the transaction is committed; opaque ids only. */
export async function appendReceived(
  tx: Transaction,
  municipalityId: MunicipalityId,
  receipt: Receipt,
  position: Position | null,
  handling: Handling,
): Promise<void> {
  const event = PaymentReceived.encode({
    municipalityId,
    receiptId: receipt.receiptId,
    positionId: position?.positionId ?? '',
    positionKind: position === null ? PositionKind.UNSPECIFIED : KIND[position.kind],
    subjectId: position?.subjectId ?? '',
    paidCents: receipt.paidCents,
    paidAtMs: receipt.paidAt.getTime(),
    settles: settles(handling),
  });
  await appendEvent(tx, { routingKey: PAYMENT_RECEIVED, municipalityId, body: event.finish() });
}

/** Announces that a top-up is on its account once the transaction is committed. */
export async function appendCredited(tx: Transaction, order: PaidOrder, transferId: string): Promise<void> {
  const { municipalityId, orderId, pupilId, service, amountCents } = order;
  const event = TopUpCredited.encode({ municipalityId, orderId, pupilId, service, amountCents, transferId });
  await appendEvent(tx, { routingKey: TOP_UP_CREDITED, municipalityId, body: event.finish() });
}
