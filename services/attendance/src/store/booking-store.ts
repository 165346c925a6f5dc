import type { Database } from '@campanella/postgres';
import {
  id,
  type MunicipalityId,
  numberId,
  type PupilId,
  type SchoolId,
  serviceCode,
  serviceDate,
} from '@campanella/vocabulary';
import type { BookingStore } from '../app/charge-booked.ts';
import type { DayPlace } from '../app/kitchen.ts';

interface DayRow {
  readonly municipality_id: number;
  readonly school_id: string;
  readonly service: string;
  readonly service_date: string;
}

/** Which days are charged as booked, and what each meal cost, in PostgreSQL. */
export function bookingStore(database: Database): BookingStore {
  return {
    async listOpenDays(from, to) {
      const { rows } = await database.query<DayRow>({
        name: 'list_open_booked_days',
        text: `select d.municipality_id, d.school_id, d.service, d.service_date
               from charging_policies c join service_days d using (municipality_id, school_id, service)
               where c.policy = 'booked' and d.service_date between greatest(c.since, $1) and $2
                 and not exists (
                   select from booked_days b
                   where b.municipality_id = d.municipality_id and b.school_id = d.school_id and b.service = d.service
                     and b.service_date = d.service_date)
               order by d.service_date, d.municipality_id, d.school_id`,
        values: [from, to],
      });
      return rows.map((row) => ({
        municipalityId: numberId<MunicipalityId>(row.municipality_id),
        schoolId: id<SchoolId>(row.school_id),
        service: serviceCode(row.service),
        serviceDate: serviceDate(row.service_date),
      }));
    },
    async listCharged(place) {
      const { rows } = await database.query<{ pupil_id: string }>({
        name: 'list_charged_pupils',
        text: `select pupil_id from presences
                 where municipality_id = $1 and school_id = $2 and service = $3 and service_date = $4 and charge in ('debited', 'invoiced')
               union
               select pupil_id from booked_charges
                 where municipality_id = $1 and school_id = $2 and service = $3 and service_date = $4`,
        values: keyOf(place),
      });
      return new Set(rows.map((row) => id<PupilId>(row.pupil_id)));
    },
    async keep(tx, place, charges, at) {
      await tx.query({
        name: 'keep_booked_charges',
        text: `insert into booked_charges (municipality_id, school_id, service, service_date, pupil_id, charge, amount_cents, transfer_id, charged_at)
               select $1, $2, $3, $4, pupil_id, charge, amount_cents, transfer_id, $9
               from unnest($5::uuid[], $6::text[], $7::bigint[], $8::uuid[]) c(pupil_id, charge, amount_cents, transfer_id)
               order by pupil_id on conflict do nothing`,
        values: [
          ...keyOf(place),
          charges.map((one) => one.pupilId),
          charges.map((one) => one.charge),
          charges.map((one) => one.amountCents),
          charges.map((one) => one.transferId),
          at,
        ],
      });
    },
    async closeDay(tx, place, at) {
      await tx.query({
        name: 'close_booked_day',
        text: `insert into booked_days (municipality_id, school_id, service, service_date, charged_at)
               values ($1, $2, $3, $4, $5) on conflict do nothing`,
        values: [...keyOf(place), at],
      });
    },
    async listChargedAbsences(from) {
      const { rows } = await database.query<DayRow & { pupil_id: string }>({
        name: 'list_charged_absences',
        text: `select b.municipality_id, b.school_id, b.service, b.service_date, b.pupil_id
               from booked_charges b join absences a using (municipality_id, pupil_id, service, service_date)
               where b.service_date >= $1 and b.charge in ('debited', 'invoiced') and a.cancels_charge
                 and not exists (
                   select from meal_corrections c where c.municipality_id = b.municipality_id and c.pupil_id = b.pupil_id
                     and c.service = b.service and c.service_date = b.service_date)
                 and not exists (
                   select from presences p where p.municipality_id = b.municipality_id and p.pupil_id = b.pupil_id
                     and p.service = b.service and p.service_date = b.service_date)`,
        values: [from],
      });
      return rows.map((row) => ({
        municipalityId: numberId<MunicipalityId>(row.municipality_id),
        pupilId: id<PupilId>(row.pupil_id),
        service: serviceCode(row.service),
        serviceDate: serviceDate(row.service_date),
      }));
    },
  };
}

function keyOf({ municipalityId, schoolId, service, serviceDate: day }: DayPlace) {
  return [municipalityId, schoolId, service, day];
}
