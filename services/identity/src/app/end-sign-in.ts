import { findProvider, type ProviderProfile } from '../domain/provider-profile.ts';
import type { IdentityProviders, SignInStore, Transactions } from './ports.ts';

/** What ending a sign-in needs. */
export interface EndSignInDeps extends Transactions {
  readonly signIns: SignInStore;
  readonly providers: IdentityProviders;
  readonly profiles: readonly ProviderProfile[];
  readonly postLogoutRedirectUris: readonly string[];
}

/** Which sign-in, and where the browser should be in the end. */
export interface EndSignIn {
  readonly municipalityId: number;
  readonly signInId: string;
  readonly returnTo: string;
}

/**
 * Ends a sign-in.
 *
 * @returns where to send the browser to end the provider's session too; null when it ended before or the provider has no such
 *   page. An unregistered `returnTo` is left out, never refused: signing out must always work.
 */
export async function endSignIn(deps: EndSignInDeps, command: EndSignIn): Promise<string | null> {
  const ended = await deps.transaction((tx) => deps.signIns.take(tx, command.municipalityId, command.signInId));
  const profile = ended === null ? null : findProvider(deps.profiles, ended.provider, command.municipalityId);
  if (ended === null || profile === null) return null;
  const returnTo = deps.postLogoutRedirectUris.includes(command.returnTo) ? command.returnTo : null;
  return deps.providers.endSessionUrl(profile, ended.idToken, returnTo);
}
