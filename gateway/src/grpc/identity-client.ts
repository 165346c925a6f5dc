import {
  type CompleteSignInResponse,
  IdentityServiceClient,
  SignInFailure,
} from '@campanella/proto/identity/v1/identity';
import { callUnary, grpcClient, isServiceError, type Logger } from '@campanella/service-kit';
import { status } from '@grpc/grpc-js';
import type { CompletedSignIn, SignIn, SignInFailureKind } from '../app/sign-in.ts';
import type { IssuedToken } from '../app/token-cache.ts';

/** How long identity may take: signing in waits for the provider (5 s), a token for anagrafica (2 s). */
const SIGN_IN_DEADLINE_MS = 15_000;
const TOKEN_DEADLINE_MS = 3_000;

const FAILURES: ReadonlyMap<SignInFailure, SignInFailureKind> = new Map([
  [SignInFailure.CANCELLED, 'cancelled'],
  [SignInFailure.EXPIRED, 'expired'],
  [SignInFailure.PROVIDER_ERROR, 'provider_error'],
  [SignInFailure.PROVIDER_AWAY, 'provider_away'],
  [SignInFailure.NO_CODICE_FISCALE, 'no_codice_fiscale'],
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
  return {
    begin: async (municipalityId, provider, redirectUri) => {
      try {
        const begun = await callUnary(client, 'beginSignIn', { municipalityId, provider, redirectUri }, signInDeadline);
        return { kind: 'begun', redirectUrl: begun.redirectUrl, state: begun.state };
      } catch (error) {
        if (hasStatus(error, status.NOT_FOUND)) return { kind: 'unknown_provider' };
        logger.warn({ err: error }, 'a sign-in could not begin');
        return { kind: 'failed', failure: 'unavailable' };
      }
    },
    complete: async (municipalityId, state, callbackUrl) => {
      try {
        const request = { municipalityId, state, callbackUrl };
        return completed(await callUnary(client, 'completeSignIn', request, signInDeadline));
      } catch (error) {
        logger.warn({ err: error }, 'a sign-in could not be completed');
        return { kind: 'failed', failure: 'unavailable', errorCode: '' };
      }
    },
    end: async (municipalityId, signInId, postLogoutRedirectUri) => {
      try {
        const request = { municipalityId, signInId, postLogoutRedirectUri };
        const { redirectUrl } = await callUnary(client, 'endSignIn', request, { deadlineMs: TOKEN_DEADLINE_MS });
        return redirectUrl === '' ? null : redirectUrl;
      } catch (error) {
        logger.warn({ err: error }, 'a sign-in could not be ended at the provider');
        return null;
      }
    },
    issueToken: async (municipalityId, personId) => {
      try {
        const request = { municipalityId, personId };
        const issued = await callUnary(client, 'issueToken', request, { deadlineMs: TOKEN_DEADLINE_MS });
        return { token: issued.token, expiresAt: new Date(issued.expiresAtMs), hasPupils: issued.hasPupils };
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

function hasStatus(error: unknown, code: status): boolean {
  return isServiceError(error) && error.code === code;
}
