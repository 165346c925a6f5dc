import type { Database } from '@campanella/postgres';
import { cents, serviceDate } from '@campanella/vocabulary';
import type { PresenceDay, PresenceDaysReader } from '../app/presence-days.ts';
import type { Charge } from '../domain/swipe.ts';

interface DayRow {
  readonly service_date: string | null;
  readonly menu: string | null;
  readonly is_absence_communicated: boolean;
  readonly charge: string | null;
  readonly amount_cents: number | null;
  readonly badge_number: string | null;
  readonly occurred_at: Date | null;
}

/** Reads service days in one statement: keyset pages over two primary keys, so a long range costs what its page costs. */
export function presenceDaysReader(database: Database): PresenceDaysReader {
  return {
    async listDays(query) {
      const { rows } = await database.query<DayRow>({
        name: 'list_presence_days',
        text: `with pupil as (
                 select school_id from directory_pupils where municipality_id = $1 and pupil_id = $2
               ), school_days as (
                 select d.service_date, d.school_id from service_days d, pupil
                 where d.municipality_id = $1 and d.school_id = pupil.school_id and d.service = $3
                   and d.service_date between $4 and $5 and d.service_date < coalesce($6::date, 'infinity')
                 order by d.service_date desc limit $7
               ), eaten as (
                 select p.service_date, p.school_id, p.charge, p.amount_cents, p.badge_number, p.occurred_at from presences p
                 where p.municipality_id = $1 and p.pupil_id = $2 and p.service = $3
                   and p.service_date between $4 and $5 and p.service_date < coalesce($6::date, 'infinity')
                 order by p.service_date desc limit $7
               ), days as (
                 select coalesce(e.service_date, s.service_date) as service_date, coalesce(e.school_id, s.school_id) as school_id,
                   e.charge, e.amount_cents, e.badge_number, e.occurred_at
                 from school_days s full join eaten e on e.service_date = s.service_date
                 order by 1 desc limit $7
               )
               select d.service_date, m.text as menu, a.pupil_id is not null as is_absence_communicated, d.charge, d.amount_cents, d.badge_number, d.occurred_at
               from pupil left join days d on true
               left join menus m on m.municipality_id = $1 and m.school_id = d.school_id and m.service = $3
                 and m.service_date = d.service_date
               left join absences a on a.municipality_id = $1 and a.pupil_id = $2 and a.service = $3
                 and a.service_date = d.service_date
               order by d.service_date desc`,
        values: [query.municipalityId, query.pupilId, query.service, query.from, query.to, query.before, query.limit],
      });
      return rows.length === 0 ? null : rows.flatMap(toDay);
    },
  };
}

function toDay(row: DayRow): PresenceDay[] {
  if (row.service_date === null) return [];
  const presence =
    row.charge === null || row.occurred_at === null
      ? null
      : {
          charge: row.charge as Charge,
          amountCents: cents(row.amount_cents ?? 0),
          badgeNumber: row.badge_number ?? '',
          swipedAt: row.occurred_at,
        };
  return [
    {
      serviceDate: serviceDate(row.service_date),
      menu: row.menu,
      isAbsenceCommunicated: row.is_absence_communicated,
      presence,
    },
  ];
}
