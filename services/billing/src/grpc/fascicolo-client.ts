import { RegistryServiceClient } from '@campanella/proto/anagrafica/v1/registry';
import { callUnary, grpcClient } from '@campanella/service-kit';
import type { Fascicolo } from '../app/certification-run.ts';

const FILE_WITHIN_MS = 10_000;

/** The fascicolo of pupils, in anagrafica. */
export function anagraficaFascicolo(addresses: readonly string[]): Fascicolo & { close(): void } {
  const registry = grpcClient(RegistryServiceClient, addresses);
  return {
    async file(municipalityId, document) {
      const about = { kind: 'certification_730', mediaType: 'application/pdf', addedBy: 'billing' };
      const asked = { ...document, ...about, municipalityId };
      const { filed, refusalKind } = await callUnary(registry, 'fileDocument', asked, { deadlineMs: FILE_WITHIN_MS });
      if (!filed) throw new Error(`a certification was not filed: ${refusalKind}`);
    },
    close: () => registry.close(),
  };
}
