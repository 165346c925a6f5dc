import { HttpRefusal, identityOf, notFound } from '@campanella/service-kit';
import { type PupilId, parseId } from '@campanella/vocabulary';
import { create as contentDisposition } from 'content-disposition';
import { type RequestHandler, type Response, type Router, raw } from 'express';
import {
  type FascicoloDeps,
  type FilingRefused,
  fileDocument,
  readDocument,
  removeDocument,
} from '../app/fascicolo.ts';
import type { AccessLog, RecordRead } from '../app/record-access.ts';
import { DOCUMENT_BYTES_MAX, type FiledDocument } from '../domain/fascicolo.ts';
import { documentCursor, parseDocumentCursor, parseReadsCursor, readsCursor } from './cursors.ts';
import { type DocumentsAnswer, FilingQuery, PageQuery, type ReadsAnswer } from './describe.ts';

export interface FascicoloApiDeps {
  readonly fascicolo: FascicoloDeps;
  readonly accessLog: AccessLog;
  readonly clock: { now(): Date };
}

/** The guardian's pupil that the path names. @throws HttpRefusal the one refusal for what is not there or not theirs */
export function ownPupil(response: Response, wanted: string | undefined): PupilId {
  const pupilId = identityOf(response).pupilIds.find((one) => one === wanted);
  if (pupilId === undefined) throw notFound();
  return pupilId;
}

/** Leaves the line of this read in the access log. */
export async function noteRead(
  deps: { readonly accessLog: AccessLog; readonly clock: { now(): Date } },
  response: Response,
  pupilId: PupilId,
  what: RecordRead['what'],
): Promise<void> {
  const { municipalityId, personId, role } = identityOf(response);
  await deps.accessLog.note(municipalityId, pupilId, {
    readerId: personId,
    readerRole: role,
    what,
    readAt: deps.clock.now(),
  });
}

/** The fascicolo and the access log: for the guardian to read, for the office to file in. */
export function fascicoloRoutes(router: Router, deps: FascicoloApiDeps): void {
  router.get('/api/anagrafica/pupils/:pupilId/documents', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const pupilId = ownPupil(response, request.params.pupilId);
    const { cursor, limit } = takePage(request.query);
    const after = cursor === undefined ? null : (parseDocumentCursor(cursor) ?? refusePage('cursor'));
    await noteRead(deps, response, pupilId, 'documents');
    const found = await deps.fascicolo.table.list(municipalityId, pupilId, { after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const answer: DocumentsAnswer = {
      documents: page.map(toDocument),
      nextCursor: last === undefined ? null : documentCursor(last),
      asOf: deps.clock.now().toISOString(),
    };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.get('/api/anagrafica/pupils/:pupilId/documents/:documentId/content', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const pupilId = ownPupil(response, request.params.pupilId);
    const documentId = parseId(request.params.documentId);
    const found = documentId === null ? null : await readDocument(deps.fascicolo, municipalityId, pupilId, documentId);
    if (found === null) throw notFound();
    await noteRead(deps, response, pupilId, 'document');
    response
      .set({
        'cache-control': 'no-store',
        'content-type': found.document.mediaType,
        'content-disposition': contentDisposition(found.document.fileName),
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
      })
      .send(found.bytes);
  });

  router.get('/api/anagrafica/pupils/:pupilId/reads', async (request, response) => {
    const { municipalityId, personId } = identityOf(response);
    const pupilId = ownPupil(response, request.params.pupilId);
    const { cursor, limit } = takePage(request.query);
    const after = cursor === undefined ? null : (parseReadsCursor(cursor) ?? refusePage('cursor'));
    const found = await deps.accessLog.list(municipalityId, pupilId, after, limit + 1);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const answer: ReadsAnswer = {
      reads: page.map((read) => ({
        readAt: read.readAt.toISOString(),
        reader: read.readerId === personId ? 'you' : read.readerRole,
        what: read.what,
      })),
      nextCursor: last === undefined ? null : readsCursor(last),
      asOf: deps.clock.now().toISOString(),
    };
    response.set('cache-control', 'no-store').json(answer);
  });

  router
    .route('/api/anagrafica/office/pupils/:pupilId/documents/:documentId')
    .put(takeFile, async (request, response) => {
      const { municipalityId, personId } = identityOf(response);
      const query = FilingQuery.safeParse(request.query);
      const [pupilId, documentId] = [parseId<PupilId>(request.params.pupilId), parseId(request.params.documentId)];
      if (pupilId === null || documentId === null) throw notFound();
      if (!query.success) throw refusal({ kind: 'malformed', field: String(query.error.issues[0]?.path[0] ?? '') });
      const filed = await fileDocument(deps.fascicolo, municipalityId, {
        ...query.data,
        documentId,
        pupilId,
        declaredType: (request.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
        bytes: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        addedBy: personId,
      });
      if (!filed.ok) throw filed.refusal.kind === 'unknown_pupil' ? notFound() : refusal(filed.refusal);
      response.set('cache-control', 'no-store').json(toDocument(filed.value));
    })
    .delete(async (request, response) => {
      const { municipalityId, personId } = identityOf(response);
      const [pupilId, documentId] = [parseId<PupilId>(request.params.pupilId), parseId(request.params.documentId)];
      const isRemoved =
        pupilId !== null &&
        documentId !== null &&
        (await removeDocument(deps.fascicolo, municipalityId, pupilId, documentId, personId));
      if (!isRemoved) throw notFound();
      response.status(204).end();
    });
}

const readFile = raw({ type: () => true, limit: DOCUMENT_BYTES_MAX });

/** Reads the file that is sent; one that is cut off for its size has the sentence of a file that is too big. */
const takeFile: RequestHandler = (request, response, next) => {
  readFile(request, response, (fault?: unknown) => {
    const isTooLarge = fault instanceof Error && 'status' in fault && fault.status === 413;
    next(isTooLarge ? refusal({ kind: 'too_large', field: '' }) : fault);
  });
};

const REFUSALS: Record<Exclude<FilingRefused['kind'], 'unknown_pupil'>, readonly [number, string]> = {
  malformed: [422, 'Il documento non è stato salvato: un dato manca o non è valido. Correggerlo e riprovare'],
  empty: [422, 'Il documento non è stato salvato: il file è vuoto. Scegliere il file giusto e riprovare'],
  too_large: [413, 'Il documento non è stato salvato: il file supera 10 MB. Ridurlo e riprovare'],
  type_not_allowed: [
    415,
    'Il documento non è stato salvato: sono ammessi solo file PDF, JPEG e PNG. Salvarlo in uno di questi formati e riprovare',
  ],
  type_mismatch: [
    415,
    'Il documento non è stato salvato: il contenuto del file non è del tipo che dicono il suo nome o la richiesta. Salvarlo di nuovo come PDF, JPEG o PNG e riprovare',
  ],
  id_taken: [409, 'Con questo identificativo è già salvato un altro documento'],
};

function refusal({ kind, field }: FilingRefused): HttpRefusal {
  if (kind === 'unknown_pupil') return notFound();
  const [status, title] = REFUSALS[kind];
  return new HttpRefusal(status, kind, title, field === '' ? undefined : { [field]: title });
}

function takePage(raw: unknown): { readonly cursor: string | undefined; readonly limit: number } {
  const parsed = PageQuery.safeParse(raw);
  if (!parsed.success) return refusePage(String(parsed.error.issues[0]?.path[0] ?? ''));
  return { cursor: parsed.data.cursor, limit: parsed.data.limit };
}

function refusePage(field: string): never {
  const title = 'La richiesta non è valida: tornare alla ricerca e riprovare';
  throw new HttpRefusal(422, 'malformed', title, { [field]: title });
}

function toDocument(document: FiledDocument): DocumentsAnswer['documents'][number] {
  const { documentId, title, kind, fileName, mediaType, byteCount, addedAt } = document;
  return { documentId, title, kind, fileName, mediaType, byteCount, addedAt: addedAt.toISOString() };
}
