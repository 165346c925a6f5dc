import { createHash, randomBytes } from 'node:crypto';
import { accept, type Decision, refuse } from '@campanella/vocabulary';
import { v7 as uuidv7 } from 'uuid';
import { findProvider, type ProviderProfile } from '../domain/provider-profile.ts';
import type { Clock, IdentityProviders, SignInStore, Transactions } from './ports.ts';

/** How long a citizen may take at the provider. */
export const SIGN_IN_WITHIN_MS = 10 * 60 * 1000;

const SECRET_BYTES = 32;

/** What beginning a sign-in needs. */
export interface BeginSignInDeps extends Transactions {
  readonly signIns: SignInStore;
  readonly providers: IdentityProviders;
  readonly profiles: readonly ProviderProfile[];
  readonly redirectUris: readonly string[];
  readonly clock: Clock;
}

/** Who wants to sign in where. */
export interface BeginSignIn {
  readonly municipalityId: number;
  readonly provider: string;
  readonly redirectUri: string;
}

/** Why a sign-in does not begin. */
export type BeginSignInRefusal = { readonly kind: 'unknown_provider' } | { readonly kind: 'unregistered_redirect_uri' };

/**
 * Begins a sign-in: remembers it, and says where to send the browser.
 *
 * @returns the provider's address, and the state that binds the browser; 256 random bits, valid 10 minutes, once
 * @throws ProviderAwayError when the provider's configuration cannot be read
 */
export async function beginSignIn(
  deps: BeginSignInDeps,
  command: BeginSignIn,
): Promise<Decision<{ redirectUrl: string; state: string }, BeginSignInRefusal>> {
  const profile = findProvider(deps.profiles, command.provider, command.municipalityId);
  if (profile === null) return refuse({ kind: 'unknown_provider' });
  if (!deps.redirectUris.includes(command.redirectUri)) return refuse({ kind: 'unregistered_redirect_uri' });
  const secrets = {
    state: randomSecret(),
    nonce: randomSecret(),
    codeVerifier: randomSecret(),
    redirectUri: command.redirectUri,
  };
  const redirectUrl = await deps.providers.authorizationUrl(profile, secrets);
  await deps.transaction((tx) =>
    deps.signIns.addPending(tx, secrets.state, {
      municipalityId: command.municipalityId,
      signInId: uuidv7(),
      provider: profile.key,
      redirectUri: command.redirectUri,
      nonce: secrets.nonce,
      codeVerifier: secrets.codeVerifier,
      expiresAt: new Date(deps.clock.now().getTime() + SIGN_IN_WITHIN_MS),
    }),
  );
  return accept({ redirectUrl, state: secrets.state });
}

/** What the store keeps of a state: a copy of the table finishes nobody's sign-in. */
export function stateHash(state: string): Buffer {
  return createHash('sha256').update(state).digest();
}

function randomSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
