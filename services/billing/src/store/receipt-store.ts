import type { FieldCipher } from '@campanella/field-encryption';
import type { ReceiptStore } from '../app/ports.ts';

/** Receipts in PostgreSQL; the node's message is sealed. */
export function receiptStore(cipher: FieldCipher): ReceiptStore {
  return {
    async insert(tx, municipalityId, receipt, { positionId, handling, message }, now) {
      const sealed = cipher.encrypt(message, `receipts.message/${municipalityId}/${receipt.receiptId}`);
      const { rowCount } = await tx.query({
        name: 'insert_receipt',
        text: `insert into receipts (municipality_id, receipt_id, notice_number, position_id, paid_cents, paid_at,
                 psp_name, handling, message_sealed, received_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               on conflict (municipality_id, receipt_id) do nothing`,
        values: [
          ...[municipalityId, receipt.receiptId, receipt.noticeNumber, positionId, receipt.paidCents],
          ...[receipt.paidAt, receipt.pspName, handling, sealed, now],
        ],
      });
      return rowCount === 1;
    },
  };
}
