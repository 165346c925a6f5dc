import type { Transaction } from '@campanella/postgres';
import type { MunicipalityId } from '@campanella/vocabulary';
import { v7 } from 'uuid';
import { type Handling, handlingOf, type Position, type Receipt, settles } from '../domain/position.ts';
import type { CaseStore } from './office-cases.ts';
import type {
  Clock,
  Creditor,
  DocumentStore,
  InTransaction,
  OrderStore,
  PositionStore,
  ReceiptStore,
} from './ports.ts';

export interface ReceiptDeps {
  readonly transaction: InTransaction;
  readonly positions: PositionStore;
  readonly orders: Pick<OrderStore, 'markPaid'>;
  readonly documents: Pick<DocumentStore, 'markPaid'>;
  readonly receipts: ReceiptStore;
  readonly cases: Pick<CaseStore, 'open'>;
  readonly clock: Clock;
  /** Appends `billing.payment_received.v1`. */
  readonly appendReceived: (
    tx: Transaction,
    municipalityId: MunicipalityId,
    receipt: Receipt,
    position: Position | null,
    handling: Handling,
  ) => Promise<void>;
}

/**
 * Records a receipt: message, position, order, the office's case and event in one transaction, so that whoever is told OK is told what is durable. Keyed by the
 * receipt's id and the creditor: a repeat, in parallel or years later, changes nothing.
 *
 * @returns what became of it, `known` for a receipt that is recorded already
 */
export async function recordReceipt(
  deps: ReceiptDeps,
  creditor: Pick<Creditor, 'municipalityId' | 'refusesLatePayments'>,
  receipt: Receipt,
  message: string,
): Promise<Handling | 'known'> {
  const { municipalityId } = creditor;
  const now = deps.clock.now();
  return deps.transaction(async (tx) => {
    // Two receipts of one notice decide one after the other; of one receipt sent twice at once the unique key lets one in.
    const position = await deps.positions.lockByNotice(tx, municipalityId, receipt.noticeNumber);
    const handling = handlingOf(receipt, position, creditor);
    const facts = { positionId: position?.positionId ?? null, handling, message };
    if (!(await deps.receipts.insert(tx, municipalityId, receipt, facts, now))) return 'known';
    if (position !== null && settles(handling)) {
      await deps.positions.setState(tx, municipalityId, position.positionId, 'paid', now);
      await deps.positions.setCart(tx, municipalityId, [position.positionId], null);
      if (position.kind === 'top_up') {
        await deps.orders.markPaid(tx, municipalityId, position.subjectId, receipt.paidAt);
      } else {
        await deps.documents.markPaid(tx, municipalityId, position.subjectId, receipt);
      }
    }
    if (handling !== 'settled') {
      const { receiptId: subjectId, noticeNumber, paidCents: amountCents, paidAt: happenedAt } = receipt;
      const opened = { caseId: v7(), class: handling, subjectId, noticeNumber, amountCents, happenedAt, openedAt: now };
      await deps.cases.open(tx, municipalityId, opened);
    }
    await deps.appendReceived(tx, municipalityId, receipt, position, handling);
    return handling;
  });
}
