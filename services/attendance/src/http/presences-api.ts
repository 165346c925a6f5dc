import { HttpRefusal, identityOf, malformed, notFound, requireIdentity } from '@campanella/service-kit';
import {
  type Decision,
  type PupilId,
  parseId,
  type ServiceDate,
  serviceCode,
  serviceDate,
  serviceDateAt,
} from '@campanella/vocabulary';
import { Router } from 'express';
import type { AbsenceList } from '../app/communicate-absence.ts';
import type { CorrectionRefused, CorrectMeal, MealCorrection } from '../app/correct-meal.ts';
import type { EditCalendarDeps } from '../app/edit-calendar.ts';
import type { KitchenStore } from '../app/kitchen.ts';
import { type PresenceDay, type PresenceDaysReader, RANGE_MONTHS_MAX } from '../app/presence-days.ts';
import { type AbsenceOperations, absenceRoutes } from './absences-api.ts';
import { describeAttendanceApi } from './api-description.ts';
import { calendarRoutes } from './calendar-api.ts';
import { type PresencesAnswer, PresencesQuery } from './describe.ts';
import { kitchenRoutes } from './kitchen-api.ts';
import { MESSAGES } from './messages.ts';

/** The routes of attendance behind the gateway: what the bearer of an internal identity token may see, and no more. */
export function attendanceApi(deps: {
  readonly reader: PresenceDaysReader;
  readonly absences: AbsenceOperations;
  readonly absenceList: AbsenceList;
  readonly kitchen: KitchenStore;
  readonly calendar: EditCalendarDeps;
  readonly correct: (command: CorrectMeal) => Promise<Decision<MealCorrection, CorrectionRefused>>;
  readonly jwksUrl: string;
  readonly clock: { now(): Date };
}): Router {
  const router = Router();
  const description = describeAttendanceApi();
  router.get('/openapi.json', (_request, response) => {
    response.json(description);
  });
  router.use('/api/attendance', requireIdentity({ jwksUrl: deps.jwksUrl }));
  router.get('/api/attendance/pupils/:pupilId/presences', async (request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const pupilId = parseId<PupilId>(request.params.pupilId);
    // Whose pupil comes before everything else, so that no other fault tells one pupil from another.
    if (pupilId === null || !pupilIds.includes(pupilId)) throw notFound();
    const query = takeQuery(request.query);
    const now = deps.clock.now();
    const days = await deps.reader.listDays({ ...query, municipalityId, pupilId, limit: query.limit + 1 });
    if (days === null) throw notFound();
    const page = days.slice(0, query.limit);
    const answer: PresencesAnswer = {
      days: page.map((day) => toLine(day, serviceDateAt(now))),
      nextCursor: days.length > query.limit ? (page.at(-1)?.serviceDate ?? null) : null,
      asOf: now.toISOString(),
    };
    response.set('cache-control', 'no-store').json(answer);
  });
  absenceRoutes(router, deps);
  calendarRoutes(router, deps);
  kitchenRoutes(router, deps);
  return router;
}

function takeQuery(raw: unknown) {
  const parsed = PresencesQuery.safeParse(raw);
  if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
  const { service, cursor, limit } = parsed.data;
  const from = serviceDate(parsed.data.from);
  const to = serviceDate(parsed.data.to);
  if (from > to) throw new HttpRefusal(422, 'inverted_range', MESSAGES.invertedRange);
  if (to > monthsAfter(from, RANGE_MONTHS_MAX)) throw new HttpRefusal(422, 'range_too_long', MESSAGES.rangeTooLong);
  return { service: serviceCode(service), from, to, before: cursor === undefined ? null : serviceDate(cursor), limit };
}

function monthsAfter(day: ServiceDate, months: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 10);
}

function toLine(day: PresenceDay, today: ServiceDate): PresencesAnswer['days'][number] {
  const { serviceDate: on, presence, isAbsenceCommunicated, closure, correction } = day;
  const meal = {
    correction:
      correction === null ? null : { reason: correction.reason, correctedAt: correction.correctedAt.toISOString() },
    closure,
    menu: day.menu,
    courses: day.courses.map(({ course, name, allergens }) => ({ course, name, allergens: [...allergens] })),
  };
  if (presence === null) {
    return {
      serviceDate: on,
      presence:
        closure !== null
          ? 'closed'
          : isAbsenceCommunicated
            ? 'absence_communicated'
            : on >= today
              ? 'expected'
              : 'absent',
      ...meal,
      charge: day.booked?.charge ?? 'not_charged',
      amountCents: day.booked?.amountCents ?? 0,
      badgeNumber: null,
      swipedAt: null,
    };
  }
  return {
    serviceDate: on,
    presence: 'present',
    ...meal,
    charge: presence.charge,
    amountCents: presence.amountCents,
    badgeNumber: presence.badgeNumber,
    swipedAt: presence.swipedAt.toISOString(),
  };
}
