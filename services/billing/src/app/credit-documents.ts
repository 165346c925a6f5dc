import type { Transaction } from '@campanella/postgres';
import { addCents, type MunicipalityId, type PupilId, type ServiceCode, subtractCents } from '@campanella/vocabulary';
import { takeOff } from '../domain/credit.ts';
import type { DocumentStore, PositionStore } from './ports.ts';

export interface CreditDeps {
  readonly documents: Pick<DocumentStore, 'listCreditsLeft' | 'listCreditable' | 'credit'>;
  readonly positions: Pick<PositionStore, 'lockBySubjects' | 'setAmount' | 'setState'>;
}

/**
 * Takes what credit notes of these pupils still owe off their unpaid instalments of the service: of the corrected document first, then of the oldest.
 * A notice of which nothing is left is withdrawn. An instalment whose payment is under way is left alone; what is owed then waits for the next run.
 */
export async function takeOffOpen(
  { documents, positions }: CreditDeps,
  tx: Transaction,
  municipalityId: MunicipalityId,
  service: ServiceCode,
  pupilIds: readonly PupilId[],
  now: Date,
): Promise<void> {
  const notes = await documents.listCreditsLeft(tx, municipalityId, service, pupilIds);
  for (const note of notes) {
    const candidates = await documents.listCreditable(tx, municipalityId, note);
    const locked = await positions.lockBySubjects(
      tx,
      municipalityId,
      candidates.map(({ instalmentId }) => instalmentId),
    );
    // A receipt that was being recorded is waited for by the lock: what it paid is not credited.
    const positionOf = new Map(locked.map((position) => [position.subjectId, position]));
    const free = candidates.filter(({ instalmentId, state }) => {
      const position = positionOf.get(instalmentId);
      if (position === undefined || position.state === 'paid') return false;
      return state === 'handed_over' || position.cartUntil === null || position.cartUntil <= now;
    });
    const parts = takeOff(subtractCents(note.amountCents, note.creditedCents), free);
    for (const part of parts) {
      const position = positionOf.get(part.instalmentId);
      if (position === undefined || position.state !== 'open') continue;
      if (part.leftCents === 0) await positions.setState(tx, municipalityId, position.positionId, 'cancelled', now);
      else await positions.setAmount(tx, municipalityId, position.positionId, part.leftCents, now);
    }
    const total = addCents(...parts.map(({ creditedCents }) => creditedCents));
    if (total > 0) await documents.credit(tx, municipalityId, note.documentId, parts, now);
  }
}
