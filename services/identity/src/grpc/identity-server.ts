import {
  type CompleteSignInResponse,
  type IdentityServiceServer,
  SignInFailure,
} from '@campanella/proto/identity/v1/identity';
import { counter, GrpcRefusal, type Logger, unaryHandler } from '@campanella/service-kit';
import type { Decision } from '@campanella/vocabulary';
import { type MunicipalityId, type PersonId, parseId, parseNumberId } from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import { validate as isUuid } from 'uuid';
import type { BeginSignIn, BeginSignInRefusal } from '../app/begin-sign-in.ts';
import type { CompleteSignIn, SignedInPerson, SignInRefusal } from '../app/complete-sign-in.ts';
import type { EndSignIn } from '../app/end-sign-in.ts';
import type { IssuedToken, IssueToken } from '../app/issue-token.ts';
import { AnagraficaAwayError, ProviderAwayError } from '../app/ports.ts';

/** The operations behind the RPCs. */
export interface IdentityOperations {
  beginSignIn(command: BeginSignIn): Promise<Decision<{ redirectUrl: string; state: string }, BeginSignInRefusal>>;
  completeSignIn(command: CompleteSignIn): Promise<Decision<SignedInPerson, SignInRefusal>>;
  issueToken(command: IssueToken): Promise<Decision<IssuedToken, { kind: 'unknown_person' }>>;
  endSignIn(command: EndSignIn): Promise<string | null>;
}

const BEGIN_STATUS: Record<BeginSignInRefusal['kind'], status> = {
  unknown_provider: status.NOT_FOUND,
  unregistered_redirect_uri: status.INVALID_ARGUMENT,
};

const FAILURE: Record<SignInRefusal['kind'], SignInFailure> = {
  cancelled: SignInFailure.CANCELLED,
  expired: SignInFailure.EXPIRED,
  provider_error: SignInFailure.PROVIDER_ERROR,
  provider_away: SignInFailure.PROVIDER_AWAY,
  no_codice_fiscale: SignInFailure.NO_CODICE_FISCALE,
};

/** A callback URL with a code and a state fits many times over; more is no browser coming back. */
const CALLBACK_LENGTH_MAX = 8_192;

/** IdentityService over the operations. */
export function identityServer(operations: IdentityOperations, logger: Logger): IdentityServiceServer {
  return {
    beginSignIn: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const { provider, redirectUri } = request;
      const decision = await unlessAway(operations.beginSignIn({ municipalityId, provider, redirectUri }));
      if (decision.ok) return decision.value;
      const { kind } = decision.refusal;
      throw new GrpcRefusal(BEGIN_STATUS[kind], kind, 'the sign-in cannot begin');
    }, logger),
    completeSignIn: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const { state, callbackUrl } = request;
      if (callbackUrl.length > CALLBACK_LENGTH_MAX) throw invalid('callback_url');
      return completed(await operations.completeSignIn({ municipalityId, state, callbackUrl }));
    }, logger),
    issueToken: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const personId = parseId<PersonId>(request.personId);
      if (personId === null) throw invalid('person_id');
      const decision = await unlessAway(operations.issueToken({ municipalityId, personId }));
      if (!decision.ok) throw new GrpcRefusal(status.NOT_FOUND, decision.refusal.kind, 'no such person');
      const { token, expiresAt, hasPupils } = decision.value;
      return { token, expiresAtMs: expiresAt.getTime(), hasPupils };
    }, logger),
    endSignIn: unaryHandler(async (request) => {
      const municipalityId = municipality(request.municipalityId);
      const { signInId } = request;
      if (!isUuid(signInId)) throw invalid('sign_in_id');
      const command = { municipalityId, signInId, returnTo: request.postLogoutRedirectUri };
      return { redirectUrl: (await unlessAway(operations.endSignIn(command))) ?? '' };
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

function municipality(value: number): MunicipalityId {
  const id = parseNumberId<MunicipalityId>(value);
  if (id === null) throw invalid('municipality_id');
  return id;
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
