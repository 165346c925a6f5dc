import type { Database } from '@campanella/postgres';
import { v7 } from 'uuid';
import type { EditLog, OfficeEdit } from '../app/ports.ts';

interface EditRow {
  readonly edit_id: string;
  readonly edited_at: Date;
  readonly editor: string;
  readonly source: OfficeEdit['editor']['source'];
  readonly action: string;
  readonly subject_id: string;
}

/** Who of the office changed what, in PostgreSQL. */
export function editLog(database: Database): EditLog {
  return {
    async note(tx, municipalityId, { editor, action, subjectId, editedAt }) {
      await tx.query({
        name: 'note_office_edit',
        text: `insert into office_edits (municipality_id, edit_id, edited_at, editor, source, action, subject_id)
               values ($1, $2, $3, $4, $5, $6, $7)`,
        values: [municipalityId, v7(), editedAt, editor.name, editor.source, action, subjectId],
      });
    },
    async list(municipalityId, after, limit) {
      const { rows } = await database.query<EditRow>({
        name: 'list_office_edits',
        text: `select edit_id, edited_at, editor, source, action, subject_id from office_edits
               where municipality_id = $1 and ($2::uuid is null or edit_id < $2) order by edit_id desc limit $3`,
        values: [municipalityId, after, limit],
      });
      return rows.map((row) => ({
        ...{ editId: row.edit_id, editedAt: row.edited_at, action: row.action, subjectId: row.subject_id },
        editor: { name: row.editor, source: row.source },
      }));
    },
  };
}
