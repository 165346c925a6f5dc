import { parseServiceDate } from '@campanella/vocabulary';
import { z } from 'zod';
import { CLOSURE_KINDS } from '../domain/calendar-edit.ts';
import { ALLERGENS, COURSES } from '../domain/menu.ts';

export const Day = z.iso
  .date()
  // The years before 100 have a shape and are no days of ours.
  .refine((text) => parseServiceDate(text) !== null)
  .describe('Calendar day in Europe/Rome');

/** What `GET /api/attendance/pupils/{pupilId}/presences` is asked with. */
export const PresencesQuery = z.object({
  service: z
    .string()
    .regex(/^[a-z][a-z_]{1,39}$/)
    .describe('Service code, e.g. school_meals'),
  from: Day.describe('First day, inclusive'),
  to: Day.describe('Last day, inclusive; at most 36 months after the first'),
  cursor: Day.optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(31).describe('Most days in the page'),
});

/** Its path. */
export const PresencesPath = z.object({ pupilId: z.uuid() });

/** One service day. */
export const PresenceLine = z.object({
  serviceDate: Day,
  presence: z
    .enum(['present', 'absent', 'absence_communicated', 'expected', 'closed'])
    .describe(
      'absence_communicated: a guardian said so in time; expected: today or later, no swipe yet; closed: see closure',
    ),
  closure: z
    .object({ kind: z.enum(CLOSURE_KINDS), reason: z.string().describe('In Italian, to be shown') })
    .nullable()
    .describe("Why the school or the pupil's class does not eat"),
  menu: z.string().nullable().describe('As one line'),
  courses: z
    .array(
      z.object({
        course: z.enum(COURSES),
        name: z.string(),
        allergens: z.array(z.enum(ALLERGENS)).describe('Of Annex II to Regulation (EU) 1169/2011'),
      }),
    )
    .describe("The dishes that the pupil is given, its diet's own among them; empty where only the line is known"),
  charge: z
    .enum(['debited', 'invoiced', 'over_limit', 'not_charged'])
    .describe(
      'over_limit: recorded, and left to the office because the credit limit was reached; where bookings are charged, of a meal nobody swiped for too',
    ),
  amountCents: z.int().describe('What the day costs, in euro cents; 0 where nothing is charged'),
  badgeNumber: z.string().nullable().describe('The badge that was swiped'),
  swipedAt: z.iso.datetime().nullable(),
  correction: z
    .object({ reason: z.string().describe('In Italian, to be shown'), correctedAt: z.iso.datetime() })
    .nullable()
    .describe('The office took back what the day cost'),
});

/** Its answer: newest day first. */
export const PresencesAnswer = z.object({
  days: z.array(PresenceLine),
  nextCursor: z.string().nullable().describe('Ask with it for the next page; null on the last'),
  asOf: z.iso.datetime(),
});

export const Service = z
  .string()
  .regex(/^[a-z][a-z_]{1,39}$/)
  .describe('Service code, e.g. school_meals');

/** What `GET …/absence-notice` is asked with. */
export const NoticeQuery = z.object({ service: Service });

/** What a guardian must know before communicating an absence. */
export const NoticeAnswer = z.object({
  types: z.array(z.object({ code: z.string(), label: z.string().describe('In Italian, to be shown') })).min(1),
  serviceDaysBefore: z.int().describe('How many service days before the day the cut-off lies; 0 for the day itself'),
  cutOffTime: z.string().describe('HH:MM on the wall in Rome'),
  late: z
    .object({ untilTime: z.string().describe('HH:MM on the wall in Rome, on the day itself'), isCharged: z.boolean() })
    .nullable()
    .describe('What becomes of an absence after the cut-off; null where it is refused'),
  next: z
    .object({ serviceDate: Day, cutOffAt: z.iso.datetime() })
    .nullable()
    .describe('The first day for which an absence is still taken, and until when'),
  extensions: z
    .array(z.object({ serviceDate: Day, cutOffAt: z.iso.datetime(), reason: z.string() }))
    .describe('Days whose cut-off was moved to a later instant, and why'),
  asOf: z.iso.datetime(),
});

/** What `POST …/absences` takes. */
export const AbsenceBody = z.strictObject({
  requestId: z.uuid().describe('Made by the caller: the same request again gets the same answer'),
  service: Service,
  from: Day.describe('First day, inclusive'),
  to: Day.describe('Last day, inclusive; at most 62 days with the first'),
  type: z
    .string()
    .regex(/^[a-z][a-z_]{1,39}$/)
    .describe("One of the notice's types"),
});

/** Its answer: one line per calendar day of the range. */
export const AbsenceAnswer = z.object({
  days: z.array(
    z.object({
      serviceDate: Day,
      outcome: z
        .enum([
          'accepted',
          'accepted_late',
          'closed',
          'not_enrolled',
          'already_absent',
          'already_present',
          'cut_off_passed',
        ])
        .describe('accepted_late: noted after the cut-off, the meal is cooked all the same'),
      isCharged: z.boolean().describe('For accepted_late: whether the meal costs what it would'),
      cutOffAt: z.iso
        .datetime()
        .nullable()
        .describe('Until when an absence is taken; null where the school does not serve'),
    }),
  ),
});

/** What `GET …/absences` is asked with. */
export const AbsencesQuery = z.object({
  service: Service,
  cursor: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T[\d:.]{8,12}Z\/\d{4}-\d{2}-\d{2}$/)
    .optional()
    .describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(31).describe('Most absences in the page'),
});

/** Its answer: the last communicated first, and of one communication the last day first. */
export const AbsencesAnswer = z.object({
  absences: z.array(
    z.object({
      serviceDate: Day,
      type: z.string().describe('Code of the type'),
      label: z.string().describe('The type in Italian, to be shown; the code where the school has it no more'),
      communicatedAt: z.iso.datetime(),
      isCommunicatedByCaller: z.boolean().describe('False where another guardian or the office did'),
      isLate: z.boolean().describe('Communicated after the cut-off: the meal was cooked'),
      isCharged: z.boolean().describe('Whether the day costs what it would, where what is booked is charged'),
    }),
  ),
  nextCursor: z.string().nullable().describe('Ask with it for the next page; null on the last'),
  asOf: z.iso.datetime(),
});

/** Problem details (RFC 9457) with the refusal's kind. */
export const Problem = z.object({
  type: z.string(),
  title: z.string().describe('In Italian, to be shown'),
  status: z.int(),
  kind: z.string(),
});

export type NoticeAnswer = z.output<typeof NoticeAnswer>;
export type AbsencesAnswer = z.output<typeof AbsencesAnswer>;
export type AbsenceAnswer = z.output<typeof AbsenceAnswer>;
export type PresencesAnswer = z.output<typeof PresencesAnswer>;

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

/** The guardians' paths in OpenAPI's terms. */
export function guardianPaths() {
  return {
    '/api/attendance/pupils/{pupilId}/presences': {
      get: {
        operationId: 'listPresences',
        summary: 'Service days of a pupil with presence, menu and charge, newest first',
        requestParams: { path: PresencesPath, query: PresencesQuery },
        responses: {
          '200': {
            description: 'A page of service days',
            content: { 'application/json': { schema: PresencesAnswer } },
          },
          '401': problem('No valid identity'),
          '404': problem('Not one of your pupils, or no such pupil: the same answer'),
          '422': problem('malformed, inverted_range or range_too_long'),
        },
      },
    },
    '/api/attendance/pupils/{pupilId}/absence-notice': {
      get: {
        operationId: 'readAbsenceNotice',
        summary: "Until when absences are taken at a pupil's school, and which",
        requestParams: { path: PresencesPath, query: NoticeQuery },
        responses: {
          '200': { description: 'The rules', content: { 'application/json': { schema: NoticeAnswer } } },
          '401': problem('No valid identity'),
          '404': problem('Not one of your pupils, or no such pupil: the same answer'),
          '409': problem('not_offered: the school takes no absences here'),
          '422': problem('malformed'),
        },
      },
    },
    '/api/attendance/pupils/{pupilId}/absences': {
      get: {
        operationId: 'listAbsences',
        summary: 'The absences that were communicated for a pupil, the last communicated first',
        requestParams: { path: PresencesPath, query: AbsencesQuery },
        responses: {
          '200': {
            description: 'A page of absences',
            content: { 'application/json': { schema: AbsencesAnswer } },
          },
          '401': problem('No valid identity'),
          '404': problem('Not one of your pupils, or no such pupil: the same answer'),
          '422': problem('malformed'),
        },
      },
      post: {
        operationId: 'communicateAbsence',
        summary: 'Communicates an absence, and answers day by day; idempotent by requestId',
        requestParams: { path: PresencesPath },
        requestBody: { required: true, content: { 'application/json': { schema: AbsenceBody } } },
        responses: {
          '200': {
            description: 'What became of each day',
            content: { 'application/json': { schema: AbsenceAnswer } },
          },
          '401': problem('No valid identity'),
          '404': problem('Not one of your pupils, or no such pupil: the same answer'),
          '409': problem('not_offered, or request_differs: the requestId was used for something else'),
          '422': problem('malformed, inverted_range, range_too_long, range_in_the_past or unknown_type'),
        },
      },
    },
  };
}
