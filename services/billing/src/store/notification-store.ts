import type { NotificationStore } from '../app/ports.ts';

/** What guardians are told, in PostgreSQL. */
export function notificationStore(): NotificationStore {
  return {
    async add(tx, municipalityId, notifications, now) {
      if (notifications.length === 0) return;
      await tx.query({
        name: 'add_notifications',
        text: `insert into notifications (municipality_id, kind, subject_id, channel, pupil_id, service, state, next_at, created_at)
               select $1, kind, subject_id, channel, pupil_id, service, 'waiting', $2, $2
               from unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[]) given (kind, subject_id, pupil_id, service)
                 cross join unnest('{mail,app_io}'::text[]) channel
               on conflict do nothing`,
        values: [
          ...[municipalityId, now, notifications.map(({ kind }) => kind), notifications.map((one) => one.subjectId)],
          ...[notifications.map(({ pupilId }) => pupilId), notifications.map(({ service }) => service)],
        ],
      });
    },
  };
}
