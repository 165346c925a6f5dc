import {
  accept,
  type Decision,
  type MunicipalityId,
  type PupilId,
  refuse,
  type ServiceCode,
} from '@campanella/vocabulary';
import { decideIssue, type IssueRefusal, type NewDocument } from '../domain/document.ts';
import type { Law } from '../domain/law.ts';
import type {
  Clock,
  CreditorStore,
  DocumentStore,
  InTransaction,
  IssuedDocument,
  NotificationStore,
  Payers,
  PositionStore,
} from './ports.ts';
import { storeDocuments } from './store-documents.ts';

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
  readonly payers: Pick<Payers, 'find'>;
  readonly notifications: Pick<NotificationStore, 'add'>;
  readonly law: Law;
  readonly clock: Clock;
}

/** Issues a document, its instalments and their notices in one transaction: a number that was given is a document that is there. */
export async function issueDocument(
  deps: IssueDeps,
  command: IssueDocument,
): Promise<Decision<Pick<IssuedDocument, 'year' | 'number' | 'amountCents'>, DocumentRefusal>> {
  const { municipalityId, documentId, pupilId, service, taxonomyCode, issuedOn } = command;
  const decided = decideIssue(deps.law, command);
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
    const document = { ...command, ...decided.value, series: '', year, correctsId: null, content };
    const [number = 0] = await storeDocuments(
      deps,
      tx,
      [document],
      { taxonomyCode, debtorOf: () => payer.debtor },
      now,
    );
    await deps.notifications.add(
      tx,
      municipalityId,
      [{ kind: 'document_issued', subjectId: documentId, pupilId, service }],
      now,
    );
    return accept({ year, number, amountCents: document.amountCents });
  });
}

function contentOf({ kind, pupilId, service, description, issuedOn, vat, chargedCents, instalments }: IssueDocument) {
  const parts = instalments.map(({ instalmentId, amountCents, dueOn }) => [instalmentId, amountCents, dueOn]);
  return JSON.stringify([kind, pupilId, service, description, issuedOn, vat, chargedCents, parts]);
}
