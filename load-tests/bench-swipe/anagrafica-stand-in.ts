import {
  type DirectoryServiceServer,
  DirectoryServiceService,
  type MunicipalityServiceServer,
  MunicipalityServiceService,
} from '@campanella/proto/anagrafica/v1/anagrafica';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { pupilRecord, SCHOOLS } from './town.ts';

/** Serves the directory of the bench's town over the real contract; every round is a change of every pupil. */
export interface AnagraficaStandIn {
  readonly address: string;
  /** Enrols every pupil in these services and no others; the directory's new version. */
  enrol(services: readonly string[]): number;
  close(): void;
}

/** Starts it on a free port. */
export async function startAnagrafica(pupilsPerMunicipality: number): Promise<AnagraficaStandIn> {
  let services: readonly string[] = [];
  let base = 0;
  const directory: DirectoryServiceServer = {
    listChanges({ request }, answer) {
      // Versions base + 1 to base + count: one per pupil, so that a page is a slice.
      const from = Math.max(0, request.afterVersion - base);
      const to = Math.min(pupilsPerMunicipality, from + request.pageSize);
      const pupils = Array.from({ length: Math.max(0, to - from) }, (_, index) =>
        pupilRecord(request.municipalityId, from + index, base + from + index + 1, services),
      );
      answer(null, { pupils, version: base + to, more: to < pupilsPerMunicipality });
    },
    listSchools({ request }, answer) {
      answer(null, { schools: SCHOOLS(request.municipalityId) });
    },
  };
  const municipality: MunicipalityServiceServer = {
    getMunicipality({ request: { municipalityId } }, answer) {
      answer(null, { municipalityId, name: `Comune ${municipalityId}`, websiteUrl: '', officeContact: '' });
    },
  };
  const server = new Server();
  server.addService(DirectoryServiceService, directory);
  server.addService(MunicipalityServiceService, municipality);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (cause, bound) =>
      cause === null ? resolve(bound) : reject(cause),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    enrol(next) {
      base += pupilsPerMunicipality;
      services = next;
      return base + pupilsPerMunicipality;
    },
    close: () => server.forceShutdown(),
  };
}
