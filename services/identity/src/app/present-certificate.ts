import { accept, type Decision, refuse } from '@campanella/vocabulary';
import { tlsRefusal } from '../domain/read-card.ts';
import { isOffered, type SignInMethod } from '../domain/sign-in-method.ts';
import { randomSecret, secretHash } from './begin-sign-in.ts';
import type { CardReader, Clock, Presented, SignInStore, Transactions } from './ports.ts';

/** What taking a card needs. */
export interface PresentCertificateDeps extends Transactions {
  readonly signIns: SignInStore;
  readonly methods: readonly SignInMethod[];
  readonly cards: CardReader;
  readonly clock: Clock;
}

/** What a browser showed in a TLS handshake. */
export interface PresentCertificate {
  readonly municipalityId: number;
  readonly state: string;
  /** Empty where it showed nothing. */
  readonly certificateDer: Uint8Array;
  /** Why the handshake did not accept it; empty where it did. */
  readonly tlsError: string;
}

/**
 * Takes what a card says for a pending sign-in of a card method, once. Whether the card is accepted the browser learns when it is back
 * at the gateway's callback: a page on the card listener has no session.
 *
 * @returns the callback with the state and a one-time code
 */
export async function presentCertificate(
  deps: PresentCertificateDeps,
  command: PresentCertificate,
): Promise<Decision<{ readonly redirectUrl: string }, { readonly kind: 'not_pending' }>> {
  const { municipalityId, state } = command;
  const now = deps.clock.now();
  const card = await readCard(deps, command, now);
  const code = randomSecret();
  const providers = deps.methods
    .filter((method) => method.kind === 'certificate' && isOffered(method, municipalityId))
    .map(({ key }) => key);
  const redirectUri = await deps.transaction((tx) =>
    deps.signIns.present(tx, { municipalityId, state, providers, card, codeHash: secretHash(code), now }),
  );
  if (redirectUri === null) return refuse({ kind: 'not_pending' });
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ state, code }).toString();
  return accept({ redirectUrl: url.href });
}

async function readCard(deps: PresentCertificateDeps, command: PresentCertificate, now: Date): Promise<Presented> {
  if (command.certificateDer.length === 0) return { kind: 'refused', refusal: 'no_certificate' };
  if (command.tlsError !== '') return { kind: 'refused', refusal: tlsRefusal(command.tlsError) };
  const read = await deps.cards.read(command.certificateDer, now);
  return read.ok ? { kind: 'citizen', ...read.value } : { kind: 'refused', refusal: read.refusal.kind };
}
