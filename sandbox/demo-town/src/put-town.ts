import { type PutRequest, RecordRefusalKind, RecordType } from '@campanella/proto/anagrafica/v1/registry';
import { callUnary } from '@campanella/service-kit';
import { addDays, daysBetween, SCHOOL_MEALS, type ServiceDate } from '@campanella/vocabulary';
import { coursesOf } from './courses.ts';
import { below } from './dice.ts';
import { menus } from './names.ts';
import type { Platform } from './platform.ts';
import { frameRequest, peopleRequests } from './registry-records.ts';
import { closureReason, serviceDaysBetween } from './school-days.ts';
import { schoolsOf, type TownPlan } from './town.ts';

const CALL_DEADLINE_MS = 30_000;
const FAMILIES_PER_CALL = 300;
const PAST_DAYS = 90;
const MENU_WEEKS = 4;

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
      'putClosedDays',
      { municipalityId, schoolId, service: SCHOOL_MEALS, days: closedDaysBetween(from, until) },
      options,
    );
    await callUnary(
      platform.office,
      'putMenuRotation',
      { municipalityId, schoolId, service: SCHOOL_MEALS, ...rotationOf(schoolId, from) },
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
  late: undefined,
  types: [
    { code: 'absent', label: 'ASSENTE' },
    { code: 'light_meal', label: 'DIETA IN BIANCO', dietCode: 'IB' },
  ],
};

function closedDaysBetween(from: ServiceDate, until: ServiceDate) {
  const days = Array.from({ length: daysBetween(from, until) + 1 }, (_, index) => addDays(from, index));
  return days.flatMap((serviceDate) => {
    const reason = closureReason(serviceDate);
    return reason === null ? [] : [{ serviceDate, kind: 'closure', reason, className: '' }];
  });
}

/** Four weeks of menus that come round again; each school begins elsewhere in them. */
function rotationOf(schoolId: string, from: ServiceDate) {
  const weekday = new Date(`${from}T00:00:00Z`).getUTCDay() || 7;
  const shift = below(MENU_WEEKS, schoolId);
  return {
    startsOn: addDays(from, 1 - weekday),
    weeks: MENU_WEEKS,
    days: menus.map((text, index) => ({
      week: ((Math.floor(index / 5) + shift) % MENU_WEEKS) + 1,
      weekday: (index % 5) + 1,
      courses: coursesOf(text),
    })),
  };
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return (
    Object.entries(codes)
      .find(([, value]) => value === code)?.[0]
      .toLowerCase() ?? String(code)
  );
}
