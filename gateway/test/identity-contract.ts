import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type IdentityServiceServer,
  IdentityServiceService,
  type ListSignInMethodsResponse,
  type PresentCertificateRequest,
  Role,
  type SignInCompanyResponse,
  SignInFailure,
  SignInMethodKind,
} from '@campanella/proto/identity/v1/identity';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

/** The person whom a password or a code signs in. */
export const PERSON = '01938f00-0000-7000-8000-0000000000aa';

/**
 * The contract of identity on real sockets, gRPC and HTTP, for what the gateway itself decides: whatever the test wants is answered, and what
 * arrived is noted. The conversation with providers is tried with the real identity.
 */
export interface IdentityContract {
  readonly address: string;
  readonly httpUrl: string;
  /** Calls as they reached identity. */
  readonly calls: { readonly method: string; readonly request: object }[];
  /** What its HTTP API was asked, in order. */
  readonly asked: string[];
  isAway: boolean;
  role: Role;
  methods: ListSignInMethodsResponse['methods'];
  /** Whom a callback's `code=ok` and a password sign in. */
  personId: string;
  /** What a company is answered; undefined signs it in. */
  company: SignInCompanyResponse['result'];
  /** Where the browser goes with a card. */
  presented: (request: PresentCertificateRequest) => string;
  answerHttp: (request: IncomingMessage, response: ServerResponse) => void;
  /** Requests of one kind that arrived. */
  callsOf(method: string): object[];
  close(): Promise<void>;
}

/** Starts it. The callback's `code` decides: `ok` signs in, `<FAILURE>` or `<FAILURE>:<error code>` refuses. */
export async function startIdentityContract(): Promise<IdentityContract> {
  const server = new Server();
  let begun = 0;
  const identity = {
    calls: [] as { method: string; request: object }[],
    asked: [] as string[],
    isAway: false,
    role: Role.GUARDIAN as Role,
    methods: [
      { key: 'spid', kind: SignInMethodKind.SPID, label: 'Entra con SPID', providers: [] },
    ] as ListSignInMethodsResponse['methods'],
    personId: PERSON,
    company: undefined as SignInCompanyResponse['result'],
    presented: (_request: PresentCertificateRequest) => '',
    answerHttp: (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(404).end(),
  };
  const note = (method: string, request: object) => identity.calls.push({ method, request });
  const away = { code: status.UNAVAILABLE, details: 'away' };
  const unknown = { code: status.NOT_FOUND, details: 'unknown' };
  const signedIn = () => ({
    $case: 'signedIn' as const,
    value: { personId: identity.personId, displayName: 'Aurora Esempio', signInId: randomUUID() },
  });
  const service: IdentityServiceServer = {
    beginSignIn: ({ request }, callback) => {
      note('beginSignIn', request);
      if (identity.isAway) return callback(away);
      if (request.provider === 'nessuno' || request.issuer.includes('sconosciuto')) return callback(unknown);
      begun += 1;
      callback(null, { redirectUrl: 'http://provider.invalid/authorize', state: `state${begun}` });
    },
    listSignInMethods: ({ request }, callback) => {
      note('listSignInMethods', request);
      if (identity.isAway) callback(away);
      else callback(null, { methods: identity.methods });
    },
    presentCertificate: ({ request }, callback) => {
      note('presentCertificate', request);
      if (identity.isAway) return callback(away);
      if (request.state === 'unknown') return callback(unknown);
      callback(null, { redirectUrl: identity.presented(request) });
    },
    signInCompany: ({ request }, callback) => {
      note('signInCompany', request);
      if (identity.isAway) callback(away);
      else callback(null, { result: identity.company ?? signedIn() });
    },
    completeSignIn: ({ request }, callback) => {
      note('completeSignIn', request);
      if (identity.isAway) return callback(away);
      const code = new URL(request.callbackUrl).searchParams.get('code') ?? '';
      if (code === 'ok') return callback(null, { result: signedIn() });
      const [name = '', errorCode = ''] = code.split(':');
      callback(null, { result: { $case: 'refused', value: { failure: failureNamed(name), errorCode } } });
    },
    issueToken: ({ request }, callback) => {
      if (identity.isAway) return callback(away);
      const expiresAtMs = Date.now() + 300_000;
      callback(null, { token: `token-of-${request.personId}`, expiresAtMs, hasPupils: true, role: identity.role });
    },
    endSignIn: ({ request }, callback) => {
      note('endSignIn', request);
      if (identity.isAway) callback(away);
      else callback(null, { redirectUrl: 'http://provider.invalid/leave' });
    },
    endAllSignIns: ({ request }, callback) => {
      note('endAllSignIns', request);
      if (identity.isAway) callback(away);
      else callback(null, { ended: 1 });
    },
  };
  server.addService(IdentityServiceService, service);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const http = createServer((request, response) => {
    identity.asked.push(request.url ?? '');
    identity.answerHttp(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return Object.assign(identity, {
    address: `127.0.0.1:${port}`,
    httpUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    callsOf: (method: string) => identity.calls.filter((call) => call.method === method).map(({ request }) => request),
    close: async () => {
      server.forceShutdown();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  });
}

function failureNamed(name: string): SignInFailure {
  const [, failure = SignInFailure.UNSPECIFIED] = Object.entries(SignInFailure).find(([known]) => known === name) ?? [];
  return failure;
}
