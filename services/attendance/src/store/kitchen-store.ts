import type { FieldCipher } from '@campanella/field-encryption';
import type { Database } from '@campanella/postgres';
import { cents, id, type MunicipalityId, type PupilId, type SchoolId, serviceDate } from '@campanella/vocabulary';
import type { DayPlace, KitchenStore, StoredKitchenDay } from '../app/kitchen.ts';
import type { ClosureKind } from '../domain/calendar-edit.ts';
import type { RecordedMeal } from '../domain/kitchen.ts';
import type { Charge } from '../domain/swipe.ts';
import { type AbsenceRulesRow, RULES_COLUMNS, toRules } from './absence-store.ts';
import { PUPIL_COLUMNS, type PupilRow, toPupil } from './directory-store.ts';

/** What the kitchen counts from, in PostgreSQL. */
export function kitchenStore(database: Database, cipher: FieldCipher): KitchenStore {
  return {
    listSchools: (municipalityId) => listSchools(database, municipalityId),
    async listPupils(municipalityId, schoolId) {
      const { rows } = await database.query<PupilRow>({
        name: 'list_pupils_of_school',
        text: `select ${PUPIL_COLUMNS} from directory_pupils where municipality_id = $1 and school_id = $2 and not removed`,
        values: [municipalityId, schoolId],
      });
      return rows.map((row) => toPupil(cipher, municipalityId, row));
    },
    readDay: (place, calendarFrom) => readDay(database, place, calendarFrom),
    listMeals: (place) => listMeals(database, 'presences', place),
    listBookedCharges: (place) => listMeals(database, 'booked_charges', place),
    async countSetAside(place) {
      const { rows } = await database.query<{ reason: string; count: number }>({
        name: 'count_set_aside',
        text: `select reason, count(*) as count from set_aside_swipes
               where municipality_id = $1 and school_id = $2 and service = $3 and service_date = $4::text
               group by reason order by reason`,
        values: keyOf(place),
      });
      return rows;
    },
  };
}

/** The schools of a municipality, by name. */
export async function listSchools(
  database: Database,
  municipalityId: MunicipalityId,
): Promise<readonly { readonly schoolId: SchoolId; readonly name: string }[]> {
  const { rows } = await database.query<{ school_id: string; name: string }>({
    name: 'list_schools',
    text: 'select school_id, name from directory_schools where municipality_id = $1 order by name, school_id',
    values: [municipalityId],
  });
  return rows.map((row) => ({ schoolId: id<SchoolId>(row.school_id), name: row.name }));
}

function keyOf({ municipalityId, schoolId, service, serviceDate: day }: DayPlace) {
  return [municipalityId, schoolId, service, day];
}

/** Meals of a day in one of the two tables that have them; what was taken back costs nothing. */
async function listMeals(
  database: Database,
  table: 'presences' | 'booked_charges',
  place: DayPlace,
): Promise<readonly RecordedMeal[]> {
  const { rows } = await database.query<{
    pupil_id: string;
    display_name: string | null;
    class_name: string | null;
    charge: Charge;
    amount_cents: number;
  }>({
    name: `list_meals_of_${table}`,
    text: `select m.pupil_id, d.display_name, d.class_name, m.amount_cents,
             case when c.correction_id is null then m.charge else 'not_charged' end as charge
           from ${table} m
             -- By its key, meal by meal: joined at once it would be the directory of the whole municipality for one school's day.
             left join lateral (select display_name, class_name from directory_pupils
               where municipality_id = m.municipality_id and pupil_id = m.pupil_id limit 1) d on true
             left join meal_corrections c on c.municipality_id = m.municipality_id and c.pupil_id = m.pupil_id
               and c.service = m.service and c.service_date = m.service_date
           where m.municipality_id = $1 and m.school_id = $2 and m.service = $3 and m.service_date = $4`,
    values: keyOf(place),
  });
  return rows.map((row) => ({
    pupilId: id<PupilId>(row.pupil_id),
    displayName: row.display_name ?? '',
    className: row.class_name ?? '',
    charge: row.charge,
    amountCents: cents(row.amount_cents),
  }));
}

interface FactRow {
  readonly source: 'served' | 'earlier' | 'closed' | 'sitting' | 'absent' | 'late' | 'extended';
  readonly day: string | null;
  readonly what: string;
  readonly kind: string;
  readonly at: Date | null;
}

async function readDay(database: Database, place: DayPlace, calendarFrom: string): Promise<StoredKitchenDay> {
  const { rows } = await database.query<FactRow>({
    name: 'read_kitchen_day',
    text: `select case when service_date = $4 then 'served' else 'earlier' end as source, service_date as day, '' as what, '' as kind,
                  null::timestamptz as at
             from service_days where municipality_id = $1 and school_id = $2 and service = $3 and service_date between $5 and $4
           union all
           select 'closed', null, case when class_name = '' then reason else class_name end,
                  case when class_name = '' then kind else '' end, null
             from closed_days where municipality_id = $1 and school_id = $2 and service = $3 and service_date = $4
           union all
           select 'sitting', null, class_name, sitting::text, null
             from sittings where municipality_id = $1 and school_id = $2 and service = $3
           union all
           select case when is_late then 'late' else 'absent' end, null, pupil_id::text, type_code, null
             from absences where municipality_id = $1 and school_id = $2 and service = $3 and service_date = $4
           union all
           select 'extended', null, reason, '', cut_off_at
             from cut_off_extensions where municipality_id = $1 and school_id = $2 and service = $3 and service_date = $4
           order by 1, 2`,
    values: [...keyOf(place), calendarFrom],
  });
  const { rows: rules } = await database.query<AbsenceRulesRow>({
    name: 'find_rules_of_kitchen',
    text: `select ${RULES_COLUMNS} from absence_rules
           where municipality_id = $1 and school_id = $2 and service = $3`,
    values: [place.municipalityId, place.schoolId, place.service],
  });
  const of = (source: FactRow['source']) => rows.filter((row) => row.source === source);
  const [closure] = of('closed').filter(({ kind }) => kind !== '');
  const [extension] = of('extended');
  return {
    isServed: of('served').length > 0,
    closure: closure === undefined ? null : { kind: closure.kind as ClosureKind, reason: closure.what },
    rules: rules[0] === undefined ? null : toRules(rules[0]),
    extension:
      extension === undefined || extension.at === null ? null : { cutOffAt: extension.at, reason: extension.what },
    earlierServiceDays: of('earlier').flatMap(({ day }) => (day === null ? [] : [serviceDate(day)])),
    sittings: new Map(of('sitting').map(({ what, kind }) => [what, Number(kind)])),
    classesAway: new Set(of('closed').flatMap(({ what, kind }) => (kind === '' ? [what] : []))),
    absences: new Map(of('absent').map(({ what, kind }) => [id<PupilId>(what), kind])),
    lateAbsences: new Set(of('late').map(({ what }) => id<PupilId>(what))),
  };
}
