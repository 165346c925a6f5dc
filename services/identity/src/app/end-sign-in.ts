import { findMethod, type OpenidMethod, type SignInMethod } from '../domain/sign-in-method.ts';
import type { CompletedSignIn, IdentityProviders, ProviderTokens, SignInStore, Transactions } from './ports.ts';

/** What ending a sign-in needs. */
export interface EndSignInDeps extends Transactions {
  readonly signIns: SignInStore;
  readonly providers: IdentityProviders;
  readonly methods: readonly SignInMethod[];
  readonly postLogoutRedirectUris: readonly string[];
}

/** Which sign-in, and where the browser should be in the end. */
export interface EndSignIn {
  readonly municipalityId: number;
  readonly signInId: string;
  readonly returnTo: string;
}

/**
 * Ends a sign-in, and revokes its access token at the provider, as SPID and CIE ask of whoever lets a person leave.
 *
 * @returns where to send the browser to end the provider's session too; null when it ended before or the provider has no such
 *   page. An unregistered `returnTo` is left out, never refused: signing out must always work.
 */
export async function endSignIn(deps: EndSignInDeps, command: EndSignIn): Promise<string | null> {
  const ended = await deps.transaction((tx) => deps.signIns.take(tx, command.municipalityId, command.signInId));
  const atProvider = ended === null ? null : providerOf(deps, ended);
  if (atProvider === null) return null;
  const { method, party, tokens } = atProvider;
  await revoke(deps, atProvider);
  const returnTo = deps.postLogoutRedirectUris.includes(command.returnTo) ? command.returnTo : null;
  return deps.providers.endSessionUrl(method, party, tokens.idToken, returnTo);
}

/** Ends every sign-in of a person, on whatever device. @returns how many there were */
export async function endAllSignIns(
  deps: EndSignInDeps,
  command: { readonly municipalityId: number; readonly personId: string },
): Promise<number> {
  const ended = await deps.transaction((tx) => deps.signIns.takeAllOf(tx, command.municipalityId, command.personId));
  await Promise.all(
    ended.map(async (signIn) => {
      const atProvider = providerOf(deps, signIn);
      if (atProvider !== null) await revoke(deps, atProvider);
    }),
  );
  return ended.length;
}

interface AtProvider {
  readonly signIn: CompletedSignIn;
  readonly method: OpenidMethod;
  readonly party: { readonly municipalityId: number; readonly issuer: string };
  readonly tokens: ProviderTokens;
}

/** Null where there is nothing to end at anybody's: a card, a company, a provider that was removed. */
function providerOf(deps: EndSignInDeps, signIn: CompletedSignIn): AtProvider | null {
  const method = findMethod(deps.methods, signIn.provider, signIn.municipalityId);
  const { tokens, issuer, municipalityId } = signIn;
  if (method === null || method.kind === 'certificate' || method.kind === 'company') return null;
  return tokens === null || issuer === null ? null : { signIn, method, party: { municipalityId, issuer }, tokens };
}

async function revoke(deps: EndSignInDeps, { signIn, method, party, tokens }: AtProvider): Promise<void> {
  const { messages } = await deps.providers.revoke(method, party, tokens);
  if (messages.length > 0) await deps.transaction((tx) => deps.signIns.keepMessages(tx, signIn, messages));
}
