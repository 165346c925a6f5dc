import { GuardianServiceClient, PaymentMode } from '@campanella/proto/anagrafica/v1/anagrafica';
import { callUnary, grpcClient, isServiceError } from '@campanella/service-kit';
import { cents } from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import type { Payers } from '../app/ports.ts';

const READ_WITHIN_MS = 2_000;

/** Who pays for whom, from anagrafica. */
export function anagraficaPayers(addresses: readonly string[]): Payers & { close(): void } {
  const guardians = grpcClient(GuardianServiceClient, addresses);
  return {
    async find(municipalityId, pupilId, service) {
      const asked = { municipalityId, pupilId, service };
      try {
        const payer = await callUnary(guardians, 'getPayer', asked, { deadlineMs: READ_WITHIN_MS });
        return {
          debtor: { codiceFiscale: payer.codiceFiscale, fullName: `${payer.givenName} ${payer.familyName}` },
          isPrepaid: payer.paymentMode === PaymentMode.PREPAID,
          overdraftCents: cents(payer.overdraftCents),
        };
      } catch (cause) {
        if (isServiceError(cause) && cause.code === status.NOT_FOUND) return null;
        throw cause;
      }
    },
    close: () => guardians.close(),
  };
}
