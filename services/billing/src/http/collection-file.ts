import { Readable } from 'node:stream';
import { formatServiceDate, type MunicipalityId, serviceDateAt } from '@campanella/vocabulary';
import { stringify } from 'csv-stringify';
import type { DocumentStore, HandedOverDocument, PositionStore } from '../app/ports.ts';
import { documentNumber } from '../domain/document.ts';
import type { Debtor } from '../domain/position.ts';

const EXPORT_PAGE = 500;

export interface CollectionDeps {
  readonly documents: Pick<DocumentStore, 'listHandedOver'>;
  readonly positions: Pick<PositionStore, 'find'>;
}

/** What a run handed over to coercive collection, with who owes it, as CSV. */
export function collectionFile(deps: CollectionDeps, municipalityId: MunicipalityId, runId: string): Readable {
  const rows = Readable.from(rowsOf(deps, municipalityId, runId));
  return rows.pipe(stringify(CSV)).on('close', () => rows.destroy());
}

/** As spreadsheets of an Italian desktop open it; a text that would run as a formula gets an apostrophe before it. */
const CSV = {
  header: true,
  columns: [
    'numero',
    'data',
    'scadenza',
    'sollecito',
    'oggetto',
    'importo',
    'codice_fiscale',
    'intestatario',
    'documento',
  ],
  bom: true,
  delimiter: ';',
  record_delimiter: 'windows',
  escape_formulas: true,
} as const;

/** Rows of the file, a page at a time: bounded whatever the length. */
async function* rowsOf(
  { documents, positions }: CollectionDeps,
  municipalityId: MunicipalityId,
  runId: string,
): AsyncGenerator<string[]> {
  let after: string | null = null;
  for (;;) {
    const page: readonly HandedOverDocument[] = await documents.listHandedOver(
      municipalityId,
      runId,
      after,
      EXPORT_PAGE,
    );
    for (const document of page) {
      const position = await positions.find(municipalityId, document.noticeNumber);
      if (position === null) throw new Error('a document that was handed over has no position');
      yield toRow(document, position.debtor);
    }
    if (page.length < EXPORT_PAGE) return;
    after = page.at(-1)?.documentId ?? null;
  }
}

function toRow(document: HandedOverDocument, debtor: Debtor): string[] {
  const { issuedOn, dueOn, remindedAt, amountCents } = document;
  return [
    ...[documentNumber(document), formatServiceDate(issuedOn), formatServiceDate(dueOn)],
    remindedAt === null ? '' : formatServiceDate(serviceDateAt(remindedAt)),
    ...[document.description, (amountCents / 100).toFixed(2).replace('.', ',')],
    ...[debtor.codiceFiscale, debtor.fullName, document.documentId],
  ];
}
