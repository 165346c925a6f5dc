import { MunicipalityServiceClient } from '@campanella/proto/anagrafica/v1/anagrafica';
import { callUnary, grpcClient } from '@campanella/service-kit';
import type { Municipality } from '../app/municipality-facts.ts';

const DEADLINE_MS = 2_000;

/** A client of anagrafica's MunicipalityService. */
export function municipalityClient(address: string): { read(id: number): Promise<Municipality>; close(): void } {
  const client = grpcClient(MunicipalityServiceClient, [address]);
  return {
    read: async (municipalityId) => {
      const answer = await callUnary(client, 'getMunicipality', { municipalityId }, { deadlineMs: DEADLINE_MS });
      return { name: answer.name, websiteUrl: answer.websiteUrl, officeContact: answer.officeContact };
    },
    close: () => client.close(),
  };
}
