import type { Queryable } from '@campanella/postgres';
import { id, type MunicipalityId, type PupilId } from '@campanella/vocabulary';
import type { FascicoloTable, PageAfter } from '../app/fascicolo.ts';
import type { DocumentKind, FiledDocument, MediaType } from '../domain/fascicolo.ts';

interface DocumentRow {
  readonly document_id: string;
  readonly pupil_id: string;
  readonly kind: DocumentKind;
  readonly title: string;
  readonly file_name: string;
  readonly media_type: MediaType;
  readonly byte_count: number;
  readonly sha256: string;
  readonly added_at: Date;
}

const COLUMNS = 'document_id, pupil_id, kind, title, file_name, media_type, byte_count, sha256, added_at';

/** The lines of the fascicolo. */
export function fascicoloTable(database: Queryable): FascicoloTable {
  return {
    async find(municipalityId, documentId) {
      const { rows } = await database.query<DocumentRow>({
        name: 'find_document',
        text: `select ${COLUMNS} from documents
               where municipality_id = $1 and document_id = $2 and removed_at is null`,
        values: [municipalityId, documentId],
      });
      return rows[0] === undefined ? null : toDocument(rows[0]);
    },
    insert: (municipalityId, document, addedBy) => insert(database, municipalityId, document, addedBy),
    async markRemoved(municipalityId, documentId, at, removedBy) {
      const { rowCount } = await database.query({
        name: 'remove_document',
        text: `update documents set removed_at = $3, removed_by = $4
               where municipality_id = $1 and document_id = $2 and removed_at is null`,
        values: [municipalityId, documentId, at, removedBy],
      });
      return rowCount === 1;
    },
    list: (municipalityId, pupilId, page) => list(database, municipalityId, pupilId, page),
  };
}

async function insert(
  database: Queryable,
  municipalityId: MunicipalityId,
  document: FiledDocument,
  addedBy: string,
): Promise<'stored' | 'known' | 'no_pupil'> {
  const { rows } = await database.query<{ has_pupil: boolean; is_stored: boolean }>({
    name: 'insert_document',
    text: `
      with pupil as (select 1 from pupils where municipality_id = $1 and pupil_id = $3),
      stored as (
        insert into documents
          (municipality_id, document_id, pupil_id, kind, title, file_name, media_type, byte_count, sha256, added_at, added_by)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 from pupil
        on conflict (municipality_id, document_id) do nothing returning 1)
      select exists (select from pupil) as has_pupil, exists (select from stored) as is_stored`,
    values: [
      municipalityId,
      document.documentId,
      document.pupilId,
      document.kind,
      document.title,
      document.fileName,
      document.mediaType,
      document.byteCount,
      document.sha256,
      document.addedAt,
      addedBy,
    ],
  });
  if (rows[0]?.has_pupil !== true) return 'no_pupil';
  return rows[0].is_stored ? 'stored' : 'known';
}

async function list(
  database: Queryable,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  { after, limit }: PageAfter,
): Promise<readonly FiledDocument[]> {
  const { rows } = await database.query<DocumentRow>({
    name: after === null ? 'list_documents' : 'list_documents_after',
    text: `select ${COLUMNS} from documents
           where municipality_id = $1 and pupil_id = $2 and removed_at is null
             ${after === null ? '' : 'and (added_at, document_id) < ($4, $5)'}
           order by added_at desc, document_id desc limit $3`,
    values: [municipalityId, pupilId, limit, ...(after === null ? [] : [after.at, after.id])],
  });
  return rows.map(toDocument);
}

function toDocument(row: DocumentRow): FiledDocument {
  return {
    documentId: row.document_id,
    pupilId: id<PupilId>(row.pupil_id),
    kind: row.kind,
    title: row.title,
    fileName: row.file_name,
    mediaType: row.media_type,
    byteCount: row.byte_count,
    sha256: row.sha256,
    addedAt: row.added_at,
  };
}
