import { HttpRefusal, identityOf, malformed, notFound } from '@campanella/service-kit';
import {
  type Decision,
  type PersonId,
  type PupilId,
  parseId,
  parseServiceDate,
  serviceCode,
  serviceDate,
} from '@campanella/vocabulary';
import type { Response, Router } from 'express';
import type {
  AbsenceList,
  AbsenceListCursor,
  AbsenceNotice,
  AbsenceRefusal,
  CommunicateAbsence,
  CommunicatedAbsence,
} from '../app/communicate-absence.ts';
import type { DecidedDay } from '../domain/absence.ts';
import {
  type AbsenceAnswer,
  AbsenceBody,
  type AbsencesAnswer,
  AbsencesQuery,
  type NoticeAnswer,
  NoticeQuery,
} from './describe.ts';
import { MESSAGES } from './messages.ts';

/** What the routes need of the operations. */
export interface AbsenceOperations {
  communicate(command: CommunicateAbsence): Promise<Decision<readonly DecidedDay[], AbsenceRefusal>>;
  readNotice(
    who: Pick<CommunicateAbsence, 'municipalityId' | 'pupilId' | 'service'>,
  ): Promise<Decision<AbsenceNotice, { kind: 'unknown_pupil' } | { kind: 'not_offered' }>>;
}

const REFUSALS: Record<AbsenceRefusal['kind'], () => HttpRefusal> = {
  // The same answer as for somebody else's pupil.
  unknown_pupil: notFound,
  not_offered: () => new HttpRefusal(409, 'not_offered', MESSAGES.absencesNotOffered),
  request_differs: () => new HttpRefusal(409, 'request_differs', MESSAGES.requestDiffers),
  unknown_type: () => new HttpRefusal(422, 'unknown_type', MESSAGES.unknownType),
  inverted_range: () => new HttpRefusal(422, 'inverted_range', MESSAGES.invertedRange),
  range_too_long: () => new HttpRefusal(422, 'range_too_long', MESSAGES.absenceRangeTooLong),
  range_in_the_past: () => new HttpRefusal(422, 'range_in_the_past', MESSAGES.rangeInThePast),
};

/** `GET …/absence-notice` and `POST …/absences` of a pupil, behind the identity guard. */
export function absenceRoutes(
  router: Router,
  deps: {
    readonly absences: AbsenceOperations;
    readonly absenceList: AbsenceList;
    readonly clock: { now(): Date };
  },
): void {
  router.get('/api/attendance/pupils/:pupilId/absence-notice', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const pupilId = ownPupil(response, request.params.pupilId);
    const parsed = NoticeQuery.safeParse(request.query);
    if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
    const service = serviceCode(parsed.data.service);
    const notice = await deps.absences.readNotice({ municipalityId, pupilId, service });
    if (!notice.ok) throw REFUSALS[notice.refusal.kind]();
    response.set('cache-control', 'no-store').json(toNotice(notice.value, deps.clock.now()));
  });
  router.get('/api/attendance/pupils/:pupilId/absences', async (request, response) => {
    const { municipalityId, personId } = identityOf(response);
    const pupilId = ownPupil(response, request.params.pupilId);
    const parsed = AbsencesQuery.safeParse(request.query);
    if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
    const { cursor, limit } = parsed.data;
    const who = { municipalityId, pupilId, service: serviceCode(parsed.data.service) };
    const page = { after: cursor === undefined ? null : parseCursor(cursor), limit: limit + 1 };
    const found = await deps.absenceList.list(who, page);
    const absences = found.slice(0, limit);
    const last = found.length > limit ? absences.at(-1) : undefined;
    const answer: AbsencesAnswer = {
      absences: absences.map((one) => toListed(one, personId)),
      nextCursor: last === undefined ? null : `${last.communicatedAt.toISOString()}/${last.serviceDate}`,
      asOf: deps.clock.now().toISOString(),
    };
    response.set('cache-control', 'no-store').json(answer);
  });
  router.post('/api/attendance/pupils/:pupilId/absences', async (request, response) => {
    const { municipalityId, personId } = identityOf(response);
    const pupilId = ownPupil(response, request.params.pupilId);
    const parsed = AbsenceBody.safeParse(request.body);
    if (!parsed.success) throw malformed(MESSAGES.malformedAbsence, parsed.error);
    const { requestId, service, from, to, type } = parsed.data;
    const decided = await deps.absences.communicate({
      ...{ municipalityId, pupilId, requestId, type },
      service: serviceCode(service),
      from: serviceDate(from),
      to: serviceDate(to),
      communicatedBy: personId,
    });
    if (!decided.ok) throw REFUSALS[decided.refusal.kind]();
    const answer: AbsenceAnswer = { days: decided.value.map(toLine) };
    response.set('cache-control', 'no-store').json(answer);
  });
}

/** Whose pupil comes before everything else, so that no other fault tells one pupil from another. */
function ownPupil(response: Response, text: string): PupilId {
  const pupilId = parseId<PupilId>(text);
  if (pupilId === null || !identityOf(response).pupilIds.includes(pupilId)) throw notFound();
  return pupilId;
}

/** @throws HttpRefusal for a text that no page has told */
function parseCursor(text: string): AbsenceListCursor {
  const [instant = '', day = ''] = text.split('/');
  const [communicatedAt, on] = [new Date(instant), parseServiceDate(day)];
  if (Number.isNaN(communicatedAt.getTime()) || on === null) {
    throw new HttpRefusal(422, 'malformed', MESSAGES.malformed);
  }
  return { communicatedAt, serviceDate: on };
}

function toListed(absence: CommunicatedAbsence, caller: PersonId): AbsencesAnswer['absences'][number] {
  const { serviceDate: on, type, label, communicatedAt, communicatedBy, isLate, cancelsCharge } = absence;
  return {
    ...{ serviceDate: on, type, label: label ?? type, isLate },
    communicatedAt: communicatedAt.toISOString(),
    isCommunicatedByCaller: communicatedBy === caller,
    isCharged: !cancelsCharge,
  };
}

function toLine({ serviceDate: on, outcome, cutOffAt }: DecidedDay): AbsenceAnswer['days'][number] {
  const isCharged = outcome.kind === 'accepted_late' && outcome.isCharged;
  return { serviceDate: on, outcome: outcome.kind, isCharged, cutOffAt: cutOffAt?.toISOString() ?? null };
}

function toNotice(notice: AbsenceNotice, now: Date): NoticeAnswer {
  const { next } = notice;
  return {
    types: notice.types.map(({ code, label }) => ({ code, label })),
    serviceDaysBefore: notice.serviceDaysBefore,
    cutOffTime: notice.cutOffTime,
    late: notice.late,
    next: next === null ? null : { serviceDate: next.serviceDate, cutOffAt: next.cutOffAt.toISOString() },
    extensions: notice.extensions.map((one) => ({ ...one, cutOffAt: one.cutOffAt.toISOString() })),
    asOf: now.toISOString(),
  };
}
