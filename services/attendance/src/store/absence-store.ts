import type { Queryable, Transaction } from '@campanella/postgres';
import {
  id,
  type PersonId,
  parseServiceCode,
  parseWallTime,
  type SchoolId,
  type ServiceDate,
  serviceDate,
  type Validity,
  type WallTime,
} from '@campanella/vocabulary';
import { z } from 'zod';
import type {
  AbsenceList,
  AbsenceStore,
  AbsentPupil,
  CommunicateAbsence,
  StoredDays,
} from '../app/communicate-absence.ts';
import type { AbsenceRules, DecidedDay } from '../domain/absence.ts';

const Types = z.array(z.object({ code: z.string(), label: z.string(), dietCode: z.string().nullable().default(null) }));
const day = z.string().transform((text) => serviceDate(text));
const Enrolments = z.array(z.object({ service: z.string(), validity: z.object({ from: day, until: day.nullable() }) }));
const Answer = z.array(
  z.object({
    serviceDate: day,
    cutOffAt: z.coerce.date().nullable(),
    outcome: z.discriminatedUnion('kind', [
      z.object({
        kind: z.enum(['accepted', 'closed', 'not_enrolled', 'already_absent', 'already_present', 'cut_off_passed']),
      }),
      z.object({ kind: z.literal('accepted_late'), isCharged: z.boolean() }),
    ]),
  }),
);

interface DayRow {
  readonly source: 'served' | 'absent' | 'present' | 'extended';
  readonly service_date: string;
  readonly cut_off_at: Date | null;
  readonly reason: string | null;
}

/** Absences, their rules, and what was answered, in PostgreSQL. */
export const absenceStore: AbsenceStore = {
  lockPupil: async (tx, municipalityId, pupilId) => {
    await tx.query({
      name: 'lock_absences_of_pupil',
      text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
      values: [`absences/${municipalityId}/${pupilId}`],
    });
  },
  findPupil: async (tx, municipalityId, pupilId) => {
    const { rows } = await tx.query<{ school_id: string | null; enrolments: unknown }>({
      name: 'find_absent_pupil',
      text: `select school_id, enrolments from directory_pupils
             where municipality_id = $1 and pupil_id = $2 and not removed`,
      values: [municipalityId, pupilId],
    });
    const [row] = rows;
    return row === undefined || row.school_id === null ? null : toPupil(id<SchoolId>(row.school_id), row.enrolments);
  },
  findRules: async (tx, municipalityId, schoolId, service) => {
    const { rows } = await tx.query<AbsenceRulesRow>({
      name: 'find_absence_rules',
      text: `select ${RULES_COLUMNS} from absence_rules
             where municipality_id = $1 and school_id = $2 and service = $3`,
      values: [municipalityId, schoolId, service],
    });
    const [row] = rows;
    return row === undefined ? null : toRules(row);
  },
  readDays,
  findAnswer: async (tx, municipalityId, requestId) => {
    const { rows } = await tx.query<{ content: string; answer: unknown }>({
      name: 'find_absence_answer',
      text: 'select content, answer from absence_requests where municipality_id = $1 and request_id = $2',
      values: [municipalityId, requestId],
    });
    const [row] = rows;
    return row === undefined ? null : { content: row.content, days: Answer.parse(row.answer) };
  },
  keepAnswer,
  insert: async (tx, command, schoolId, days, now) => {
    if (days.length === 0) return;
    await tx.query({
      name: 'insert_absences',
      text: `insert into absences (municipality_id, pupil_id, service, service_date, request_id, school_id, type_code,
                                   communicated_by, communicated_at, is_late, cancels_charge)
             select $1, $2, $3, day, $5, $6, $7, $8, $9, is_late, cancels_charge
             from unnest($4::date[], $10::boolean[], $11::boolean[]) t(day, is_late, cancels_charge) order by day`,
      values: [
        command.municipalityId,
        command.pupilId,
        command.service,
        days.map(({ serviceDate: day }) => day),
        command.requestId,
        schoolId,
        command.type,
        command.communicatedBy,
        now,
        days.map(({ isLate }) => isLate),
        days.map(({ cancelsCharge }) => cancelsCharge),
      ],
    });
  },
};

/** The absences of a pupil, newest first, in PostgreSQL. */
export function absenceList(database: Queryable): AbsenceList {
  return {
    async list({ municipalityId, pupilId, service }, { after, limit }) {
      const { rows } = await database.query<{
        service_date: string;
        type_code: string;
        label: string | null;
        communicated_at: Date;
        communicated_by: string;
        is_late: boolean;
        cancels_charge: boolean;
      }>({
        name: after === null ? 'list_absences' : 'list_absences_after',
        text: `select service_date, type_code, communicated_at, communicated_by, is_late, cancels_charge,
                 (select t->>'label' from absence_rules r, jsonb_array_elements(r.types) t
                  where r.municipality_id = absences.municipality_id and r.school_id = absences.school_id
                    and r.service = absences.service and t->>'code' = type_code) as label
               from absences where municipality_id = $1 and pupil_id = $2 and service = $3
                 ${after === null ? '' : 'and (communicated_at, service_date) < ($5, $6)'}
               order by communicated_at desc, service_date desc limit $4`,
        values: [
          ...[municipalityId, pupilId, service, limit],
          ...(after === null ? [] : [after.communicatedAt, after.serviceDate]),
        ],
      });
      return rows.map((row) => ({
        serviceDate: serviceDate(row.service_date),
        type: row.type_code,
        label: row.label,
        communicatedAt: row.communicated_at,
        communicatedBy: id<PersonId>(row.communicated_by),
        isLate: row.is_late,
        cancelsCharge: row.cancels_charge,
      }));
    },
  };
}

async function readDays(
  tx: Transaction,
  key: Parameters<AbsenceStore['readDays']>[1],
  from: ServiceDate,
  to: ServiceDate,
): Promise<StoredDays> {
  const { rows } = await tx.query<DayRow>({
    name: 'read_days_for_absence',
    text: `select 'served' as source, service_date, null::timestamptz as cut_off_at, null as reason from service_days
             where municipality_id = $1 and school_id = $3 and service = $4 and service_date between $5 and $6
               and not exists (
                 select from closed_days c join directory_pupils p
                   on p.municipality_id = c.municipality_id and p.pupil_id = $2 and p.class_name = c.class_name
                 where c.municipality_id = service_days.municipality_id and c.school_id = service_days.school_id
                   and c.service = service_days.service and c.service_date = service_days.service_date)
           union all
           select 'absent', service_date, null, null from absences
             where municipality_id = $1 and pupil_id = $2 and service = $4 and service_date between $5 and $6
           union all
           select 'present', service_date, null, null from presences
             where municipality_id = $1 and pupil_id = $2 and service = $4 and service_date between $5 and $6
           union all
           select 'extended', service_date, cut_off_at, reason from cut_off_extensions
             where municipality_id = $1 and school_id = $3 and service = $4 and service_date between $5 and $6
           order by service_date`,
    values: [key.municipalityId, key.pupilId, key.schoolId, key.service, from, to],
  });
  const of = (source: DayRow['source']) =>
    rows.filter((row) => row.source === source).map((row) => serviceDate(row.service_date));
  return {
    served: of('served'),
    absent: of('absent'),
    present: of('present'),
    extensions: rows.flatMap((row) =>
      row.cut_off_at === null
        ? []
        : [{ serviceDate: serviceDate(row.service_date), cutOffAt: row.cut_off_at, reason: row.reason ?? '' }],
    ),
  };
}

async function keepAnswer(
  tx: Transaction,
  command: CommunicateAbsence,
  content: string,
  days: readonly DecidedDay[],
  now: Date,
): Promise<void> {
  await tx.query({
    name: 'keep_absence_answer',
    text: `insert into absence_requests (municipality_id, request_id, pupil_id, content, answer, answered_at)
           values ($1, $2, $3, $4, $5, $6)`,
    values: [command.municipalityId, command.requestId, command.pupilId, content, JSON.stringify(days), now],
  });
}

function toPupil(schoolId: SchoolId, enrolments: unknown): AbsentPupil {
  const parsed = Enrolments.parse(enrolments).flatMap(({ service, validity }) => {
    const code = parseServiceCode(service);
    const span: Validity = validity;
    return code === null ? [] : [{ service: code, validity: span }];
  });
  return { schoolId, enrolments: parsed };
}

export interface AbsenceRulesRow {
  readonly service_days_before: number;
  readonly cut_off_time: string;
  readonly types: unknown;
  readonly late_until_time: string | null;
  readonly is_late_charged: boolean;
}

export const RULES_COLUMNS = 'service_days_before, cut_off_time, types, late_until_time, is_late_charged';

/** The rules of a row of absence_rules. */
export function toRules(row: AbsenceRulesRow): AbsenceRules {
  const late =
    row.late_until_time === null ? null : { untilTime: toTime(row.late_until_time), isCharged: row.is_late_charged };
  return {
    serviceDaysBefore: row.service_days_before,
    cutOffTime: toTime(row.cut_off_time),
    types: Types.parse(row.types),
    late,
  };
}

function toTime(text: string): WallTime {
  const time = parseWallTime(text);
  if (time === null) throw new RangeError('absence_rules holds a time that is none');
  return time;
}
