import { isIP } from 'node:net';
import {
  CompanyRefusal as CompanyRefusalKind,
  type CompleteSignInResponse,
  type IdentityServiceServer,
  Role,
  type SignInCompanyResponse,
  SignInFailure,
  SignInMethodKind,
} from '@campanella/proto/identity/v1/identity';
import { counter, GrpcRefusal, type Logger, unaryHandler } from '@campanella/service-kit';
import type { Decision } from '@campanella/vocabulary';
import { type MunicipalityId, type PersonId, parseId, parseNumberId } from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import { validate as isUuid } from 'uuid';
import type { BeginSignIn, BeginSignInRefusal, BegunSignIn } from '../app/begin-sign-in.ts';
import type { CompleteSignIn, SignedInPerson, SignInRefusal } from '../app/complete-sign-in.ts';
import type { EndSignIn } from '../app/end-sign-in.ts';
import type { IssuedToken, IssueToken } from '../app/issue-token.ts';
import type { ListedMethod } from '../app/list-sign-in-methods.ts';
import { AnagraficaAwayError, ProviderAwayError } from '../app/ports.ts';
import type { PresentCertificate } from '../app/present-certificate.ts';
import type { CompanyRefusal, SignInCompany } from '../app/sign-in-company.ts';

/** The operations behind the RPCs. */
export interface IdentityOperations {
  listSignInMethods(municipalityId: number): readonly ListedMethod[];
  beginSignIn(command: BeginSignIn): Promise<Decision<BegunSignIn, BeginSignInRefusal>>;
  presentCertificate(
    command: PresentCertificate,
  ): Promise<Decision<{ readonly redirectUrl: string }, { readonly kind: 'not_pending' }>>;
  completeSignIn(command: CompleteSignIn): Promise<Decision<SignedInPerson, SignInRefusal>>;
  signInCompany(command: SignInCompany): Promise<Decision<SignedInPerson, CompanyRefusal>>;
  issueToken(command: IssueToken): Promise<Decision<IssuedToken, { kind: 'unknown_person' }>>;
  endSignIn(command: EndSignIn): Promise<string | null>;
  endAllSignIns(command: { readonly municipalityId: number; readonly personId: string }): Promise<number>;
}

const BEGIN_STATUS: Record<BeginSignInRefusal['kind'], status> = {
  unknown_provider: status.NOT_FOUND,
  unregistered_redirect_uri: status.INVALID_ARGUMENT,
};

const METHOD_KIND: Record<ListedMethod['kind'], SignInMethodKind> = {
  spid: SignInMethodKind.SPID,
  cie: SignInMethodKind.CIE,
  openid: SignInMethodKind.OPENID,
  certificate: SignInMethodKind.CERTIFICATE,
  company: SignInMethodKind.COMPANY,
};

const FAILURE: Record<SignInRefusal['kind'], SignInFailure> = {
  cancelled: SignInFailure.CANCELLED,
  expired: SignInFailure.EXPIRED,
  provider_error: SignInFailure.PROVIDER_ERROR,
  provider_away: SignInFailure.PROVIDER_AWAY,
  no_codice_fiscale: SignInFailure.NO_CODICE_FISCALE,
  legal_person: SignInFailure.LEGAL_PERSON,
  certificate_refused: SignInFailure.CERTIFICATE_REFUSED,
};

const COMPANY_REFUSAL: Record<CompanyRefusal['kind'], CompanyRefusalKind> = {
  wrong_credentials: CompanyRefusalKind.WRONG_CREDENTIALS,
  natural_person: CompanyRefusalKind.NATURAL_PERSON,
  too_many_attempts: CompanyRefusalKind.TOO_MANY_ATTEMPTS,
};

const ROLE: Record<IssuedToken['role'], Role> = {
  guardian: Role.GUARDIAN,
  office: Role.OFFICE,
  school: Role.SCHOOL,
  sre: Role.SRE,
};

/** A callback URL with a code and a state fits many times over; more is no browser coming back. */
const CALLBACK_LENGTH_MAX = 8_192;
/** State, issuer, user name, password: what a browser or a person gives. */
const TEXT_LENGTH_MAX = 512;
/** Certificates of cards take one or two kilobytes. */
const CERTIFICATE_BYTES_MAX = 16_384;

/** IdentityService over the operations. */
export function identityServer(operations: IdentityOperations, logger: Logger): IdentityServiceServer {
  return {
    listSignInMethods: unaryHandler(async (request) => {
      const methods = operations.listSignInMethods(municipality(request.municipalityId));
      return {
        methods: methods.map((method) => ({
          ...method,
          kind: METHOD_KIND[method.kind],
          providers: [...method.providers],
        })),
      };
    }, logger),
    beginSignIn: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const { provider, redirectUri } = request;
      const issuer = bounded(request.issuer, 'issuer');
      const decision = await unlessAway(operations.beginSignIn({ municipalityId, provider, issuer, redirectUri }));
      if (decision.ok) return decision.value;
      const { kind } = decision.refusal;
      throw new GrpcRefusal(BEGIN_STATUS[kind], kind, 'the sign-in cannot begin');
    }, logger),
    presentCertificate: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const state = bounded(request.state, 'state');
      const tlsError = bounded(request.tlsError, 'tls_error');
      const { certificateDer } = request;
      if (certificateDer.length > CERTIFICATE_BYTES_MAX) throw invalid('certificate_der');
      const decision = await operations.presentCertificate({ municipalityId, state, certificateDer, tlsError });
      if (decision.ok) return decision.value;
      throw new GrpcRefusal(status.NOT_FOUND, decision.refusal.kind, 'no such sign-in is pending');
    }, logger),
    completeSignIn: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const { callbackUrl } = request;
      const state = bounded(request.state, 'state');
      if (callbackUrl.length > CALLBACK_LENGTH_MAX) throw invalid('callback_url');
      const sourceAddress = address(request.sourceAddress);
      return completed(await operations.completeSignIn({ municipalityId, state, callbackUrl, sourceAddress }));
    }, logger),
    signInCompany: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const username = bounded(request.partitaIva, 'partita_iva');
      const password = bounded(request.password, 'password');
      const sourceAddress = address(request.sourceAddress);
      return companySignedIn(await operations.signInCompany({ municipalityId, username, password, sourceAddress }));
    }, logger),
    issueToken: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const personId = person(request.personId);
      const decision = await unlessAway(operations.issueToken({ municipalityId, personId }));
      if (!decision.ok) throw new GrpcRefusal(status.NOT_FOUND, decision.refusal.kind, 'no such person');
      const { token, expiresAt, hasPupils, role } = decision.value;
      return { token, expiresAtMs: expiresAt.getTime(), hasPupils, role: ROLE[role] };
    }, logger),
    endSignIn: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const { signInId } = request;
      if (!isUuid(signInId)) throw invalid('sign_in_id');
      const command = { municipalityId, signInId, returnTo: request.postLogoutRedirectUri };
      return { redirectUrl: (await unlessAway(operations.endSignIn(command))) ?? '' };
    }, logger),
    endAllSignIns: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      return { ended: await operations.endAllSignIns({ municipalityId, personId: person(request.personId) }) };
    }, logger),
  };
}

const outcomes = counter('campanella_identity_sign_ins_total', 'Sign-ins that came back, by outcome', ['outcome']);

function completed(decision: Decision<SignedInPerson, SignInRefusal>): CompleteSignInResponse {
  outcomes.inc({ outcome: decision.ok ? 'signed_in' : decision.refusal.kind });
  if (decision.ok) return { result: { $case: 'signedIn', value: decision.value } };
  const { kind, code } = decision.refusal;
  return { result: { $case: 'refused', value: { failure: FAILURE[kind], errorCode: code } } };
}

function companySignedIn(decision: Decision<SignedInPerson, CompanyRefusal>): SignInCompanyResponse {
  outcomes.inc({ outcome: decision.ok ? 'signed_in' : decision.refusal.kind });
  if (decision.ok) return { result: { $case: 'signedIn', value: decision.value } };
  const { refusal } = decision;
  const retryAfterS = refusal.kind === 'too_many_attempts' ? refusal.retryAfterS : 0;
  return { result: { $case: 'refused', value: { kind: COMPANY_REFUSAL[refusal.kind], retryAfterS } } };
}

function municipality(value: number): MunicipalityId {
  const id = parseNumberId<MunicipalityId>(value);
  if (id === null) throw invalid('municipality_id');
  return id;
}

function person(value: string): PersonId {
  const id = parseId<PersonId>(value);
  if (id === null) throw invalid('person_id');
  return id;
}

function bounded(value: string, field: string): string {
  if (value.length > TEXT_LENGTH_MAX) throw invalid(field);
  return value;
}

/** Null where the gateway does not know it: an address describes an attempt and decides nothing alone. */
function address(value: string): string | null {
  return isIP(value) === 0 ? null : value;
}

function invalid(field: string): GrpcRefusal {
  return new GrpcRefusal(status.INVALID_ARGUMENT, 'invalid_argument', `${field} is malformed`);
}

async function unlessAway<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProviderAwayError) {
      throw new GrpcRefusal(status.UNAVAILABLE, 'provider_away', 'the identity provider cannot be reached');
    }
    if (error instanceof AnagraficaAwayError) {
      throw new GrpcRefusal(status.UNAVAILABLE, 'anagrafica_away', 'anagrafica cannot be asked');
    }
    throw error;
  }
}
