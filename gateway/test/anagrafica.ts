import {
  type GuardianServiceServer,
  GuardianServiceService,
  type MunicipalityServiceServer,
  MunicipalityServiceService,
} from '@campanella/proto/anagrafica/v1/anagrafica';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

/** The demo town's guardian with pupils: user name aurora.esempio at the sandbox provider. */
export const AURORA = 'SMPRRA86C54H501M';
export const PUPILS = ['01938f00-0000-7000-8000-000000000001', '01938f00-0000-7000-8000-000000000002'];

/** The contract of anagrafica on a real socket, with one guardian; the test can make it fail. */
export interface Anagrafica {
  readonly address: string;
  isAway: boolean;
  /** Pupils by codice fiscale. */
  readonly pupils: Map<string, string[]>;
  asked: number;
  close(): Promise<void>;
}

/** Starts it. */
export async function startAnagrafica(): Promise<Anagrafica> {
  const server = new Server();
  const state = { isAway: false, asked: 0, pupils: new Map([[AURORA, PUPILS]]) };
  const guardians: GuardianServiceServer = {
    listPupilsOfGuardian: (call, callback) => {
      state.asked += 1;
      if (state.isAway) callback({ code: status.UNAVAILABLE, details: 'away' });
      else callback(null, { pupilIds: state.pupils.get(call.request.codiceFiscale) ?? [] });
    },
    // Only billing asks who pays.
    getPayer: (_call, callback) => callback({ code: status.UNIMPLEMENTED }),
    listPayers: (_call, callback) => callback({ code: status.UNIMPLEMENTED }),
  };
  const municipalities: MunicipalityServiceServer = {
    getMunicipality: (call, callback) => {
      if (state.isAway) callback({ code: status.UNAVAILABLE, details: 'away' });
      else
        callback(null, {
          municipalityId: call.request.municipalityId,
          name: 'Vallefinta',
          websiteUrl: 'https://www.vallefinta.example',
          officeContact: 'scuola@vallefinta.example',
        });
    },
  };
  server.addService(GuardianServiceService, guardians);
  server.addService(MunicipalityServiceService, municipalities);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return Object.assign(state, {
    address: `127.0.0.1:${port}`,
    close: async () => {
      server.forceShutdown();
    },
  });
}
