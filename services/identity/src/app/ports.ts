import type { Transaction } from '@campanella/postgres';
import type { Decision } from '@campanella/vocabulary';
import type { ProviderProfile } from '../domain/provider-profile.ts';

/** The server's clock. */
export interface Clock {
  now(): Date;
}

/** Runs one operation's work in one transaction. */
export interface Transactions {
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
}

/** What must be remembered between sending a browser away and its coming back. */
export interface PendingSignIn {
  readonly municipalityId: number;
  readonly signInId: string;
  readonly provider: string;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly expiresAt: Date;
}

/** A sign-in that succeeded. */
export interface CompletedSignIn {
  readonly municipalityId: number;
  readonly signInId: string;
  readonly personId: string;
  readonly provider: string;
  /** Names us to the provider when the sign-in is ended; it holds no attribute. */
  readonly idToken: string;
  readonly signedInAt: Date;
}

/** How an attempt ended. */
export type SignInOutcome =
  | 'signed_in'
  | 'cancelled'
  | 'expired'
  | 'provider_error'
  | 'provider_away'
  | 'no_codice_fiscale'
  | 'abandoned';

/** One line of the sign-in log. */
export interface SignInLogEntry {
  readonly municipalityId: number;
  readonly signInId: string | null;
  readonly provider: string | null;
  readonly outcome: SignInOutcome;
  readonly errorCode: string | null;
  readonly acr: string | null;
  readonly personId: string | null;
  readonly occurredAt: Date;
}

/** Keeps sign-ins and their log. */
export interface SignInStore {
  addPending(tx: Transaction, state: string, pending: PendingSignIn): Promise<void>;
  /** Takes a pending sign-in out, so that nobody takes it again; null when there is none (any more). */
  takePending(tx: Transaction, municipalityId: number, state: string): Promise<PendingSignIn | null>;
  add(tx: Transaction, signIn: CompletedSignIn): Promise<void>;
  /** Takes a sign-in out; null when it was ended before. */
  take(tx: Transaction, municipalityId: number, signInId: string): Promise<CompletedSignIn | null>;
  log(tx: Transaction, entry: SignInLogEntry): Promise<void>;
  /** Logs pending sign-ins older than `now` as abandoned, and removes them and what is older than its time. */
  purge(tx: Transaction, limits: { now: Date; signedInBefore: Date; loggedBefore: Date }): Promise<number>;
}

/** Keeps persons: a codice fiscale within a municipality under an opaque id. */
export interface PersonStore {
  /** Finds or adds the person, and notes the sign-in. @returns the person's id, always the same for one codice fiscale */
  recognise(tx: Transaction, municipalityId: number, codiceFiscale: string, now: Date): Promise<string>;
  /** The codice fiscale of a person of this municipality; null for an unknown one. */
  codiceFiscaleOf(tx: Transaction, municipalityId: number, personId: string): Promise<string | null>;
}

/** What a provider vouches for, once everything that can be checked has been. */
export interface Redemption {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly acr: string | null;
  readonly idToken: string;
}

/** Why a provider's answer cannot be redeemed. */
export type RedemptionRefusal =
  | { readonly kind: 'cancelled'; readonly code: string }
  | { readonly kind: 'provider_error'; readonly code: string }
  | { readonly kind: 'provider_away'; readonly code: string };

/** Speaks the protocol with identity providers. */
export interface IdentityProviders {
  /** @throws ProviderAwayError when the provider cannot be reached */
  authorizationUrl(profile: ProviderProfile, secrets: AuthorizationSecrets): Promise<string>;
  /** Checks the answer (state, nonce, PKCE, signature, issuer, audience, times) and reads the claims. */
  redeem(
    profile: ProviderProfile,
    secrets: AuthorizationSecrets,
    callbackUrl: URL,
  ): Promise<Decision<Redemption, RedemptionRefusal>>;
  /** Where to send a browser to end the provider's session; null where the provider has no such page. */
  endSessionUrl(profile: ProviderProfile, idToken: string, returnTo: string | null): Promise<string | null>;
}

/** The values that bind an answer to its question. */
export interface AuthorizationSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

/** The provider did not answer, or not in time. */
export class ProviderAwayError extends Error {
  constructor(provider: string, cause: unknown) {
    super(`the identity provider ${provider} cannot be reached`, { cause });
    this.name = 'ProviderAwayError';
  }
}

/** anagrafica did not answer, or not in time. */
export class AnagraficaAwayError extends Error {
  constructor(cause: unknown) {
    super('anagrafica cannot be asked', { cause });
    this.name = 'AnagraficaAwayError';
  }
}

/** Asks anagrafica who a person answers for. */
export interface Guardians {
  /** The pupils whose registered payer has this codice fiscale. @throws AnagraficaAwayError */
  pupilsOf(municipalityId: number, codiceFiscale: string): Promise<readonly string[]>;
}
