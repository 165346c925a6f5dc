import type { Database, Transaction } from '@campanella/postgres';
import { id, type SchoolId } from '@campanella/vocabulary';
import type { CalendarStore, Editor, KeptEdit } from '../app/edit-calendar.ts';
import type { CalendarEdit, CalendarEditKind, ServicePlace } from '../domain/calendar-edit.ts';
import { writeEdit } from './edit-table.ts';

interface EditRow {
  readonly edit_id: string;
  readonly edited_at: Date;
  readonly editor: string;
  readonly source: Editor['source'];
  readonly what: KeptEdit['what'];
  readonly school_id: string | null;
  readonly service: string | null;
  readonly files: readonly string[];
}

type EditOf<Kind extends CalendarEditKind> = Extract<CalendarEdit, { kind: Kind }>;

/** Calendars, menus and the rules of absences in PostgreSQL. */
export function calendarStore(database: Database): CalendarStore {
  return {
    apply: (tx, edit) => apply(tx, edit),
    note: (tx, { place, kind }, editor, at) =>
      writeEdit(
        tx,
        place.municipalityId,
        editor,
        { what: kind, schoolId: place.schoolId, service: place.service, files: [] },
        at,
      ),
    async listEdits(municipalityId, { beforeEditId, limit }) {
      const { rows } = await database.query<EditRow>({
        name: 'list_calendar_edits',
        text: `select edit_id, edited_at, editor, source, what, school_id, service, files from calendar_edits
               where municipality_id = $1 and ($2::uuid is null or edit_id < $2) order by edit_id desc limit $3`,
        values: [municipalityId, beforeEditId, limit],
      });
      return rows.map(
        (row): KeptEdit => ({
          editId: row.edit_id,
          editedAt: row.edited_at,
          editor: { name: row.editor, source: row.source },
          what: row.what,
          schoolId: row.school_id === null ? null : id<SchoolId>(row.school_id),
          service: row.service,
          files: row.files,
        }),
      );
    },
  };
}

/** Runs the statements of an edit; true where one of them changed a row. */
async function apply(tx: Transaction, edit: CalendarEdit): Promise<boolean> {
  let isChanged = false;
  for (const statement of statementsOf(edit)) {
    const { rowCount } = await tx.query({
      ...statement,
      values: [...keyOf(edit.place), ...statement.values],
    });
    isChanged ||= rowCount > 0;
  }
  return isChanged;
}

interface Statement {
  readonly name: string;
  /** Begins with municipality, school and service as `$1` to `$3`. */
  readonly text: string;
  readonly values: readonly unknown[];
}

function statementsOf(edit: CalendarEdit): readonly Statement[] {
  switch (edit.kind) {
    case 'service_days':
      return serviceDays(edit);
    case 'closed_days':
      return closedDays(edit);
    case 'sittings':
      return sittings(edit);
    case 'menus':
      return menus(edit);
    case 'menu_rotation':
      return [menuRotation(edit)];
    case 'absence_rules':
      return [absenceRules(edit)];
    case 'charging_policy':
      return [chargingPolicy(edit)];
    case 'cut_off':
      return [cutOff(edit)];
  }
}

const PLACE = 'municipality_id = $1 and school_id = $2 and service = $3';

function serviceDays({ from, until, days }: EditOf<'service_days'>): readonly Statement[] {
  return [
    {
      name: 'close_other_days',
      text: `delete from service_days where ${PLACE} and service_date between $4 and $5 and service_date <> all($6::date[])`,
      values: [from, until, [...days]],
    },
    {
      name: 'serve_days',
      text: `insert into service_days (municipality_id, school_id, service, service_date)
             select $1, $2, $3, day from unnest($4::date[]) day order by day on conflict do nothing`,
      values: [[...days]],
    },
    {
      name: 'forget_closures',
      text: `delete from closed_days where ${PLACE} and class_name = '' and service_date = any($4::date[])`,
      values: [[...days]],
    },
  ];
}

function closedDays({ days }: EditOf<'closed_days'>): readonly Statement[] {
  const [opened, closed] = [days.filter((day) => day.reason === ''), days.filter((day) => day.reason !== '')];
  return [
    {
      name: 'open_days_again',
      text: `delete from closed_days c using unnest($4::date[], $5::text[]) o(day, class_name)
             where c.municipality_id = $1 and c.school_id = $2 and c.service = $3 and c.service_date = o.day
               and c.class_name = o.class_name`,
      values: [opened.map((day) => day.serviceDate), opened.map((day) => day.className)],
    },
    {
      name: 'close_days',
      text: `insert into closed_days as known (municipality_id, school_id, service, service_date, class_name, kind, reason)
             select $1, $2, $3, * from unnest($4::date[], $5::text[], $6::text[], $7::text[]) order by 4, 5
             on conflict (municipality_id, school_id, service, service_date, class_name)
             do update set kind = excluded.kind, reason = excluded.reason
             where (known.kind, known.reason) <> (excluded.kind, excluded.reason)`,
      values: [
        closed.map((day) => day.serviceDate),
        closed.map((day) => day.className),
        closed.map((day) => day.kind),
        closed.map((day) => day.reason),
      ],
    },
    {
      name: 'serve_no_longer',
      text: `delete from service_days where ${PLACE} and service_date = any($4::date[])`,
      values: [closed.filter((day) => day.className === '').map((day) => day.serviceDate)],
    },
  ];
}

function sittings({ secondSittingClasses }: EditOf<'sittings'>): readonly Statement[] {
  return [
    {
      name: 'move_to_first_sitting',
      text: `delete from sittings where ${PLACE} and class_name <> all($4::text[])`,
      values: [[...secondSittingClasses]],
    },
    {
      name: 'move_to_second_sitting',
      text: `insert into sittings (municipality_id, school_id, service, class_name, sitting)
             select $1, $2, $3, class_name, 2 from unnest($4::text[]) class_name order by 4 on conflict do nothing`,
      values: [[...secondSittingClasses]],
    },
  ];
}

function menus({ menus: sent }: EditOf<'menus'>): readonly Statement[] {
  const kept = sent.filter((menu) => menu.text !== '');
  return [
    {
      name: 'remove_menus',
      text: `delete from menus where ${PLACE} and service_date = any($4::date[])`,
      values: [sent.filter((menu) => menu.text === '').map((menu) => menu.serviceDate)],
    },
    {
      name: 'put_menus',
      text: `insert into menus as known (municipality_id, school_id, service, service_date, text, courses)
             select $1, $2, $3, day, text, courses from unnest($4::date[], $5::text[], $6::jsonb[]) m(day, text, courses) order by day
             on conflict (municipality_id, school_id, service, service_date)
             do update set text = excluded.text, courses = excluded.courses
             where (known.text, known.courses) is distinct from (excluded.text, excluded.courses)`,
      values: [
        kept.map((menu) => menu.serviceDate),
        kept.map((menu) => menu.text),
        kept.map((menu) => (menu.courses.length === 0 ? null : JSON.stringify(menu.courses))),
      ],
    },
  ];
}

function menuRotation({ rotation }: EditOf<'menu_rotation'>): Statement {
  return {
    name: 'put_menu_rotation',
    text: `insert into menu_rotations as known (municipality_id, school_id, service, starts_on, weeks, days)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (municipality_id, school_id, service, starts_on) do update set weeks = excluded.weeks, days = excluded.days
           where (known.weeks, known.days) <> (excluded.weeks, excluded.days)`,
    values: [rotation.startsOn, rotation.weeks, JSON.stringify(rotation.days)],
  };
}

function absenceRules({ rules }: EditOf<'absence_rules'>): Statement {
  return {
    name: 'put_absence_rules',
    text: `insert into absence_rules as known (municipality_id, school_id, service, service_days_before, cut_off_time, types,
             late_until_time, is_late_charged)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (municipality_id, school_id, service) do update set
             service_days_before = excluded.service_days_before, cut_off_time = excluded.cut_off_time, types = excluded.types,
             late_until_time = excluded.late_until_time, is_late_charged = excluded.is_late_charged
           where (known.service_days_before, known.cut_off_time, known.types, known.late_until_time, known.is_late_charged)
             is distinct from
             (excluded.service_days_before, excluded.cut_off_time, excluded.types, excluded.late_until_time, excluded.is_late_charged)`,
    values: [
      rules.serviceDaysBefore,
      rules.cutOffTime,
      JSON.stringify(rules.types),
      rules.late?.untilTime ?? null,
      rules.late?.isCharged ?? true,
    ],
  };
}

function chargingPolicy({ policy, since }: EditOf<'charging_policy'>): Statement {
  return {
    name: 'put_charging_policy',
    text: `insert into charging_policies as known (municipality_id, school_id, service, policy, since) values ($1, $2, $3, $4, $5)
           on conflict (municipality_id, school_id, service) do update set policy = excluded.policy, since = excluded.since
           where (known.policy, known.since) <> (excluded.policy, excluded.since)`,
    values: [policy, since],
  };
}

function cutOff({ extension }: EditOf<'cut_off'>): Statement {
  return {
    name: 'extend_cut_off',
    text: `insert into cut_off_extensions as known (municipality_id, school_id, service, service_date, cut_off_at, reason)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (municipality_id, school_id, service, service_date) do update set
             cut_off_at = excluded.cut_off_at, reason = excluded.reason
           where (known.cut_off_at, known.reason) <> (excluded.cut_off_at, excluded.reason)`,
    values: [extension.serviceDate, extension.cutOffAt, extension.reason],
  };
}

function keyOf({ municipalityId, schoolId, service }: ServicePlace): readonly unknown[] {
  return [municipalityId, schoolId, service];
}
