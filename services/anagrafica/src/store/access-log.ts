import type { Queryable } from '@campanella/postgres';
import { id, type PersonId } from '@campanella/vocabulary';
import type { AccessLog, RecordRead } from '../app/record-access.ts';

interface ReadRow {
  readonly read_hour: Date;
  readonly reader_id: string;
  readonly what: RecordRead['what'];
  readonly reader_role: RecordRead['readerRole'];
  readonly read_at: Date;
}

/** The table behind the access log. */
export function accessLog(database: Queryable): AccessLog {
  return {
    async note(municipalityId, pupilId, read) {
      await database.query({
        name: 'note_read',
        text: `insert into record_reads (municipality_id, pupil_id, read_hour, reader_id, what, reader_role, read_at)
               values ($1, $2, date_trunc('hour', $6::timestamptz, 'UTC'), $3, $4, $5, $6) on conflict do nothing`,
        values: [municipalityId, pupilId, read.readerId, read.what, read.readerRole, read.readAt],
      });
    },
    async list(municipalityId, pupilId, after, limit) {
      const { rows } = await database.query<ReadRow>({
        name: after === null ? 'list_reads' : 'list_reads_after',
        text: `select read_hour, reader_id, what, reader_role, read_at from record_reads
               where municipality_id = $1 and pupil_id = $2
                 ${after === null ? '' : 'and (read_hour, reader_id, what) < ($4, $5, $6)'}
               order by read_hour desc, reader_id desc, what desc limit $3`,
        values: [municipalityId, pupilId, limit, ...(after === null ? [] : [after.hour, after.readerId, after.what])],
      });
      return rows.map((row) => ({
        hour: row.read_hour,
        readerId: id<PersonId>(row.reader_id),
        readerRole: row.reader_role,
        what: row.what,
        readAt: row.read_at,
      }));
    },
  };
}
