import type { Transaction } from '@campanella/postgres';
import type { MunicipalityId } from '@campanella/vocabulary';
import { v7 as uuidV7 } from 'uuid';
import type { CalendarEditLine, Editor } from '../app/edit-calendar.ts';

/** Leaves the line about a change, in the change's own transaction. */
export async function writeEdit(
  tx: Transaction,
  municipalityId: MunicipalityId,
  editor: Editor,
  { what, schoolId, service, files }: CalendarEditLine,
  at: Date,
): Promise<void> {
  await tx.query({
    name: 'write_calendar_edit',
    text: `insert into calendar_edits (municipality_id, edit_id, edited_at, editor, source, what, school_id, service, files)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      municipalityId,
      uuidV7({ msecs: at.getTime() }),
      at,
      editor.name,
      editor.source,
      what,
      schoolId,
      service,
      [...files],
    ],
  });
}
