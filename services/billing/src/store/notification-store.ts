import type { Database } from '@campanella/postgres';
import { id, type MunicipalityId, numberId, type PupilId, serviceCode } from '@campanella/vocabulary';
import type { NotificationStore, WaitingNotification } from '../app/ports.ts';

interface WaitingRow {
  readonly municipality_id: number;
  readonly kind: WaitingNotification['kind'];
  readonly subject_id: string;
  readonly channel: WaitingNotification['channel'];
  readonly pupil_id: string;
  readonly service: string;
  readonly attempts: number;
}

/** What guardians are told, in PostgreSQL. @param channels those that this installation has */
export function notificationStore(
  database: Database,
  channels: readonly WaitingNotification['channel'][],
): NotificationStore {
  return {
    async add(tx, municipalityId, notifications, now) {
      if (notifications.length === 0) return;
      await tx.query({
        name: 'add_notifications',
        text: `insert into notifications (municipality_id, kind, subject_id, channel, pupil_id, service, state, next_at, created_at)
               select $1, kind, subject_id, channel, pupil_id, service, 'waiting', $2, $2
               from unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[]) given (kind, subject_id, pupil_id, service)
                 cross join unnest($7::text[]) channel
               on conflict do nothing`,
        values: [
          ...[municipalityId, now, notifications.map(({ kind }) => kind), notifications.map((one) => one.subjectId)],
          ...[notifications.map(({ pupilId }) => pupilId), notifications.map(({ service }) => service)],
          channels,
        ],
      });
    },
    async claim(now, until, limit) {
      const { rows } = await database.query<WaitingRow>({
        name: 'claim_notifications',
        text: `update notifications set attempts = attempts + 1, next_at = $2
               where (municipality_id, kind, subject_id, channel) in (
                 select municipality_id, kind, subject_id, channel from notifications
                 where state = 'waiting' and next_at <= $1 order by next_at limit $3 for update skip locked)
               returning municipality_id, kind, subject_id, channel, pupil_id, service, attempts`,
        values: [now, until, limit],
      });
      return rows.map((row) => ({
        municipalityId: numberId<MunicipalityId>(row.municipality_id),
        ...{ kind: row.kind, subjectId: row.subject_id, channel: row.channel, attempts: row.attempts },
        ...{ pupilId: id<PupilId>(row.pupil_id), service: serviceCode(row.service) },
      }));
    },
    async end(notification, state, reason, now) {
      const { municipalityId, kind, subjectId, channel } = notification;
      await database.query({
        name: 'end_notification',
        text: `update notifications set state = $5, reason = $6, ended_at = $7
               where municipality_id = $1 and kind = $2 and subject_id = $3 and channel = $4 and state = 'waiting'`,
        values: [municipalityId, kind, subjectId, channel, state, reason, now],
      });
    },
    async postpone({ municipalityId, kind, subjectId, channel }, until) {
      await database.query({
        name: 'postpone_notification',
        text: `update notifications set next_at = $5
               where municipality_id = $1 and kind = $2 and subject_id = $3 and channel = $4 and state = 'waiting'`,
        values: [municipalityId, kind, subjectId, channel, until],
      });
    },
  };
}
