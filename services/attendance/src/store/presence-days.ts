import type { FieldCipher } from '@campanella/field-encryption';
import type { Database } from '@campanella/postgres';
import { cents, serviceDate } from '@campanella/vocabulary';
import type { PresenceDay, PresenceDaysQuery, PresenceDaysReader } from '../app/presence-days.ts';
import type { ClosureKind } from '../domain/calendar-edit.ts';
import { type DietSpan, dietOn } from '../domain/directory.ts';
import { type Course, coursesFor, type MenuRotation, menuText, rotatedCourses } from '../domain/menu.ts';
import type { Charge } from '../domain/swipe.ts';
import { type RotationRow, toCourses, toRotation } from './courses.ts';
import { openDiets } from './directory-store.ts';

interface DayRow {
  readonly diet_sealed: string;
  readonly service_date: string | null;
  readonly school_id: string | null;
  readonly menu: string | null;
  readonly courses: unknown;
  readonly closure_kind: ClosureKind | null;
  readonly closure_reason: string | null;
  readonly is_absence_communicated: boolean;
  readonly charge: string | null;
  readonly amount_cents: number | null;
  readonly badge_number: string | null;
  readonly occurred_at: Date | null;
  readonly correction_reason: string | null;
  readonly corrected_at: Date | null;
  readonly booked_charge: string | null;
  readonly booked_cents: number | null;
}

/** Reads service days in one statement: keyset pages over primary keys, so a long range costs what its page costs; menus by rotation in another. */
export function presenceDaysReader(database: Database, cipher: FieldCipher): PresenceDaysReader {
  return {
    async listDays(query) {
      const rows = await readDays(database, query);
      const [first] = rows;
      if (first === undefined) return null;
      const diets = openDiets(cipher, query.municipalityId, query.pupilId, first.diet_sealed);
      const rotations = await readRotations(database, query, rows);
      return rows.flatMap((row) => toDay(row, diets, rotations));
    },
  };
}

async function readDays(database: Database, query: PresenceDaysQuery): Promise<readonly DayRow[]> {
  const { rows } = await database.query<DayRow>({
    name: 'list_presence_days',
    text: `with pupil as (
             select school_id, class_name, diet_sealed from directory_pupils where municipality_id = $1 and pupil_id = $2
           ), school_days as (
             select d.service_date, d.school_id from service_days d, pupil
             where d.municipality_id = $1 and d.school_id = pupil.school_id and d.service = $3
               and d.service_date between $4 and $5 and d.service_date < coalesce($6::date, 'infinity')
             order by d.service_date desc limit $7
           ), closures as (
             select distinct on (c.service_date) c.service_date, c.school_id, c.kind, c.reason from closed_days c, pupil
             where c.municipality_id = $1 and c.school_id = pupil.school_id and c.service = $3 and c.class_name in ('', pupil.class_name)
               and c.service_date between $4 and $5 and c.service_date < coalesce($6::date, 'infinity')
             order by c.service_date desc, c.class_name limit $7
           ), eaten as (
             select p.service_date, p.school_id, p.charge, p.amount_cents, p.badge_number, p.occurred_at from presences p
             where p.municipality_id = $1 and p.pupil_id = $2 and p.service = $3
               and p.service_date between $4 and $5 and p.service_date < coalesce($6::date, 'infinity')
             order by p.service_date desc limit $7
           ), days as (
             select service_date, coalesce(e.school_id, s.school_id, c.school_id) as school_id, c.kind, c.reason,
               e.charge, e.amount_cents, e.badge_number, e.occurred_at
             from school_days s full join eaten e using (service_date) full join closures c using (service_date)
             order by 1 desc limit $7
           )
           select pupil.diet_sealed, d.service_date, d.school_id, m.text as menu, m.courses, d.kind as closure_kind,
             d.reason as closure_reason, a.pupil_id is not null as is_absence_communicated, d.charge, d.amount_cents,
             d.badge_number, d.occurred_at, x.reason as correction_reason, x.corrected_at,
             b.charge as booked_charge, b.amount_cents as booked_cents
           from pupil left join days d on true
           left join menus m on m.municipality_id = $1 and m.school_id = d.school_id and m.service = $3
             and m.service_date = d.service_date
           left join absences a on a.municipality_id = $1 and a.pupil_id = $2 and a.service = $3
             and a.service_date = d.service_date
           left join booked_charges b on b.municipality_id = $1 and b.pupil_id = $2 and b.service = $3
             and b.service_date = d.service_date
           left join meal_corrections x on x.municipality_id = $1 and x.pupil_id = $2 and x.service = $3
             and x.service_date = d.service_date
           order by d.service_date desc`,
    values: [query.municipalityId, query.pupilId, query.service, query.from, query.to, query.before, query.limit],
  });
  return rows;
}

/** The rotations of the schools whose days have no menu of their own, by school. */
async function readRotations(
  database: Database,
  { municipalityId, service, to }: PresenceDaysQuery,
  days: readonly DayRow[],
): Promise<ReadonlyMap<string, readonly MenuRotation[]>> {
  const schools = new Set(days.flatMap((row) => (row.menu === null && row.school_id !== null ? [row.school_id] : [])));
  if (schools.size === 0) return new Map();
  const { rows } = await database.query<RotationRow & { school_id: string }>({
    name: 'list_menu_rotations',
    text: `select school_id, starts_on, weeks, days from menu_rotations
           where municipality_id = $1 and school_id = any($2::uuid[]) and service = $3 and starts_on <= $4`,
    values: [municipalityId, [...schools], service, to],
  });
  const bySchool = Map.groupBy(rows, (row) => row.school_id);
  return new Map([...bySchool].map(([schoolId, group]) => [schoolId, group.map(toRotation)]));
}

function toDay(
  row: DayRow,
  diets: readonly DietSpan[],
  rotations: ReadonlyMap<string, readonly MenuRotation[]>,
): PresenceDay[] {
  if (row.service_date === null) return [];
  const on = serviceDate(row.service_date);
  const presence =
    row.charge === null || row.occurred_at === null
      ? null
      : {
          charge: row.charge as Charge,
          amountCents: cents(row.amount_cents ?? 0),
          badgeNumber: row.badge_number ?? '',
          swipedAt: row.occurred_at,
        };
  const correction =
    row.correction_reason === null || row.corrected_at === null
      ? null
      : { reason: row.correction_reason, correctedAt: row.corrected_at };
  const booked =
    presence !== null || row.booked_charge === null
      ? null
      : { charge: row.booked_charge as Charge, amountCents: cents(row.booked_cents ?? 0) };
  const closure =
    row.closure_kind === null || presence !== null
      ? null
      : { kind: row.closure_kind, reason: row.closure_reason ?? '' };
  const { menu, courses } =
    closure === null
      ? menuOf(row, dietOn(diets, on), rotatedCourses(rotations.get(row.school_id ?? '') ?? [], on))
      : NO_MENU;
  const isAbsenceCommunicated = row.is_absence_communicated;
  return [{ serviceDate: on, menu, courses, closure, isAbsenceCommunicated, booked, correction, presence }];
}

const NO_MENU = { menu: null, courses: [] };

/** A day's own menu comes before that of the rotation; a text without dishes is for every diet. */
function menuOf(
  row: DayRow,
  dietCode: string,
  rotated: readonly Course[],
): { readonly menu: string | null; readonly courses: readonly Course[] } {
  const dated = toCourses(row.courses);
  if (row.menu !== null && dated.length === 0) return { menu: row.menu, courses: [] };
  const courses = coursesFor(row.menu === null ? rotated : dated, dietCode);
  return { menu: courses.length === 0 ? row.menu : menuText(courses), courses };
}
