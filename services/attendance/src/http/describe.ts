import { describeApi } from '@campanella/service-kit';
import { z } from 'zod';

const Day = z.iso.date().describe('Calendar day in Europe/Rome');

/** What `GET /api/attendance/pupils/{pupilId}/presences` is asked with. */
export const PresencesQuery = z.object({
  service: z
    .string()
    .regex(/^[a-z][a-z_]{1,39}$/)
    .describe('Service code, e.g. school_meals'),
  from: Day.describe('First day, inclusive'),
  to: Day.describe('Last day, inclusive; at most 36 months after the first'),
  cursor: z.iso.date().optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(31).describe('Most days in the page'),
});

/** Its path. */
export const PresencesPath = z.object({ pupilId: z.uuid() });

/** One service day. */
export const PresenceLine = z.object({
  serviceDate: Day,
  presence: z.enum(['present', 'absent', 'expected']).describe('expected: today or later, no swipe yet'),
  menu: z.string().nullable(),
  charge: z
    .enum(['debited', 'invoiced', 'over_limit', 'not_charged'])
    .describe('over_limit: recorded, and left to the office because the credit limit was reached'),
  amountCents: z.int().describe('What the day costs, in euro cents; 0 where nothing is charged'),
  badgeNumber: z.string().nullable().describe('The badge that was swiped'),
  swipedAt: z.iso.datetime().nullable(),
});

/** Its answer: newest day first. */
export const PresencesAnswer = z.object({
  days: z.array(PresenceLine),
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

export type PresencesAnswer = z.output<typeof PresencesAnswer>;

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

/** The description of attendance's HTTP API. */
export function describeAttendanceApi(): object {
  return describeApi({
    title: 'attendance',
    version: '1.0.0',
    paths: {
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
    },
  });
}
