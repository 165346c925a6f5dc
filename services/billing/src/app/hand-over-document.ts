import { accept, type Decision, type MunicipalityId, refuse } from '@campanella/vocabulary';
import type { Clock, DocumentStore, InTransaction, PositionStore } from './ports.ts';

export type HandOverRefusal = { readonly kind: 'unknown_document' } | { readonly kind: 'paid' };

export interface HandOverDeps {
  readonly transaction: InTransaction;
  readonly documents: DocumentStore;
  readonly positions: PositionStore;
  readonly clock: Clock;
}

/**
 * Hands what is unpaid of a document over to coercive collection (messa a ruolo): its notices are refused at pagoPA from then on. Money that comes
 * all the same is recorded and waits for the office. Again changes nothing.
 */
export async function handOverDocument(
  deps: HandOverDeps,
  { municipalityId, documentId }: { readonly municipalityId: MunicipalityId; readonly documentId: string },
): Promise<Decision<null, HandOverRefusal>> {
  const now = deps.clock.now();
  return deps.transaction(async (tx) => {
    const open = await deps.documents.listOpen(tx, municipalityId, documentId);
    if (open === null) return refuse({ kind: 'unknown_document' });
    // A receipt that is being recorded is waited for: what it pays is not handed over.
    const positions = await deps.positions.lockBySubjects(tx, municipalityId, open);
    const unpaid = positions.filter(({ state }) => state === 'open');
    const isAgain = open.length === 0 && (await deps.documents.isHandedOver(tx, municipalityId, documentId));
    if (isAgain) return accept(null);
    if (unpaid.length === 0) return refuse({ kind: 'paid' });
    for (const { positionId } of unpaid)
      await deps.positions.setState(tx, municipalityId, positionId, 'cancelled', now);
    await deps.documents.handOver(tx, municipalityId, documentId, now);
    return accept(null);
  });
}
