import type { Database } from '@campanella/postgres';
import { id, type MunicipalityId, numberId, type SchoolId, type TerminalId } from '@campanella/vocabulary';
import type { ClosedDay, CutOffExtension, OfficeStore, ServicePlace, TerminalRecord } from '../app/office.ts';
import type { AbsenceRules } from '../domain/absence.ts';
import type { MenuRotation } from '../domain/menu.ts';

interface TerminalRow {
  readonly municipality_id: number;
  readonly terminal_id: string;
  readonly school_id: string;
  readonly name: string;
  readonly key_hash: Buffer;
  readonly disabled_at: Date | null;
}

/** Terminals, calendar, menus and the rules of absences in PostgreSQL. */
export function officeStore(database: Database): OfficeStore {
  return {
    putAbsenceRules: (place, rules) => putAbsenceRules(database, place, rules),
    extendCutOff: (place, extension) => extendCutOff(database, place, extension),
    async findTerminal(terminalId) {
      const { rows } = await database.query<TerminalRow>({
        name: 'find_terminal',
        text: `select municipality_id, terminal_id, school_id, name, key_hash, disabled_at from terminals where terminal_id = $1`,
        values: [terminalId],
      });
      const [row] = rows;
      return row === undefined ? null : toTerminal(row);
    },
    async putTerminal({ terminal, keyHash }) {
      const { rowCount } = await database.query({
        name: 'put_terminal',
        text: `insert into terminals (municipality_id, terminal_id, school_id, name, key_hash) values ($1, $2, $3, $4, $5)
               on conflict (terminal_id) do update set school_id = excluded.school_id, name = excluded.name,
                 key_hash = excluded.key_hash, disabled_at = null
               where terminals.municipality_id = excluded.municipality_id`,
        values: [terminal.municipalityId, terminal.terminalId, terminal.schoolId, terminal.name, keyHash],
      });
      return rowCount > 0;
    },
    async disableTerminal(municipalityId, terminalId) {
      const { rowCount } = await database.query({
        name: 'disable_terminal',
        text: `update terminals set disabled_at = coalesce(disabled_at, now()) where municipality_id = $1 and terminal_id = $2`,
        values: [municipalityId, terminalId],
      });
      return rowCount > 0;
    },
    async listDisabled(terminalIds) {
      const { rows } = await database.query<{ terminal_id: string }>({
        name: 'list_disabled_terminals',
        text: 'select terminal_id from terminals where terminal_id = any($1::uuid[]) and disabled_at is not null',
        values: [[...terminalIds]],
      });
      return rows.map((row) => id<TerminalId>(row.terminal_id));
    },
    async putServiceDays(place, range, days) {
      await database.transaction(async (tx) => {
        const key = [place.municipalityId, place.schoolId, place.service];
        await tx.query({
          text: `delete from service_days where municipality_id = $1 and school_id = $2 and service = $3
                 and service_date between $4 and $5 and service_date <> all($6::date[])`,
          values: [...key, range.from, range.until, [...days]],
        });
        await tx.query({
          text: `insert into service_days (municipality_id, school_id, service, service_date)
                 select $1, $2, $3, day from unnest($4::date[]) day order by day on conflict do nothing`,
          values: [...key, [...days]],
        });
        await tx.query({
          text: `delete from closed_days where municipality_id = $1 and school_id = $2 and service = $3
                 and class_name = '' and service_date = any($4::date[])`,
          values: [...key, [...days]],
        });
      });
    },
    putMenuRotation: (place, rotation) => putMenuRotation(database, place, rotation),
    putClosedDays: (place, days) => putClosedDays(database, place, days),
    putSittings: (place, classes) => putSittings(database, place, classes),
    async putChargingPolicy(place, policy, since) {
      await database.query({
        name: 'put_charging_policy',
        text: `insert into charging_policies (municipality_id, school_id, service, policy, since) values ($1, $2, $3, $4, $5)
               on conflict (municipality_id, school_id, service) do update set policy = excluded.policy, since = excluded.since`,
        values: [place.municipalityId, place.schoolId, place.service, policy, since],
      });
    },
    async putMenus(place, menus) {
      await database.transaction(async (tx) => {
        const key = [place.municipalityId, place.schoolId, place.service];
        const removed = menus.filter((menu) => menu.text === '').map((menu) => menu.serviceDate);
        const kept = menus.filter((menu) => menu.text !== '');
        await tx.query({
          text: `delete from menus where municipality_id = $1 and school_id = $2 and service = $3 and service_date = any($4::date[])`,
          values: [...key, removed],
        });
        await tx.query({
          text: `insert into menus (municipality_id, school_id, service, service_date, text, courses)
                 select $1, $2, $3, day, text, courses from unnest($4::date[], $5::text[], $6::jsonb[]) m(day, text, courses) order by day
                 on conflict (municipality_id, school_id, service, service_date)
                 do update set text = excluded.text, courses = excluded.courses`,
          values: [
            ...key,
            kept.map((menu) => menu.serviceDate),
            kept.map((menu) => menu.text),
            kept.map((menu) => (menu.courses.length === 0 ? null : JSON.stringify(menu.courses))),
          ],
        });
      });
    },
  };
}

async function putMenuRotation(database: Database, place: ServicePlace, rotation: MenuRotation): Promise<void> {
  await database.query({
    name: 'put_menu_rotation',
    text: `insert into menu_rotations (municipality_id, school_id, service, starts_on, weeks, days) values ($1, $2, $3, $4, $5, $6)
           on conflict (municipality_id, school_id, service, starts_on) do update set weeks = excluded.weeks, days = excluded.days`,
    values: [
      place.municipalityId,
      place.schoolId,
      place.service,
      rotation.startsOn,
      rotation.weeks,
      JSON.stringify(rotation.days),
    ],
  });
}

async function putClosedDays(database: Database, place: ServicePlace, days: readonly ClosedDay[]): Promise<void> {
  const key = [place.municipalityId, place.schoolId, place.service];
  const [opened, closed] = [days.filter((day) => day.reason === ''), days.filter((day) => day.reason !== '')];
  await database.transaction(async (tx) => {
    await tx.query({
      text: `delete from closed_days c using unnest($4::date[], $5::text[]) o(day, class_name)
             where c.municipality_id = $1 and c.school_id = $2 and c.service = $3 and c.service_date = o.day
               and c.class_name = o.class_name`,
      values: [...key, opened.map((day) => day.serviceDate), opened.map((day) => day.className)],
    });
    await tx.query({
      text: `insert into closed_days (municipality_id, school_id, service, service_date, class_name, kind, reason)
             select $1, $2, $3, * from unnest($4::date[], $5::text[], $6::text[], $7::text[]) order by 4, 5
             on conflict (municipality_id, school_id, service, service_date, class_name)
             do update set kind = excluded.kind, reason = excluded.reason`,
      values: [
        ...key,
        closed.map((day) => day.serviceDate),
        closed.map((day) => day.className),
        closed.map((day) => day.kind),
        closed.map((day) => day.reason),
      ],
    });
    await tx.query({
      text: `delete from service_days where municipality_id = $1 and school_id = $2 and service = $3 and service_date = any($4::date[])`,
      values: [...key, closed.filter((day) => day.className === '').map((day) => day.serviceDate)],
    });
  });
}

async function putSittings(database: Database, place: ServicePlace, classes: readonly string[]): Promise<void> {
  const key = [place.municipalityId, place.schoolId, place.service];
  await database.transaction(async (tx) => {
    await tx.query({
      text: `delete from sittings where municipality_id = $1 and school_id = $2 and service = $3 and class_name <> all($4::text[])`,
      values: [...key, [...classes]],
    });
    await tx.query({
      text: `insert into sittings (municipality_id, school_id, service, class_name, sitting)
             select $1, $2, $3, class_name, 2 from unnest($4::text[]) class_name order by 4 on conflict do nothing`,
      values: [...key, [...classes]],
    });
  });
}

async function putAbsenceRules(database: Database, place: ServicePlace, rules: AbsenceRules): Promise<void> {
  await database.query({
    name: 'put_absence_rules',
    text: `insert into absence_rules (municipality_id, school_id, service, service_days_before, cut_off_time, types,
             late_until_time, is_late_charged)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (municipality_id, school_id, service) do update set
             service_days_before = excluded.service_days_before, cut_off_time = excluded.cut_off_time, types = excluded.types,
             late_until_time = excluded.late_until_time, is_late_charged = excluded.is_late_charged`,
    values: [
      place.municipalityId,
      place.schoolId,
      place.service,
      rules.serviceDaysBefore,
      rules.cutOffTime,
      JSON.stringify(rules.types),
      rules.late?.untilTime ?? null,
      rules.late?.isCharged ?? true,
    ],
  });
}

async function extendCutOff(database: Database, place: ServicePlace, extension: CutOffExtension): Promise<void> {
  await database.query({
    name: 'extend_cut_off',
    text: `insert into cut_off_extensions (municipality_id, school_id, service, service_date, cut_off_at, reason)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (municipality_id, school_id, service, service_date) do update set
             cut_off_at = excluded.cut_off_at, reason = excluded.reason`,
    values: [
      place.municipalityId,
      place.schoolId,
      place.service,
      extension.serviceDate,
      extension.cutOffAt,
      extension.reason,
    ],
  });
}

function toTerminal(row: TerminalRow): TerminalRecord {
  return {
    terminal: {
      municipalityId: numberId<MunicipalityId>(row.municipality_id),
      terminalId: id<TerminalId>(row.terminal_id),
      schoolId: id<SchoolId>(row.school_id),
      name: row.name,
    },
    keyHash: row.key_hash,
    isDisabled: row.disabled_at !== null,
  };
}
