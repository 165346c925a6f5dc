import {
  CompanyRefusal,
  type CompleteSignInResponse,
  IdentityServiceClient,
  Role,
  type SignInCompanyResponse,
  SignInFailure,
  SignInMethodKind,
} from '@campanella/proto/identity/v1/identity';
import { callUnary, grpcClient, isServiceError, type Logger } from '@campanella/service-kit';
import { status } from '@grpc/grpc-js';
import type { CompanySignIn, CompletedSignIn, SignIn, SignInFailureKind, SignInMethod } from '../app/sign-in.ts';
import type { IssuedToken, PersonRole } from '../app/token-cache.ts';

/**
 * How long identity may take: signing in waits for the provider (5 s), and so does leaving, which revokes there; a company waits for
 * argon2 in a queue; a token waits for anagrafica (2 s).
 */
const SIGN_IN_DEADLINE_MS = 15_000;
const LEAVE_DEADLINE_MS = 8_000;
const COMPANY_DEADLINE_MS = 8_000;
const CERTIFICATE_DEADLINE_MS = 5_000;
const TOKEN_DEADLINE_MS = 3_000;
const METHODS_DEADLINE_MS = 2_000;

const FAILURES: ReadonlyMap<SignInFailure, SignInFailureKind> = new Map([
  [SignInFailure.CANCELLED, 'cancelled'],
  [SignInFailure.EXPIRED, 'expired'],
  [SignInFailure.PROVIDER_ERROR, 'provider_error'],
  [SignInFailure.PROVIDER_AWAY, 'provider_away'],
  [SignInFailure.NO_CODICE_FISCALE, 'no_codice_fiscale'],
  [SignInFailure.LEGAL_PERSON, 'legal_person'],
  [SignInFailure.CERTIFICATE_REFUSED, 'certificate_refused'],
]);

/** A kind that a newer identity knows and we do not is left out of the page. */
const METHOD_KINDS: ReadonlyMap<SignInMethodKind, SignInMethod['kind']> = new Map([
  [SignInMethodKind.SPID, 'spid'],
  [SignInMethodKind.CIE, 'cie'],
  [SignInMethodKind.OPENID, 'openid'],
  [SignInMethodKind.CERTIFICATE, 'certificate'],
  [SignInMethodKind.COMPANY, 'company'],
]);

/** A role we do not know is the one with the least power. */
const ROLES: ReadonlyMap<Role, PersonRole> = new Map([
  [Role.OFFICE, 'office'],
  [Role.SCHOOL, 'school'],
  [Role.SRE, 'sre'],
]);

/** identity, as the gateway uses it. */
export interface IdentityClient extends SignIn {
  issueToken(municipalityId: number, personId: string): Promise<IssuedToken | null>;
  close(): void;
}

/** A client of identity's IdentityService. */
export function identityClient(address: string, logger: Logger): IdentityClient {
  const client = grpcClient(IdentityServiceClient, [address]);
  const signInDeadline = { deadlineMs: SIGN_IN_DEADLINE_MS };
  const leaveDeadline = { deadlineMs: LEAVE_DEADLINE_MS };
  return {
    methods: async (municipalityId) => {
      const deadline = { deadlineMs: METHODS_DEADLINE_MS };
      const { methods } = await callUnary(client, 'listSignInMethods', { municipalityId }, deadline);
      return methods.flatMap(({ key, kind: given, label, providers }) => {
        const kind = METHOD_KINDS.get(given);
        const named = providers.map(({ issuer, name }) => ({ issuer, name }));
        return kind === undefined ? [] : [{ key, kind, label, providers: named }];
      });
    },
    begin: async ({ method: provider, ...rest }) => {
      try {
        const begun = await callUnary(client, 'beginSignIn', { ...rest, provider }, signInDeadline);
        return { kind: 'begun', redirectUrl: begun.redirectUrl, state: begun.state };
      } catch (error) {
        if (hasStatus(error, status.NOT_FOUND)) return { kind: 'unknown_method' };
        logger.warn({ err: error }, 'a sign-in could not begin');
        return { kind: 'failed', failure: 'unavailable' };
      }
    },
    complete: async (request) => {
      try {
        return completed(await callUnary(client, 'completeSignIn', request, signInDeadline));
      } catch (error) {
        logger.warn({ err: error }, 'a sign-in could not be completed');
        return { kind: 'failed', failure: 'unavailable', errorCode: '' };
      }
    },
    present: async (certificate) => {
      try {
        const deadline = { deadlineMs: CERTIFICATE_DEADLINE_MS };
        const { redirectUrl } = await callUnary(client, 'presentCertificate', certificate, deadline);
        return { kind: 'taken', redirectUrl };
      } catch (error) {
        if (hasStatus(error, status.NOT_FOUND)) return { kind: 'failed', failure: 'expired' };
        logger.warn({ err: error }, 'a certificate could not be handed to identity');
        return { kind: 'failed', failure: 'unavailable' };
      }
    },
    company: async (request) =>
      companyAnswer(await callUnary(client, 'signInCompany', request, { deadlineMs: COMPANY_DEADLINE_MS })),
    end: async (municipalityId, signInId, postLogoutRedirectUri) => {
      try {
        const request = { municipalityId, signInId, postLogoutRedirectUri };
        const { redirectUrl } = await callUnary(client, 'endSignIn', request, leaveDeadline);
        return redirectUrl === '' ? null : redirectUrl;
      } catch (error) {
        logger.warn({ err: error }, 'a sign-in could not be ended at the provider');
        return null;
      }
    },
    endAll: async (municipalityId, personId) => {
      try {
        await callUnary(client, 'endAllSignIns', { municipalityId, personId }, leaveDeadline);
      } catch (error) {
        logger.warn({ err: error }, "a person's sign-ins could not be ended at the providers");
      }
    },
    issueToken: async (municipalityId, personId) => {
      try {
        const request = { municipalityId, personId };
        const issued = await callUnary(client, 'issueToken', request, { deadlineMs: TOKEN_DEADLINE_MS });
        const { token, hasPupils } = issued;
        const role = ROLES.get(issued.role) ?? 'guardian';
        return { token, expiresAt: new Date(issued.expiresAtMs), hasPupils, role };
      } catch (error) {
        if (hasStatus(error, status.NOT_FOUND)) return null;
        throw error;
      }
    },
    close: () => client.close(),
  };
}

function completed({ result }: CompleteSignInResponse): CompletedSignIn {
  if (result?.$case === 'signedIn') return { kind: 'signed_in', ...result.value };
  const refused = result?.value;
  const failure = FAILURES.get(refused?.failure ?? SignInFailure.UNSPECIFIED) ?? 'provider_error';
  return { kind: 'failed', failure, errorCode: refused?.errorCode ?? '' };
}

function companyAnswer({ result }: SignInCompanyResponse): CompanySignIn {
  if (result?.$case === 'signedIn') return { kind: 'signed_in', ...result.value };
  const refused = result?.value;
  if (refused?.kind === CompanyRefusal.NATURAL_PERSON) return { kind: 'natural_person' };
  if (refused?.kind === CompanyRefusal.TOO_MANY_ATTEMPTS) {
    return { kind: 'too_many_attempts', retryAfterS: Math.max(1, refused.retryAfterS) };
  }
  return { kind: 'wrong_credentials' };
}

function hasStatus(error: unknown, code: status): boolean {
  return isServiceError(error) && error.code === code;
}
