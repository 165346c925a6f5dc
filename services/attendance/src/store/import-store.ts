import type { Transaction } from '@campanella/postgres';
import type { MunicipalityId } from '@campanella/vocabulary';
import type { FileKind } from '../import/layouts.ts';

/** A row of a file, of a school that is known. */
export interface StagedRow {
  readonly line: number;
  readonly schoolId: string;
  readonly service: string;
  /** What the row tells, as the statements below read it. */
  readonly told: object;
}

/** A row that does not fit what is stored, or the other rows of its file. */
export interface Misfit {
  readonly line: number;
  /** The line of the row that it does not fit; 0 where it is none. */
  readonly other: number;
}

/** Makes other imports of the municipality wait, and the place for the rows of a file; both end with the transaction. */
export async function beginImport(tx: Transaction, municipalityId: MunicipalityId): Promise<void> {
  // Between two statements lies as much of a file as its faults make it.
  await tx.query({ text: "select set_config('idle_in_transaction_session_timeout', '0', true)" });
  // Statements of an import are each run once: to compile one takes longer than to run it.
  await tx.query({ text: "select set_config('jit', 'off', true)" });
  await tx.query({
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
    values: [`import/${municipalityId}`],
  });
  await tx.query({
    text: `create temporary table import_rows (line int, school_id uuid, service text, told jsonb) on commit drop`,
  });
}

/** Schools and classes as the projection of the directory has them. */
export async function knownPlaces(
  tx: Transaction,
  municipalityId: MunicipalityId,
): Promise<{
  readonly schools: readonly { readonly id: string; readonly name: string }[];
  readonly classes: readonly { readonly schoolId: string; readonly name: string }[];
}> {
  const schools = await tx.query<{ id: string; name: string }>({
    text: 'select school_id as id, name from directory_schools where municipality_id = $1',
    values: [municipalityId],
  });
  const classes = await tx.query<{ school_id: string; name: string }>({
    text: `select distinct school_id, class_name as name from directory_pupils
           where municipality_id = $1 and not removed and school_id is not null`,
    values: [municipalityId],
  });
  return {
    schools: schools.rows,
    classes: classes.rows.map(({ school_id: schoolId, name }) => ({ schoolId, name })),
  };
}

/** Puts rows where the statements of their file find them. */
export async function stageRows(tx: Transaction, rows: readonly StagedRow[]): Promise<void> {
  await tx.query({
    text: `insert into import_rows (line, school_id, service, told)
           select * from unnest($1::int[], $2::uuid[], $3::text[], $4::jsonb[])`,
    values: [
      rows.map(({ line }) => line),
      rows.map(({ schoolId }) => schoolId),
      rows.map(({ service }) => service),
      rows.map(({ told }) => JSON.stringify(told)),
    ],
  });
}

/** Makes the staged rows ready: without a count of them the statements below are planned for far too many. */
export async function closeStage(tx: Transaction): Promise<void> {
  await tx.query({ text: 'analyze import_rows' });
}

export async function clearRows(tx: Transaction): Promise<void> {
  await tx.query({ text: 'truncate import_rows' });
}

/** Every day of the rows' ranges; a day of the calendar and no instant, so that no zone comes in. */
const RANGE_DAYS = `select r.line, r.school_id, r.service, (r.told->>'from')::date + n as day, r.told
  from import_rows r, generate_series(0, (r.told->>'until')::date - (r.told->>'from')::date) n`;
const SAME_PLACE = 's.municipality_id = $1 and s.school_id = d.school_id and s.service = d.service';
const CLOSED_DAYS = `select distinct on (d.school_id, d.service, d.day, told->>'className')
    d.line, d.school_id, d.service, d.day, told->>'className' as class_name, told->>'kind' as kind,
    told->>'reason' as reason, (told->>'cancelled')::boolean as cancelled
  from (${RANGE_DAYS}) d
  where exists (select from service_days s where ${SAME_PLACE} and s.service_date = d.day)
     or exists (select from closed_days s where ${SAME_PLACE} and s.service_date = d.day and s.class_name = told->>'className')
  order by d.school_id, d.service, d.day, told->>'className', d.line desc`;

/** Which staged rows do not fit, by file; oldest line first. */
const MISFITS: Readonly<Partial<Record<FileKind, string>>> = {
  closedDays: `with days as (${CLOSED_DAYS})
    select line, 0 as other from import_rows r
    where not (told->>'cancelled')::boolean
      and not exists (select from days d where d.school_id = r.school_id and d.service = r.service
        and d.class_name = r.told->>'className'
        and d.day between (r.told->>'from')::date and (r.told->>'until')::date)
      and $1::bigint is not null order by line`,
  rotations: `select line, other from (
      select line, told->>'weeks' as weeks, first_value(told->>'weeks') over w as first_weeks, first_value(line) over w as other
      from import_rows window w as (partition by school_id, service, told->>'startsOn' order by line)
    ) r where weeks <> first_weeks and $1::bigint is not null order by line`,
};

/** Staged rows that name more dishes of a day than a menu has. */
const CROWDED = `select min(line) as line, 0 as other from import_rows
  group by school_id, service, coalesce(told->>'day', concat_ws('/', told->>'startsOn', told->>'week', told->>'weekday'))
  having count(*) > $1 order by 1`;

/** Stores the staged rows of a file; each statement says how much it changed. */
const CHANGES: Readonly<Record<FileKind, string>> = {
  serviceDays: `with days as (
      select school_id, service, day, bool_and((told->>'serves')::boolean) as serves from (${RANGE_DAYS}) r
      where told->'weekdays' @> to_jsonb(extract(isodow from day)::int) group by school_id, service, day),
    gone as (
      delete from service_days s using days d where ${SAME_PLACE} and s.service_date = d.day and not d.serves returning 1),
    come as (
      insert into service_days (municipality_id, school_id, service, service_date)
      select $1, school_id, service, day from days d
      where serves and not exists (
        select from closed_days s where ${SAME_PLACE} and s.service_date = d.day and s.class_name = '')
      order by school_id, service, day on conflict do nothing returning 1)
    select (select count(*) from gone) + (select count(*) from come) as changed`,
  closedDays: `with days as materialized (${CLOSED_DAYS}),
    opened as (
      delete from closed_days s using days d
      where ${SAME_PLACE} and s.service_date = d.day and s.class_name = d.class_name and d.cancelled
      returning s.school_id, s.service, s.service_date, s.class_name),
    served as (
      insert into service_days (municipality_id, school_id, service, service_date)
      select $1, school_id, service, service_date from opened where class_name = '' on conflict do nothing),
    closed as (
      insert into closed_days (municipality_id, school_id, service, service_date, class_name, kind, reason)
      select $1, school_id, service, day, class_name, kind, reason from days where not cancelled
      order by school_id, service, day, class_name
      on conflict (municipality_id, school_id, service, service_date, class_name)
      do update set kind = excluded.kind, reason = excluded.reason
      where (closed_days.kind, closed_days.reason) is distinct from (excluded.kind, excluded.reason) returning 1),
    gone as (
      delete from service_days s using days d
      where ${SAME_PLACE} and s.service_date = d.day and d.class_name = '' and not d.cancelled)
    select (select count(*) from opened) + (select count(*) from closed) as changed`,
  sittings: `with told as (
      select school_id, service, told->>'className' as class_name, (told->>'sitting')::int as sitting from import_rows),
    first as (
      delete from sittings s using told d where ${SAME_PLACE} and s.class_name = d.class_name and d.sitting = 1 returning 1),
    second as (
      insert into sittings (municipality_id, school_id, service, class_name, sitting)
      select $1, school_id, service, class_name, 2 from told where sitting = 2 order by 2, 3, 4
      on conflict do nothing returning 1)
    select (select count(*) from first) + (select count(*) from second) as changed`,
  menus: `with days as (
      select school_id, service, (told->>'day')::date as day,
        string_agg(told->'course'->>'name', ', ' order by line) as text, jsonb_agg(told->'course' order by line) as courses
      from import_rows group by 1, 2, 3),
    put as (
      insert into menus (municipality_id, school_id, service, service_date, text, courses)
      select $1, school_id, service, day, text, courses from days order by 2, 3, 4
      on conflict (municipality_id, school_id, service, service_date)
      do update set text = excluded.text, courses = excluded.courses
      where (menus.text, menus.courses) is distinct from (excluded.text, excluded.courses) returning 1)
    select count(*) as changed from put`,
  rotations: `with days as (
      select school_id, service, (told->>'startsOn')::date as starts_on, (told->>'weeks')::int as weeks,
        (told->>'week')::int as week, (told->>'weekday')::int as weekday, jsonb_agg(told->'course' order by line) as courses
      from import_rows group by 1, 2, 3, 4, 5, 6),
    rotations as (
      select school_id, service, starts_on, weeks,
        jsonb_agg(jsonb_build_object('week', week, 'weekday', weekday, 'courses', courses) order by week, weekday) as days
      from days group by 1, 2, 3, 4),
    put as (
      insert into menu_rotations (municipality_id, school_id, service, starts_on, weeks, days)
      select $1, school_id, service, starts_on, weeks, days from rotations order by 2, 3, 4
      on conflict (municipality_id, school_id, service, starts_on)
      do update set weeks = excluded.weeks, days = excluded.days
      where (menu_rotations.weeks, menu_rotations.days) is distinct from (excluded.weeks, excluded.days) returning 1)
    select count(*) as changed from put`,
};

/** Which of the staged rows do not fit what is stored, or each other. */
export async function listMisfits(
  tx: Transaction,
  municipalityId: MunicipalityId,
  kind: FileKind,
): Promise<readonly Misfit[]> {
  const text = MISFITS[kind];
  if (text === undefined) return [];
  return (await tx.query<Misfit>({ text, values: [municipalityId] })).rows;
}

/** The first rows of days that have more dishes than a menu may. */
export async function listCrowded(tx: Transaction, dishesMax: number): Promise<readonly Misfit[]> {
  return (await tx.query<Misfit>({ text: CROWDED, values: [dishesMax] })).rows;
}

/** @returns how many days, classes, menus or rotations are other than before */
export async function storeRows(tx: Transaction, municipalityId: MunicipalityId, kind: FileKind): Promise<number> {
  const { rows } = await tx.query<{ changed: number }>({ text: CHANGES[kind], values: [municipalityId] });
  return rows[0]?.changed ?? 0;
}

/** Makes the service read the municipality's directory: an import may come before the first terminal. */
export async function watchDirectory(tx: Transaction, municipalityId: MunicipalityId): Promise<void> {
  await tx.query({
    text: 'insert into directories (municipality_id) values ($1) on conflict do nothing',
    values: [municipalityId],
  });
}
