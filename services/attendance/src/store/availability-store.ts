import type { Transaction } from '@campanella/postgres';
import { id, type MunicipalityId, numberId, type SchoolId, serviceCode, serviceDate } from '@campanella/vocabulary';
import type { AvailabilityStore } from '../app/note-availability.ts';
import { type AbsenceRulesRow, RULES_COLUMNS, toRules } from './absence-store.ts';

interface PlaceRow extends AbsenceRulesRow {
  readonly municipality_id: number;
  readonly school_id: string;
  readonly service: string;
  readonly served: readonly string[];
}

/** When absences could be taken, and the cut-offs that were moved where they could not, in PostgreSQL. */
export const availabilityStore: AvailabilityStore = {
  async beat(tx, minute) {
    const { rowCount } = await tx.query({
      name: 'beat',
      text: 'insert into availability_beats (beat_at) values ($1) on conflict do nothing',
      values: [minute],
    });
    return rowCount > 0;
  },
  async listBeats(tx, since) {
    const { rows } = await tx.query<{ beat_at: Date }>({
      name: 'list_beats',
      text: `select beat_at from availability_beats
             where beat_at >= coalesce((select max(beat_at) from availability_beats where beat_at < $1), $1) order by beat_at`,
      values: [since],
    });
    return rows.map((row) => row.beat_at);
  },
  listPlaces,
  async extendLater(tx, { municipalityId, schoolId, service }, { serviceDate: day, cutOffAt, reason }) {
    const { rowCount } = await tx.query({
      name: 'extend_cut_off_later',
      text: `insert into cut_off_extensions as known (municipality_id, school_id, service, service_date, cut_off_at, reason)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (municipality_id, school_id, service, service_date) do update set
               cut_off_at = excluded.cut_off_at, reason = excluded.reason where known.cut_off_at < excluded.cut_off_at`,
      values: [municipalityId, schoolId, service, day, cutOffAt, reason],
    });
    return rowCount > 0;
  },
  async forgetBeats(tx, before) {
    await tx.query({
      name: 'forget_beats',
      text: 'delete from availability_beats where beat_at < $1',
      values: [before],
    });
  },
};

async function listPlaces(tx: Transaction, from: string, to: string) {
  const { rows } = await tx.query<PlaceRow>({
    name: 'list_ruled_places',
    text: `select r.municipality_id, r.school_id, r.service, ${RULES_COLUMNS}, days.served
           from absence_rules r cross join lateral (
             select coalesce(array_agg(d.service_date::text order by d.service_date), '{}') as served from service_days d
             where d.municipality_id = r.municipality_id and d.school_id = r.school_id and d.service = r.service
               and d.service_date between $1 and $2) days`,
    values: [from, to],
  });
  return rows.map((row) => ({
    place: {
      municipalityId: numberId<MunicipalityId>(row.municipality_id),
      schoolId: id<SchoolId>(row.school_id),
      service: serviceCode(row.service),
    },
    rules: toRules(row),
    served: row.served.map((day) => serviceDate(day)),
  }));
}
