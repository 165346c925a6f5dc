import { randomUUID } from 'node:crypto';
import { MunicipalityServiceService } from '@campanella/proto/anagrafica/v1/anagrafica';
import { type IdentityServiceServer, IdentityServiceService, Role } from '@campanella/proto/identity/v1/identity';
import { Server, ServerCredentials, type sendUnaryData, status } from '@grpc/grpc-js';

const TOKEN_MS = 300_000;
/** As long as an internal identity token of a guardian of two. */
const TOKEN = 'x'.repeat(520);

/** The contracts that the gateway asks once per session and five minutes: whoever signs in is somebody, and nothing else is known. */
export async function startIdentity(): Promise<{ readonly address: string; close(): void }> {
  const unused = (_call: object, answer: sendUnaryData<never>) => answer({ code: status.UNIMPLEMENTED });
  const identity: IdentityServiceServer = {
    beginSignIn: unused,
    completeSignIn: unused,
    presentCertificate: unused,
    endSignIn: unused,
    endAllSignIns: unused,
    listSignInMethods: unused,
    signInCompany: (_call, answer) => {
      const value = { personId: randomUUID(), displayName: 'Cooperativa Esempio', signInId: randomUUID() };
      answer(null, { result: { $case: 'signedIn', value } });
    },
    issueToken: (_call, answer) => {
      answer(null, { token: TOKEN, expiresAtMs: Date.now() + TOKEN_MS, hasPupils: true, role: Role.GUARDIAN });
    },
  };
  const server = new Server();
  server.addService(IdentityServiceService, identity);
  server.addService(MunicipalityServiceService, { getMunicipality: unused });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (cause, bound) =>
      cause === null ? resolve(bound) : reject(cause),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
