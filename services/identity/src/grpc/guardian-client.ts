import { GuardianServiceClient } from '@campanella/proto/anagrafica/v1/anagrafica';
import { callUnary, grpcClient } from '@campanella/service-kit';
import { AnagraficaAwayError, type Guardians } from '../app/ports.ts';

/** anagrafica's GuardianService. @param deadlineMs of each call */
export function guardianClient(address: string, deadlineMs: number): Guardians & { close(): void } {
  const client = grpcClient(GuardianServiceClient, [address]);
  return {
    pupilsOf: async (municipalityId, codiceFiscale) => {
      try {
        const request = { municipalityId, codiceFiscale };
        const { pupilIds } = await callUnary(client, 'listPupilsOfGuardian', request, { deadlineMs });
        return pupilIds;
      } catch (cause) {
        throw new AnagraficaAwayError(cause);
      }
    },
    close: () => client.close(),
  };
}
