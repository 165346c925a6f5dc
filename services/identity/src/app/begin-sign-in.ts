import { createHash, randomBytes } from 'node:crypto';
import { accept, type Decision, refuse } from '@campanella/vocabulary';
import { v7 as uuidv7 } from 'uuid';
import { findMethod, type OpenidMethod, type SignInMethod } from '../domain/sign-in-method.ts';
import type { Clock, IdentityProviders, PendingSignIn, SignInStore, Transactions } from './ports.ts';

/** How long a citizen may take at the provider. */
export const SIGN_IN_WITHIN_MS = 10 * 60 * 1000;

const SECRET_BYTES = 32;

/** What beginning a sign-in needs. */
export interface BeginSignInDeps extends Transactions {
  readonly signIns: SignInStore;
  readonly providers: IdentityProviders;
  readonly methods: readonly SignInMethod[];
  readonly redirectUris: readonly string[];
  readonly clock: Clock;
}

/** Who wants to sign in where. */
export interface BeginSignIn {
  readonly municipalityId: number;
  /** A method's key. */
  readonly provider: string;
  /** Which of the method's providers; empty where there is one. */
  readonly issuer: string;
  readonly redirectUri: string;
}

/** Where to send the browser, and what binds it. */
export interface BegunSignIn {
  readonly redirectUrl: string;
  readonly state: string;
}

/** Why a sign-in does not begin. */
export type BeginSignInRefusal = { readonly kind: 'unknown_provider' } | { readonly kind: 'unregistered_redirect_uri' };

/**
 * Begins a sign-in: remembers it, and says where to send the browser.
 *
 * @returns the provider's address (or that of the gateway's card listener), and the state that binds the browser; 256 random bits, valid
 *   10 minutes, once
 * @throws ProviderAwayError when the provider's configuration cannot be had
 */
export async function beginSignIn(
  deps: BeginSignInDeps,
  command: BeginSignIn,
): Promise<Decision<BegunSignIn, BeginSignInRefusal>> {
  const method = findMethod(deps.methods, command.provider, command.municipalityId);
  if (method === null || method.kind === 'company') return refuse({ kind: 'unknown_provider' });
  if (!deps.redirectUris.includes(command.redirectUri)) return refuse({ kind: 'unregistered_redirect_uri' });
  const pending: PendingSignIn & { readonly state: string } = {
    municipalityId: command.municipalityId,
    signInId: uuidv7(),
    provider: method.key,
    issuer: method.kind === 'certificate' ? null : chosenIssuer(deps.providers, method, command.issuer),
    requestId: null,
    redirectUri: command.redirectUri,
    state: randomSecret(),
    nonce: randomSecret(),
    codeVerifier: randomSecret(),
    expiresAt: new Date(deps.clock.now().getTime() + SIGN_IN_WITHIN_MS),
  };
  if (method.kind === 'certificate') {
    await deps.transaction((tx) => deps.signIns.addPending(tx, pending.state, pending));
    return accept({ redirectUrl: cardUrl(method.certificateUrl, pending), state: pending.state });
  }
  const { municipalityId, issuer } = pending;
  if (issuer === null) return refuse({ kind: 'unknown_provider' });
  const { url, conversation } = await deps.providers.authorizationUrl(method, { municipalityId, issuer }, pending);
  await deps.transaction(async (tx) => {
    await deps.signIns.addPending(tx, pending.state, { ...pending, requestId: conversation.requestId });
    await deps.signIns.keepMessages(tx, pending, conversation.messages);
  });
  return accept({ redirectUrl: url, state: pending.state });
}

/** Only a provider that is offered: nobody makes us speak with an address of their own. */
function chosenIssuer(providers: IdentityProviders, method: OpenidMethod, wanted: string): string | null {
  const offered = providers.offered(method);
  if (wanted === '') return offered.length === 1 ? (offered[0]?.issuer ?? null) : null;
  return offered.some(({ issuer }) => issuer === wanted) ? wanted : null;
}

function cardUrl(certificateUrl: string, { municipalityId, state }: { municipalityId: number; state: string }): string {
  const url = new URL(`/login/cns/${municipalityId}`, certificateUrl);
  url.searchParams.set('state', state);
  return url.href;
}

/** What the store keeps of a state or a code: a copy of the table finishes nobody's sign-in. */
export function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** 256 random bits in base64url, 43 characters: above the 32 that SPID and CIE ask of state and nonce. */
export function randomSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
