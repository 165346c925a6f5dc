import type { Transaction } from '@campanella/postgres';
import type { CodiceFiscale, Decision, PartitaIva } from '@campanella/vocabulary';
import type { CardRefusal } from '../domain/read-card.ts';
import type { OpenidMethod } from '../domain/sign-in-method.ts';
import type { OperatorRole } from '../domain/token-claims.ts';

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
  /** The method's key. */
  readonly provider: string;
  /** Which of the method's providers; null for a card. */
  readonly issuer: string | null;
  /** Id (jti) of the request object; null where the request is none. */
  readonly requestId: string | null;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly expiresAt: Date;
}

/** What a card said of its holder, or why it was refused: kept until the browser is back. */
export type Presented =
  | { readonly kind: 'citizen'; readonly codiceFiscale: CodiceFiscale; readonly displayName: string }
  | { readonly kind: 'refused'; readonly refusal: CardRefusal['kind'] };

/** A pending sign-in as it is taken out, with what a card said meanwhile. */
export interface TakenSignIn extends PendingSignIn {
  readonly presented: { readonly card: Presented; readonly codeHash: Buffer } | null;
}

/** A sign-in that succeeded. */
export interface CompletedSignIn {
  readonly municipalityId: number;
  readonly signInId: string;
  readonly personId: string;
  readonly provider: string;
  readonly issuer: string | null;
  /** The provider's tokens, to name us to it when the sign-in is ended; null for a card or a company. */
  readonly tokens: ProviderTokens | null;
  readonly signedInAt: Date;
}

/** What a provider gave us besides the claims. */
export interface ProviderTokens {
  readonly idToken: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
}

/** How an attempt ended. */
export type SignInOutcome =
  | 'signed_in'
  | 'cancelled'
  | 'expired'
  | 'provider_error'
  | 'provider_away'
  | 'no_codice_fiscale'
  | 'legal_person'
  | 'certificate_refused'
  | 'wrong_credentials'
  | 'natural_person'
  | 'too_many_attempts'
  | 'abandoned';

/** One line of the sign-in log. */
export interface SignInLogEntry {
  readonly municipalityId: number;
  readonly signInId: string | null;
  readonly provider: string | null;
  readonly issuer: string | null;
  readonly outcome: SignInOutcome;
  readonly errorCode: string | null;
  readonly acr: string | null;
  /** Ids (jti) of the request object and of the id token. */
  readonly requestId: string | null;
  readonly responseId: string | null;
  readonly personId: string | null;
  readonly sourceAddress: string | null;
  readonly occurredAt: Date;
}

/** One message exchanged with a provider, as it was on the wire. */
export interface SignInMessage {
  readonly kind:
    | 'trust_chain'
    | 'authentication_request'
    | 'authentication_response'
    | 'token_request'
    | 'token_response'
    | 'userinfo_request'
    | 'userinfo_response'
    | 'revocation_request'
    | 'revocation_response';
  readonly text: string;
  readonly occurredAt: Date;
}

/** Keeps sign-ins and their log. */
export interface SignInStore {
  addPending(tx: Transaction, state: string, pending: PendingSignIn): Promise<void>;
  /** Takes a pending sign-in out, so that nobody takes it again; null when there is none (any more). */
  takePending(tx: Transaction, municipalityId: number, state: string): Promise<TakenSignIn | null>;
  /**
   * Notes once what a card said for a pending sign-in of a method.
   *
   * @returns where the browser is to go back to; null when there is no such sign-in, it is too late, or a card was shown before
   */
  present(
    tx: Transaction,
    shown: {
      readonly municipalityId: number;
      readonly state: string;
      readonly providers: readonly string[];
      readonly card: Presented;
      readonly codeHash: Buffer;
      readonly now: Date;
    },
  ): Promise<string | null>;
  add(tx: Transaction, signIn: CompletedSignIn): Promise<void>;
  /** Takes a sign-in out; null when it was ended before. */
  take(tx: Transaction, municipalityId: number, signInId: string): Promise<CompletedSignIn | null>;
  /** Takes all sign-ins of a person out. */
  takeAllOf(tx: Transaction, municipalityId: number, personId: string): Promise<readonly CompletedSignIn[]>;
  log(tx: Transaction, entry: SignInLogEntry): Promise<void>;
  keepMessages(
    tx: Transaction,
    signIn: { readonly municipalityId: number; readonly signInId: string },
    messages: readonly SignInMessage[],
  ): Promise<void>;
  /** Logs pending sign-ins older than `now` as abandoned, and removes them and what is older than its time. */
  purge(tx: Transaction, limits: { now: Date; signedInBefore: Date; loggedBefore: Date }): Promise<number>;
}

/** Who somebody is, for the internal token. */
export interface KnownPerson {
  readonly kind: 'citizen' | 'company';
  /** Codice fiscale of a citizen, partita IVA of a company. */
  readonly fiscalCode: string;
  readonly role: OperatorRole | null;
}

/** Keeps persons: a codice fiscale (or a company's partita IVA) within a municipality under an opaque id. */
export interface PersonStore {
  /** Finds or adds the person, and notes the sign-in. @returns the person's id, always the same for one codice fiscale */
  recognise(
    tx: Transaction,
    municipalityId: number,
    who: { readonly kind: KnownPerson['kind']; readonly fiscalCode: string },
    now: Date,
  ): Promise<string>;
  /** A person of this municipality; null for an unknown one. */
  find(tx: Transaction, municipalityId: number, personId: string): Promise<KnownPerson | null>;
}

/** Keeps the roles of operators. */
export interface OperatorStore {
  grant(
    tx: Transaction,
    municipalityId: number,
    codiceFiscale: CodiceFiscale,
    role: OperatorRole,
    now: Date,
  ): Promise<void>;
  /** @returns false where there was none */
  withdraw(tx: Transaction, municipalityId: number, codiceFiscale: CodiceFiscale): Promise<boolean>;
}

/** A company that may sign in by password. */
export interface Company {
  readonly municipalityId: number;
  readonly companyId: string;
  readonly partitaIva: PartitaIva;
  readonly name: string;
  readonly passwordHash: string;
  readonly state: 'open' | 'shut';
}

/** Keeps companies. */
export interface CompanyStore {
  find(tx: Transaction, municipalityId: number, partitaIva: PartitaIva): Promise<Company | null>;
  list(tx: Transaction, municipalityId: number): Promise<readonly Company[]>;
  /** Adds it, or sets name, password and state of the one that has this partita IVA. */
  put(tx: Transaction, company: Company, now: Date): Promise<void>;
}

/** Counts attempts under keys of which only a hash is kept. */
export interface AttemptStore {
  /** Counts one more attempt, in the window that runs or in a new one. @returns the count with this one, and when the window ends */
  count(
    tx: Transaction,
    municipalityId: number,
    key: string,
    window: { readonly now: Date; readonly lengthMs: number },
  ): Promise<{ readonly attempts: number; readonly windowEndsAt: Date }>;
  forget(tx: Transaction, municipalityId: number, key: string): Promise<void>;
}

/** Hashes passwords with argon2id, slowly on purpose; a bounded number at once. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** @param hash null for an account that does not exist: takes the same time and is false */
  verify(hash: string | null, password: string): Promise<boolean>;
}

/** What a provider vouches for, once everything that can be checked has been. */
export interface Redemption {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly acr: string | null;
  readonly tokens: ProviderTokens;
}

/** Why a provider's answer cannot be redeemed. */
export type RedemptionRefusal =
  | { readonly kind: 'cancelled'; readonly code: string }
  | { readonly kind: 'provider_error'; readonly code: string }
  | { readonly kind: 'provider_away'; readonly code: string };

/** A conversation with a provider, for the log; ids (jti) of the request object and of the id token as far as it got. */
export interface Conversation {
  readonly messages: readonly SignInMessage[];
  readonly requestId: string | null;
  readonly responseId: string | null;
}

/** A provider that a citizen may choose. */
export interface OfferedProvider {
  readonly issuer: string;
  readonly name: string;
}

/** Speaks the protocol with identity providers. */
export interface IdentityProviders {
  /** The providers of a method, from memory; one that is away stays in the list. */
  offered(method: OpenidMethod): readonly OfferedProvider[];
  /** @throws ProviderAwayError when the provider cannot be reached or is not trusted (any more) */
  authorizationUrl(
    method: OpenidMethod,
    party: Party,
    secrets: AuthorizationSecrets,
  ): Promise<{ readonly url: string; readonly conversation: Conversation }>;
  /** Checks the answer (state, nonce, PKCE, signature, issuer, audience, times, level, encryption) and reads the claims. */
  redeem(
    method: OpenidMethod,
    party: Party,
    secrets: AuthorizationSecrets,
    callbackUrl: URL,
  ): Promise<{ readonly result: Decision<Redemption, RedemptionRefusal>; readonly conversation: Conversation }>;
  /** Ends what can be ended at the provider: the access token is revoked. Never throws; the conversation says how far it got. */
  revoke(method: OpenidMethod, party: Party, tokens: ProviderTokens): Promise<Conversation>;
  /** Where to send a browser to end the provider's session; null where the provider has no such page. */
  endSessionUrl(method: OpenidMethod, party: Party, idToken: string, returnTo: string | null): Promise<string | null>;
}

/** Which municipality asks which of a method's providers. */
export interface Party {
  readonly municipalityId: number;
  readonly issuer: string;
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

/** Reads what a card's certificate says, once it was found right. */
export interface CardReader {
  read(
    certificateDer: Uint8Array,
    now: Date,
  ): Promise<Decision<{ codiceFiscale: CodiceFiscale; displayName: string }, CardRefusal>>;
}
