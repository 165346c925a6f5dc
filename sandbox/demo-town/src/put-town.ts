import { type PutRequest, RecordRefusalKind, RecordType } from '@campanella/proto/anagrafica/v1/registry';
import { callUnary } from '@campanella/service-kit';
import { addDays, SCHOOL_MEALS, type ServiceDate } from '@campanella/vocabulary';
import { below } from './dice.ts';
import { menus } from './names.ts';
import type { Platform } from './platform.ts';
import { frameRequest, peopleRequests } from './registry-records.ts';
import { serviceDaysBetween } from './school-days.ts';
import { schoolsOf, type TownPlan } from './town.ts';

const CALL_DEADLINE_MS = 30_000;
const FAMILIES_PER_CALL = 300;
const PAST_DAYS = 90;

/**
 * Puts a town's records into anagrafica, and its terminals, calendar, menus and rules of absences into attendance.
 *
 * @param report gets how many pupils are in, after each call
 * @throws Error naming the first refusal, where a record is refused
 */
export async function putTown(
  platform: Platform,
  plan: TownPlan,
  today: ServiceDate,
  report: (pupils: number) => void,
): Promise<void> {
  await putRecords(platform, frameRequest(plan));
  let pupils = 0;
  for (const request of peopleRequests(plan, FAMILIES_PER_CALL)) {
    await putRecords(platform, request);
    pupils += request.pupils.length;
    report(pupils);
  }
  await putCanteens(platform, plan, today);
}

async function putRecords(platform: Platform, request: PutRequest): Promise<void> {
  const answer = await callUnary(platform.registry, 'put', request, { deadlineMs: CALL_DEADLINE_MS });
  const [refusal] = answer.refusals;
  if (refusal === undefined) return;
  const type = nameOf(RecordType, refusal.recordType);
  const kind = nameOf(RecordRefusalKind, refusal.kind);
  throw new Error(
    `anagrafica refuses ${answer.refusals.length} records of municipality ${request.municipalityId}; the first is ` +
      `${type} ${refusal.recordId}: ${kind} ${refusal.field}`,
  );
}

async function putCanteens(platform: Platform, plan: TownPlan, today: ServiceDate): Promise<void> {
  const { municipalityId } = plan;
  const from = addDays(today, -PAST_DAYS);
  const until = plan.schoolYear.until;
  const days = serviceDaysBetween(from, until);
  for (const school of schoolsOf(plan)) {
    const { schoolId } = school;
    const options = { deadlineMs: CALL_DEADLINE_MS };
    await callUnary(
      platform.office,
      'registerTerminal',
      { municipalityId, terminalId: school.terminalId, schoolId, name: 'Mensa', key: school.terminalKey },
      options,
    );
    await callUnary(
      platform.office,
      'putServiceDays',
      { municipalityId, schoolId, service: SCHOOL_MEALS, from, until, serviceDates: [...days] },
      options,
    );
    await callUnary(
      platform.office,
      'putMenus',
      {
        municipalityId,
        schoolId,
        service: SCHOOL_MEALS,
        menus: days.map((serviceDate) => ({ serviceDate, text: menuOf(schoolId, serviceDate) })),
      },
      options,
    );
    await callUnary(
      platform.office,
      'putAbsenceRules',
      { municipalityId, schoolId, service: SCHOOL_MEALS, ...ABSENCE_RULES },
      options,
    );
  }
}

/** Until half past nine of the same day, as most towns have it; the light meal as some do. */
const ABSENCE_RULES = {
  serviceDaysBefore: 0,
  cutOffTime: '09:30',
  types: [
    { code: 'absent', label: 'ASSENTE' },
    { code: 'light_meal', label: 'DIETA IN BIANCO' },
  ],
};

/** Four weeks of menus that come round again; each school begins elsewhere in them. */
function menuOf(schoolId: string, day: ServiceDate): string {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  const week = Math.floor(Date.parse(`${day}T00:00:00Z`) / 604_800_000) + below(4, schoolId);
  return menus[(week % 4) * 5 + weekday - 1] ?? menus[0];
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return (
    Object.entries(codes)
      .find(([, value]) => value === code)?.[0]
      .toLowerCase() ?? String(code)
  );
}
