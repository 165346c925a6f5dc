import { GuardianServiceClient } from '@campanella/proto/anagrafica/v1/anagrafica';
import { callUnary, grpcClient } from '@campanella/service-kit';
import type { Guardians } from '../app/ports.ts';

/** anagrafica's GuardianService. @param deadlineMs of each call */
export function guardianClient(address: string, deadlineMs: number): Guardians & { close(): void } {
  const client = grpcClient(GuardianServiceClient, [address]);
  return {
    pupilsOf: async (municipalityId, codiceFiscale) => {
      const response = await callUnary(
        client,
        'listPupilsOfGuardian',
        { municipalityId, codiceFiscale },
        { deadlineMs },
      );
      return response.pupilIds;
    },
    close: () => client.close(),
  };
}
