import { accept, type Decision, refuse } from '@campanella/vocabulary';
import { findProvider, type ProviderProfile } from '../domain/provider-profile.ts';
import { type Citizen, readCitizen } from '../domain/read-citizen.ts';
import type {
  Clock,
  IdentityProviders,
  PendingSignIn,
  PersonStore,
  Redemption,
  SignInLogEntry,
  SignInOutcome,
  SignInStore,
  Transactions,
} from './ports.ts';

/** What finishing a sign-in needs. */
export interface CompleteSignInDeps extends Transactions {
  readonly signIns: SignInStore;
  readonly persons: PersonStore;
  readonly providers: IdentityProviders;
  readonly profiles: readonly ProviderProfile[];
  readonly clock: Clock;
}

/** The browser that came back, and with what. */
export interface CompleteSignIn {
  readonly municipalityId: number;
  /** As the browser's cookie has it, not as the URL does. */
  readonly state: string;
  readonly callbackUrl: string;
}

/** Who is signed in. */
export interface SignedInPerson {
  readonly personId: string;
  readonly displayName: string;
  readonly signInId: string;
}

/** Why nobody is signed in; `code` is for the log and the error page, and holds no attribute. */
export interface SignInRefusal {
  readonly kind: Exclude<SignInOutcome, 'signed_in' | 'abandoned'>;
  readonly code: string;
}

interface Redeemed {
  readonly citizen: Citizen;
  readonly redemption: Redemption;
}

/**
 * Finishes a sign-in. The pending row is taken first, in a transaction of its own: whatever follows, the same answer cannot
 * be used again. The provider is asked outside of any transaction. Every attempt leaves one line in the log.
 */
export async function completeSignIn(
  deps: CompleteSignInDeps,
  command: CompleteSignIn,
): Promise<Decision<SignedInPerson, SignInRefusal>> {
  const pending = await deps.transaction((tx) => deps.signIns.takePending(tx, command.municipalityId, command.state));
  const decision = await redeem(deps, command, pending);
  return deps.transaction(async (tx) => {
    const now = deps.clock.now();
    const entry: SignInLogEntry = {
      municipalityId: command.municipalityId,
      signInId: pending?.signInId ?? null,
      provider: pending?.provider ?? null,
      outcome: 'signed_in',
      errorCode: null,
      acr: null,
      personId: null,
      occurredAt: now,
    };
    if (!decision.ok) {
      const { kind, code } = decision.refusal;
      await deps.signIns.log(tx, { ...entry, outcome: kind, errorCode: code === '' ? null : code });
      return decision;
    }
    const { pending: begun, citizen, redemption } = decision.value;
    const { municipalityId, signInId, provider } = begun;
    const personId = await deps.persons.recognise(tx, municipalityId, citizen.codiceFiscale, now);
    const { idToken } = redemption;
    await deps.signIns.add(tx, { municipalityId, signInId, personId, provider, idToken, signedInAt: now });
    await deps.signIns.log(tx, { ...entry, acr: redemption.acr, personId });
    return accept({ personId, displayName: citizen.displayName, signInId });
  });
}

async function redeem(
  deps: CompleteSignInDeps,
  command: CompleteSignIn,
  pending: PendingSignIn | null,
): Promise<Decision<Redeemed & { pending: PendingSignIn }, SignInRefusal>> {
  if (pending === null || pending.expiresAt <= deps.clock.now()) return refuse({ kind: 'expired', code: '' });
  const profile = findProvider(deps.profiles, pending.provider, pending.municipalityId);
  if (profile === null) return refuse({ kind: 'provider_error', code: 'provider_removed' });
  const callbackUrl = parseCallback(command.callbackUrl, pending.redirectUri);
  if (callbackUrl === null) return refuse({ kind: 'provider_error', code: 'wrong_callback' });
  const redeemed = await deps.providers.redeem(profile, { ...pending, state: command.state }, callbackUrl);
  if (!redeemed.ok) return redeemed;
  const citizen = readCitizen(profile, redeemed.value.claims, redeemed.value.acr);
  if (citizen.ok) return accept({ pending, citizen: citizen.value, redemption: redeemed.value });
  const { kind } = citizen.refusal;
  return kind === 'no_codice_fiscale' ? refuse({ kind, code: '' }) : refuse({ kind: 'provider_error', code: kind });
}

/** The URL the browser came back to, if it is the one it was told to come back to. */
function parseCallback(text: string, redirectUri: string): URL | null {
  const url = URL.parse(text);
  return url !== null && `${url.origin}${url.pathname}` === redirectUri ? url : null;
}
