import type { Transaction } from '@campanella/postgres';
import { v7 } from 'uuid';
import type { Debtor } from '../domain/position.ts';
import type { DocumentStore, IssuedDocument, PositionStore } from './ports.ts';

/**
 * Stores documents of one municipality with the next numbers of their series and years, in their order, and a notice for each instalment: a number
 * that was given is a document that is there.
 *
 * @returns their numbers
 */
export async function storeDocuments(
  { documents, positions }: { readonly documents: DocumentStore; readonly positions: PositionStore },
  tx: Transaction,
  unnumbered: readonly Omit<IssuedDocument, 'number'>[],
  about: { readonly taxonomyCode: string; readonly debtorOf: (documentId: string) => Debtor | null },
  now: Date,
): Promise<readonly number[]> {
  const [first] = unnumbered;
  if (first === undefined) return [];
  const { municipalityId } = first;
  const numbered = new Map<string, IssuedDocument>();
  const bySeries = Map.groupBy(unnumbered, ({ series, year }) => `${series}/${year}`);
  // In one order, so that two who number several series wait instead of deadlocking.
  for (const key of [...bySeries.keys()].toSorted()) {
    const group = bySeries.get(key) ?? [];
    const { series = '', year = 0 } = group[0] ?? {};
    const last = await documents.takeNumbers(tx, municipalityId, { series, year }, group.length);
    group.forEach((document, index) => {
      numbered.set(document.documentId, { ...document, number: last - group.length + 1 + index });
    });
  }
  const issued = unnumbered.flatMap(({ documentId }) => numbered.get(documentId) ?? []);
  await documents.insert(tx, issued, now);
  const instalments = issued.flatMap((document) => document.instalments.map((one) => ({ ...one, document })));
  const noticeNumbers = await positions.takeNoticeNumbers(tx, municipalityId, instalments.length);
  await positions.insertMany(
    tx,
    municipalityId,
    instalments.map(({ instalmentId, amountCents, dueOn, document }, index) => {
      const noticeNumber = noticeNumbers[index];
      const debtor = about.debtorOf(document.documentId);
      if (noticeNumber === undefined || debtor === null) throw new Error('a creditor or a payer has gone');
      return {
        ...{ positionId: v7(), noticeNumber, kind: 'instalment' as const, subjectId: instalmentId, amountCents },
        ...{
          description: document.description,
          taxonomyCode: about.taxonomyCode,
          debtor,
          dueOn,
          state: 'open' as const,
        },
      };
    }),
    now,
  );
  return issued.map(({ number }) => number);
}
