import {
  accept,
  type Decision,
  type MunicipalityId,
  type PupilId,
  refuse,
  type ServiceCode,
} from '@campanella/vocabulary';
import { v7 } from 'uuid';
import { decideIssue, type IssueRefusal, type NewDocument } from '../domain/document.ts';
import type {
  Clock,
  CreditorStore,
  DocumentStore,
  InTransaction,
  IssuedDocument,
  Payers,
  PositionStore,
} from './ports.ts';

/** What the office issues. */
export interface IssueDocument extends NewDocument {
  readonly municipalityId: MunicipalityId;
  /** Made by the caller; a repeat gets the number of the first time. */
  readonly documentId: string;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly description: string;
  readonly taxonomyCode: string;
}

export type DocumentRefusal =
  | IssueRefusal
  | { readonly kind: 'no_creditor' }
  | { readonly kind: 'no_payer' }
  /** The id was used for another document. */
  | { readonly kind: 'document_differs' };

export interface IssueDeps {
  readonly transaction: InTransaction;
  readonly creditors: Pick<CreditorStore, 'findCreditor'>;
  readonly documents: DocumentStore;
  readonly positions: PositionStore;
  readonly payers: Payers;
  readonly clock: Clock;
}

/** Issues a document, its instalments and their notices in one transaction: a number that was given is a document that is there. */
export async function issueDocument(
  deps: IssueDeps,
  command: IssueDocument,
): Promise<Decision<Pick<IssuedDocument, 'year' | 'number' | 'amountCents'>, DocumentRefusal>> {
  const { municipalityId, documentId, pupilId, service, description, taxonomyCode, instalments, issuedOn } = command;
  const decided = decideIssue(command);
  if (!decided.ok) return decided;
  if ((await deps.creditors.findCreditor(municipalityId)) === null) return refuse({ kind: 'no_creditor' });
  const payer = await deps.payers.find(municipalityId, pupilId, service);
  if (payer === null) return refuse({ kind: 'no_payer' });
  const content = contentOf(command);
  const now = deps.clock.now();
  return deps.transaction(async (tx) => {
    const earlier = await deps.documents.findIssued(tx, municipalityId, documentId);
    if (earlier !== null) {
      return earlier.content === content ? accept(earlier) : refuse({ kind: 'document_differs' });
    }
    const year = Number(issuedOn.slice(0, 4));
    const number = await deps.documents.takeNumber(tx, municipalityId, year);
    const issued = { ...command, ...decided.value, year, number, content };
    await deps.documents.insert(tx, issued, now);
    for (const { instalmentId, amountCents, dueOn } of instalments) {
      const noticeNumber = await deps.positions.takeNoticeNumber(tx, municipalityId);
      if (noticeNumber === null) throw new Error('a creditor has gone');
      await deps.positions.insert(
        tx,
        municipalityId,
        {
          ...{ positionId: v7(), noticeNumber, kind: 'instalment', subjectId: instalmentId, amountCents },
          ...{ description, taxonomyCode, debtor: payer.debtor, dueOn, state: 'open' },
        },
        now,
      );
    }
    return accept({ year, number, amountCents: issued.amountCents });
  });
}

function contentOf({ kind, pupilId, service, description, issuedOn, vat, chargedCents, instalments }: IssueDocument) {
  const parts = instalments.map(({ instalmentId, amountCents, dueOn }) => [instalmentId, amountCents, dueOn]);
  return JSON.stringify([kind, pupilId, service, description, issuedOn, vat, chargedCents, parts]);
}
