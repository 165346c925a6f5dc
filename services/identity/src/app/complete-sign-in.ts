import { timingSafeEqual } from 'node:crypto';
import { accept, type Decision, refuse } from '@campanella/vocabulary';
import { type Citizen, readCitizen } from '../domain/read-citizen.ts';
import { findMethod, type OpenidMethod, type SignInMethod } from '../domain/sign-in-method.ts';
import { secretHash } from './begin-sign-in.ts';
import type {
  Clock,
  Conversation,
  IdentityProviders,
  PersonStore,
  ProviderTokens,
  SignInLogEntry,
  SignInOutcome,
  SignInStore,
  TakenSignIn,
  Transactions,
} from './ports.ts';

/** What finishing a sign-in needs. */
export interface CompleteSignInDeps extends Transactions {
  readonly signIns: SignInStore;
  readonly persons: PersonStore;
  readonly providers: IdentityProviders;
  readonly methods: readonly SignInMethod[];
  readonly clock: Clock;
}

/** The browser that came back, and with what. */
export interface CompleteSignIn {
  readonly municipalityId: number;
  /** As the browser's cookie has it, not as the URL does. */
  readonly state: string;
  readonly callbackUrl: string;
  /** Null where it is not known. */
  readonly sourceAddress: string | null;
}

/** Who is signed in. */
export interface SignedInPerson {
  readonly personId: string;
  readonly displayName: string;
  readonly signInId: string;
}

/** Why nobody is signed in; `code` is for the log and the error page, and holds no attribute. */
export interface SignInRefusal {
  readonly kind: Exclude<
    SignInOutcome,
    'signed_in' | 'abandoned' | 'wrong_credentials' | 'natural_person' | 'too_many_attempts'
  >;
  readonly code: string;
}

interface Proof {
  readonly citizen: Citizen;
  readonly acr: string | null;
  /** Null for a card. */
  readonly tokens: ProviderTokens | null;
}

interface Attempt {
  readonly result: Decision<Proof, SignInRefusal>;
  readonly conversation: Conversation;
}

const SILENCE: Conversation = { messages: [], requestId: null, responseId: null };

/**
 * Finishes a sign-in. The pending row is taken first, in a transaction of its own: whatever follows, the same answer cannot
 * be used again. The provider is asked outside of any transaction. Every attempt leaves one line in the log, with what was exchanged.
 */
export async function completeSignIn(
  deps: CompleteSignInDeps,
  command: CompleteSignIn,
): Promise<Decision<SignedInPerson, SignInRefusal>> {
  const pending = await deps.transaction((tx) => deps.signIns.takePending(tx, command.municipalityId, command.state));
  const { result, conversation } = await prove(deps, command, pending);
  return deps.transaction(async (tx) => {
    const now = deps.clock.now();
    const entry: SignInLogEntry = {
      municipalityId: command.municipalityId,
      signInId: pending?.signInId ?? null,
      provider: pending?.provider ?? null,
      issuer: pending?.issuer ?? null,
      outcome: 'signed_in',
      errorCode: null,
      acr: null,
      requestId: pending?.requestId ?? null,
      responseId: conversation.responseId,
      personId: null,
      sourceAddress: command.sourceAddress,
      occurredAt: now,
    };
    if (pending !== null) await deps.signIns.keepMessages(tx, pending, conversation.messages);
    if (!result.ok) {
      const { kind, code } = result.refusal;
      await deps.signIns.log(tx, { ...entry, outcome: kind, errorCode: code === '' ? null : code });
      return result;
    }
    // Without a pending row nothing can have been proved.
    if (pending === null) throw new TypeError('a sign-in was proved that had not begun');
    const { municipalityId, signInId, provider, issuer } = pending;
    const { citizen, tokens, acr } = result.value;
    const who = { kind: 'citizen', fiscalCode: citizen.codiceFiscale } as const;
    const personId = await deps.persons.recognise(tx, municipalityId, who, now);
    await deps.signIns.add(tx, { municipalityId, signInId, personId, provider, issuer, tokens, signedInAt: now });
    await deps.signIns.log(tx, { ...entry, acr, personId });
    return accept({ personId, displayName: citizen.displayName, signInId });
  });
}

async function prove(deps: CompleteSignInDeps, command: CompleteSignIn, pending: TakenSignIn | null): Promise<Attempt> {
  const no = (kind: SignInRefusal['kind'], code = ''): Attempt => ({
    result: refuse({ kind, code }),
    conversation: SILENCE,
  });
  if (pending === null || pending.expiresAt <= deps.clock.now()) return no('expired');
  const method = findMethod(deps.methods, pending.provider, pending.municipalityId);
  if (method === null || method.kind === 'company') return no('provider_error', 'provider_removed');
  const callbackUrl = parseCallback(command.callbackUrl, pending.redirectUri);
  if (callbackUrl === null) return no('provider_error', 'wrong_callback');
  if (method.kind === 'certificate') return { result: proveByCard(pending, callbackUrl), conversation: SILENCE };
  return proveByProvider(deps, method, pending, command.state, callbackUrl);
}

async function proveByProvider(
  deps: CompleteSignInDeps,
  method: OpenidMethod,
  pending: TakenSignIn,
  state: string,
  callbackUrl: URL,
): Promise<Attempt> {
  const party = { municipalityId: pending.municipalityId, issuer: pending.issuer ?? '' };
  const { result, conversation } = await deps.providers.redeem(method, party, { ...pending, state }, callbackUrl);
  if (!result.ok) return { result, conversation };
  const { claims, acr, tokens } = result.value;
  const citizen = readCitizen(method, claims, acr);
  if (citizen.ok) return { result: accept({ citizen: citizen.value, acr, tokens }), conversation };
  const { kind } = citizen.refusal;
  const isOutcome = kind === 'no_codice_fiscale' || kind === 'legal_person';
  const refusal: SignInRefusal = isOutcome ? { kind, code: '' } : { kind: 'provider_error', code: kind };
  return { result: refuse(refusal), conversation };
}

/** The code proves that this is the browser that showed the card: it was given to it alone, once. */
function proveByCard({ presented }: TakenSignIn, callbackUrl: URL): Decision<Proof, SignInRefusal> {
  const code = callbackUrl.searchParams.get('code') ?? '';
  if (presented === null || !timingSafeEqual(secretHash(code), presented.codeHash)) {
    return refuse({ kind: 'certificate_refused', code: 'no_certificate' });
  }
  const { card } = presented;
  if (card.kind === 'citizen') return accept({ citizen: card, acr: null, tokens: null });
  if (card.refusal === 'no_codice_fiscale') return refuse({ kind: 'no_codice_fiscale', code: '' });
  return refuse({ kind: 'certificate_refused', code: card.refusal });
}

/** The URL the browser came back to, if it is the one it was told to come back to. */
function parseCallback(text: string, redirectUri: string): URL | null {
  const url = URL.parse(text);
  return url !== null && `${url.origin}${url.pathname}` === redirectUri ? url : null;
}
