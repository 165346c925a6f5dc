import type { Transaction } from '@campanella/postgres';
import { accept, type Cents, cents, type Decision, type MunicipalityId, refuse } from '@campanella/vocabulary';
import type { Clock, DocumentStore, InTransaction, PositionStore } from './ports.ts';

export type HandOverRefusal =
  | { readonly kind: 'unknown_document' }
  | { readonly kind: 'paid' }
  /** A payment is under way: whether it succeeds is not known yet. */
  | { readonly kind: 'in_verification' };

export interface HandOverDeps {
  readonly transaction: InTransaction;
  readonly documents: Pick<DocumentStore, 'listOpen' | 'isHandedOver' | 'handOver'>;
  readonly positions: Pick<PositionStore, 'lockBySubjects' | 'setState'>;
  readonly clock: Clock;
}

type Which = { readonly municipalityId: MunicipalityId; readonly documentId: string };

/** `handOverWithin` in a transaction of its own. */
export function handOverDocument(deps: HandOverDeps, which: Which): Promise<Decision<Cents, HandOverRefusal>> {
  return deps.transaction((tx) => handOverWithin(deps, tx, which, deps.clock.now()));
}

/**
 * Hands what is unpaid of a document over to coercive collection (messa a ruolo): its notices are refused at pagoPA from then on. Money that comes
 * all the same is recorded and waits for the office. Again changes nothing.
 *
 * @returns what was handed over
 */
export async function handOverWithin(
  deps: Pick<HandOverDeps, 'documents' | 'positions'>,
  tx: Transaction,
  { municipalityId, documentId }: Which,
  now: Date,
): Promise<Decision<Cents, HandOverRefusal>> {
  const open = await deps.documents.listOpen(tx, municipalityId, documentId);
  if (open === null) return refuse({ kind: 'unknown_document' });
  // A receipt that is being recorded is waited for: what it pays is not handed over.
  const positions = await deps.positions.lockBySubjects(tx, municipalityId, open);
  const unpaid = positions.filter(({ state }) => state === 'open');
  const isAgain = open.length === 0 && (await deps.documents.isHandedOver(tx, municipalityId, documentId));
  if (isAgain) return accept(cents(0));
  if (unpaid.length === 0) return refuse({ kind: 'paid' });
  if (unpaid.some(({ cartUntil }) => cartUntil !== null && cartUntil > now)) return refuse({ kind: 'in_verification' });
  for (const { positionId } of unpaid) await deps.positions.setState(tx, municipalityId, positionId, 'cancelled', now);
  return accept(await deps.documents.handOver(tx, municipalityId, documentId, now));
}
