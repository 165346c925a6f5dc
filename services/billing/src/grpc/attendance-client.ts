import { ChargeServiceClient } from '@campanella/proto/attendance/v1/charges';
import { callUnary, grpcClient } from '@campanella/service-kit';
import { cents, id, type PupilId, serviceDate } from '@campanella/vocabulary';
import type { InvoicedCharges } from '../app/billing-run.ts';

const READ_WITHIN_MS = 10_000;

/** Invoiced meals, from attendance. */
export function attendanceCharges(addresses: readonly string[]): InvoicedCharges & { close(): void } {
  const client = grpcClient(ChargeServiceClient, addresses);
  return {
    async list({ afterPupilId, ...wanted }) {
      const asked = { ...wanted, afterPupilId: afterPupilId ?? '' };
      const page = await callUnary(client, 'listInvoicedCharges', asked, { deadlineMs: READ_WITHIN_MS });
      return {
        pupils: page.pupils.map(({ pupilId, charges }) => ({
          pupilId: id<PupilId>(pupilId),
          charges: charges.map((charge) => ({
            serviceDate: serviceDate(charge.serviceDate),
            amountCents: cents(charge.amountCents),
            isCorrected: charge.corrected,
          })),
        })),
        nextAfter: page.nextAfterPupilId === '' ? null : page.nextAfterPupilId,
      };
    },
    close: () => client.close(),
  };
}
