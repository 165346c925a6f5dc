import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type Cells, importedId } from '@campanella/csv-import';
import type { Transaction } from '@campanella/postgres';
import { id, type MunicipalityId, nameKey, type PupilId } from '@campanella/vocabulary';
import { type FilingRequest, toFiled } from '../app/fascicolo.ts';
import { DOCUMENT_BYTES_MAX, type DocumentRefused, type FiledDocument, type MediaType } from '../domain/fascicolo.ts';
import { fascicoloTable } from '../store/fascicolo-table.ts';
import type { FaultKind } from './faults.ts';
import { idsByCode } from './known-names.ts';

/** The folder of the documents, within the folder of the files. */
export const DOCUMENTS_FOLDER = 'documenti';

/** What the end of a file's name says that it is: the bytes must be it. */
const DECLARED: Readonly<Record<string, MediaType>> = {
  ...{ '.pdf': 'application/pdf', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png' },
};
const KINDS = {
  altro: 'other',
  modulo: 'form',
  lettera: 'letter',
  certificato: 'certificate',
  certificazione_730: 'certification_730',
} as const;
const COLUMNS: Readonly<Record<string, string>> = { kind: 'tipo', title: 'titolo' };
const FAULTS: Readonly<Record<DocumentRefused['kind'], FaultKind>> = {
  malformed: 'malformed',
  empty: 'empty_document',
  too_large: 'document_too_large',
  type_not_allowed: 'document_type',
  type_mismatch: 'document_lies',
};

/** A row of the file of documents. */
export interface NamedDocument {
  readonly pupilCode: string;
  readonly kind: string;
  readonly title: string;
  readonly fileName: string;
}

/** A document whose line is in the transaction; its bytes have still to be stored, before the commit. */
export interface PendingDocument {
  readonly document: FiledDocument;
  readonly path: string;
}

export interface DocumentsRun {
  readonly tx: Transaction;
  readonly municipalityId: MunicipalityId;
  /** The folder of the import. */
  readonly folder: string;
  readonly addedBy: string;
  readonly clock: { now(): Date };
  readonly fault: (line: number, column: string, kind: FaultKind, missingPupil?: string) => void;
}

/** How a row is read. */
export function readDocument(cells: Cells): NamedDocument {
  return {
    pupilCode: cells.codiceFiscale('codice_fiscale_alunno'),
    kind: cells.choice('tipo', KINDS),
    title: cells.text('titolo'),
    fileName: cells.text('file'),
  };
}

/**
 * Puts the lines of documents into the transaction, under the rules of every upload: the bytes decide what they are, and a name that says something
 * else is refused. Holds one document at a time. The same document again, also one that the office has removed since, is left as it is.
 *
 * @returns those that are new
 */
export async function takeDocuments(
  run: DocumentsRun,
  rows: readonly { readonly line: number; readonly named: NamedDocument }[],
): Promise<readonly PendingDocument[]> {
  const { tx, municipalityId } = run;
  const codes = rows.map(({ named }) => named.pupilCode);
  const pupils = await idsByCode(tx, municipalityId, 'pupils', codes);
  const pending: PendingDocument[] = [];
  for (const { line, named } of rows) {
    const pupilId = pupils.get(nameKey(named.pupilCode));
    if (pupilId === undefined) {
      run.fault(line, 'codice_fiscale_alunno', 'unknown_reference', nameKey(named.pupilCode));
      continue;
    }
    const document = await examine(run, line, id<PupilId>(pupilId), named);
    if (document === null) continue;
    const outcome = await fascicoloTable(tx).insert(municipalityId, document, run.addedBy);
    if (outcome === 'stored') pending.push({ document, path: pathOf(run.folder, named.fileName) });
  }
  return pending;
}

/** The document as it would be filed; null with a fault where it cannot be. */
async function examine(
  run: DocumentsRun,
  line: number,
  pupilId: PupilId,
  { kind, title, fileName }: NamedDocument,
): Promise<FiledDocument | null> {
  const isPlainName = !/[/\\]/.test(fileName) && !fileName.startsWith('.');
  const path = pathOf(run.folder, fileName);
  const found = isPlainName ? await stat(path).catch(() => null) : null;
  if (found?.isFile() !== true) {
    run.fault(line, 'file', 'missing_document');
    return null;
  }
  if (found.size > DOCUMENT_BYTES_MAX) {
    run.fault(line, 'file', 'document_too_large');
    return null;
  }
  const request: Omit<FilingRequest, 'documentId'> = {
    ...{ pupilId, kind, title, fileName, addedBy: run.addedBy },
    declaredType: DECLARED[extname(fileName).toLowerCase()] ?? '',
    bytes: await readFile(path),
  };
  const filed = await toFiled(request, run.clock.now(), ({ sha256 }) =>
    importedId(run.municipalityId, 'documents', [pupilId, kind, title, fileName, sha256].join('\n')),
  );
  if (filed.ok) return filed.value;
  run.fault(line, COLUMNS[filed.refusal.field] ?? 'file', FAULTS[filed.refusal.kind]);
  return null;
}

function pathOf(folder: string, fileName: string): string {
  return join(folder, DOCUMENTS_FOLDER, fileName);
}
