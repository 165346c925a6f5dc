import { createHash } from 'node:crypto';
import { accept, type Decision, type MunicipalityId, type PupilId, refuse } from '@campanella/vocabulary';
import { fileTypeFromBuffer } from 'file-type';
import { type DocumentRefused, type FiledDocument, takeDocument } from '../domain/fascicolo.ts';

/** Where the bytes of documents are. Keys are made of a municipality and a document's id. */
export interface DocumentStore {
  /** Durable when it returns; the same key again overwrites. */
  write(key: string, bytes: Buffer): Promise<void>;
  /** Null where there is nothing under the key. */
  read(key: string): Promise<Buffer | null>;
  /** Nothing under the key is no error. */
  remove(key: string): Promise<void>;
}

/** What of the fascicolo is in the tables. */
export interface FascicoloTable {
  /** Null for a document that there is not, or no more. */
  find(municipalityId: MunicipalityId, documentId: string): Promise<FiledDocument | null>;
  /** What became of the insert: `known` where the id was taken before, by whatever document. */
  insert(
    municipalityId: MunicipalityId,
    document: FiledDocument,
    addedBy: string,
  ): Promise<'stored' | 'known' | 'no_pupil'>;
  /** False where there was none. */
  markRemoved(municipalityId: MunicipalityId, documentId: string, at: Date, removedBy: string): Promise<boolean>;
  /** Newest first, from after the cursor. */
  list(municipalityId: MunicipalityId, pupilId: PupilId, page: PageAfter): Promise<readonly FiledDocument[]>;
}

/** Where a page of a list that is sorted newest first goes on. */
export interface PageAfter {
  readonly after: { readonly at: Date; readonly id: string } | null;
  readonly limit: number;
}

export interface FascicoloDeps {
  readonly table: FascicoloTable;
  readonly store: DocumentStore;
  readonly clock: { now(): Date };
}

/** A document to be filed; its id is made by the sender. */
export interface FilingRequest {
  readonly documentId: string;
  readonly pupilId: PupilId;
  readonly kind: string;
  readonly title: string;
  readonly fileName: string;
  readonly declaredType: string;
  readonly bytes: Buffer;
  /** Who files it: a person's id or a service's name. */
  readonly addedBy: string;
}

export type FilingRefused = DocumentRefused | { readonly kind: 'unknown_pupil' | 'id_taken'; readonly field: string };

/**
 * Files a document in a pupil's fascicolo. The same document again under the same id changes nothing; another one under it is `id_taken`.
 * The bytes are durable before the line that tells of them: a crash between leaves bytes that nobody sees, and the repeat finds them.
 */
export async function fileDocument(
  deps: FascicoloDeps,
  municipalityId: MunicipalityId,
  request: FilingRequest,
): Promise<Decision<FiledDocument, FilingRefused>> {
  const { bytes, documentId } = request;
  const filed = await toFiled(request, deps.clock.now(), () => documentId);
  if (!filed.ok) return filed;
  const document = filed.value;
  const known = await deps.table.find(municipalityId, documentId);
  if (known !== null) return asKnown(known, document);
  // Bytes are kept by their content too: two filings that race under one id never overwrite each other.
  await deps.store.write(keyOf(municipalityId, document), bytes);
  const outcome = await deps.table.insert(municipalityId, document, request.addedBy);
  if (outcome === 'no_pupil') {
    await deps.store.remove(keyOf(municipalityId, document));
    return refuse({ kind: 'unknown_pupil', field: 'pupil_id' });
  }
  if (outcome === 'stored') return accept(document);
  const first = await deps.table.find(municipalityId, documentId);
  return first === null ? refuse({ kind: 'id_taken', field: 'document_id' }) : asKnown(first, document);
}

/** The document as it would be filed at an instant. @param idOf makes its id, perhaps of its content */
export async function toFiled(
  request: Omit<FilingRequest, 'documentId'>,
  addedAt: Date,
  idOf: (content: { readonly sha256: string }) => string,
): Promise<Decision<FiledDocument, DocumentRefused>> {
  const { bytes, pupilId } = request;
  const recognized = await fileTypeFromBuffer(bytes);
  const taken = takeDocument({ ...request, byteCount: bytes.length, recognizedType: recognized?.mime ?? null });
  if (!taken.ok) return taken;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return accept({ ...taken.value, documentId: idOf({ sha256 }), pupilId, byteCount: bytes.length, sha256, addedAt });
}

/** Stores the bytes of a document whose line another transaction is about to commit. */
export async function writeBytes(
  store: DocumentStore,
  municipalityId: MunicipalityId,
  document: FiledDocument,
  bytes: Buffer,
): Promise<void> {
  if (createHash('sha256').update(bytes).digest('hex') !== document.sha256) {
    throw new Error(`the bytes of document ${document.documentId} have changed while it was filed`);
  }
  await store.write(keyOf(municipalityId, document), bytes);
}

function asKnown(known: FiledDocument, sent: FiledDocument): Decision<FiledDocument, FilingRefused> {
  const isSame =
    known.pupilId === sent.pupilId &&
    known.sha256 === sent.sha256 &&
    known.kind === sent.kind &&
    known.title === sent.title &&
    known.fileName === sent.fileName;
  return isSame ? accept(known) : refuse({ kind: 'id_taken', field: 'document_id' });
}

/** A document of this very pupil with its bytes; null where there is none. @throws Error where its bytes are not what was filed */
export async function readDocument(
  deps: FascicoloDeps,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  documentId: string,
): Promise<{ readonly document: FiledDocument; readonly bytes: Buffer } | null> {
  const document = await deps.table.find(municipalityId, documentId);
  if (document === null || document.pupilId !== pupilId) return null;
  const bytes = await deps.store.read(keyOf(municipalityId, document));
  if (bytes === null) throw new Error(`document ${documentId} has no bytes in the document store`);
  if (createHash('sha256').update(bytes).digest('hex') !== document.sha256) {
    throw new Error(`the bytes of document ${documentId} are not those that were filed`);
  }
  return { document, bytes };
}

/** Takes a document out of the fascicolo: nobody sees it any more, its line stays. False where this pupil has none such. */
export async function removeDocument(
  deps: FascicoloDeps,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  documentId: string,
  removedBy: string,
): Promise<boolean> {
  const document = await deps.table.find(municipalityId, documentId);
  if (document === null || document.pupilId !== pupilId) return false;
  if (!(await deps.table.markRemoved(municipalityId, documentId, deps.clock.now(), removedBy))) return false;
  await deps.store.remove(keyOf(municipalityId, document));
  return true;
}

function keyOf(municipalityId: MunicipalityId, { documentId, sha256 }: FiledDocument): string {
  return `${municipalityId}/${documentId}-${sha256}`;
}
