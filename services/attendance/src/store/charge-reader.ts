import type { Database } from '@campanella/postgres';
import { cents, id, type PupilId, serviceDate } from '@campanella/vocabulary';
import type { ChargeReader } from '../app/invoiced-charges.ts';

interface ChargeRow {
  readonly pupil_id: string;
  readonly service_date: string | null;
  readonly amount_cents: number;
  readonly is_corrected: boolean;
}

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Charges of invoiced meals in PostgreSQL. The pupils of a page are found by one step down the primary keys for each, and their charges by the same
 * keys: a page costs what its pupils ate, however many years and pupils there are.
 */
export function chargeReader(database: Database): ChargeReader {
  return {
    async listInvoiced(wanted) {
      const { rows } = await database.query<ChargeRow>({
        name: 'list_invoiced_charges',
        text: `
          with recursive page (pupil_id, n) as (
            select least(
              (select pupil_id from presences where municipality_id = $1 and pupil_id > $2 order by pupil_id limit 1),
              (select pupil_id from booked_charges where municipality_id = $1 and pupil_id > $2 order by pupil_id limit 1)), 1
            union all
            select least(
              (select pupil_id from presences where municipality_id = $1 and pupil_id > page.pupil_id order by pupil_id limit 1),
              (select pupil_id from booked_charges where municipality_id = $1 and pupil_id > page.pupil_id order by pupil_id limit 1)),
              n + 1
            from page where page.pupil_id is not null and n < $3
          )
          select page.pupil_id, charged.service_date, charged.amount_cents, charged.is_corrected
          from page left join lateral (
            select service_date, amount_cents, corrected_at is not null as is_corrected
            from (
              select service_date, amount_cents, recorded_at from presences
              where municipality_id = $1 and pupil_id = page.pupil_id and service = $4 and service_date between $5 and $7
                and charge = 'invoiced' and recorded_at <= $9
              union all
              select service_date, amount_cents, charged_at from booked_charges
              where municipality_id = $1 and pupil_id = page.pupil_id and service = $4 and service_date between $5 and $7
                and charge = 'invoiced' and charged_at <= $9
            ) meals
            left join (
              select service_date, corrected_at from meal_corrections
              where municipality_id = $1 and pupil_id = page.pupil_id and service = $4 and corrected_at <= $9
            ) corrections using (service_date)
            where amount_cents > 0 and (service_date >= $6 or recorded_at > $8 or corrected_at > $8)
          ) charged on true
          where page.pupil_id is not null
          order by page.pupil_id, charged.service_date`,
        values: [
          ...[wanted.municipalityId, wanted.afterPupilId ?? BEFORE_ALL, wanted.pageSize, wanted.service],
          ...[wanted.earlierFrom, wanted.from, wanted.until, wanted.changedSince, wanted.asOf],
        ],
      });
      const pupils = [...Map.groupBy(rows, (row) => row.pupil_id)].map(([pupilId, charges]) => ({
        pupilId: id<PupilId>(pupilId),
        charges: charges.flatMap((row) =>
          row.service_date === null
            ? []
            : [
                {
                  serviceDate: serviceDate(row.service_date),
                  amountCents: cents(row.amount_cents),
                  isCorrected: row.is_corrected,
                },
              ],
        ),
      }));
      return {
        pupils: pupils.filter(({ charges }) => charges.length > 0),
        nextAfter: pupils.length < wanted.pageSize ? null : (pupils.at(-1)?.pupilId ?? null),
      };
    },
  };
}
