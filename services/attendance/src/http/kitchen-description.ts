import { z } from 'zod';
import { CLOSURE_KINDS } from '../domain/calendar-edit.ts';
import { Day, problem, Service } from './describe.ts';

/** What a day of a school is asked with. */
export const DayQuery = z.object({
  schoolId: z.uuid(),
  service: Service.default('school_meals'),
  day: Day,
});

const DietCount = z.object({ dietCode: z.string().describe('Empty for the ordinary menu'), count: z.int().min(1) });

export const SchoolsAnswer = z.object({ schools: z.array(z.object({ schoolId: z.uuid(), name: z.string() })) });

export const KitchenAnswer = z.object({
  schoolName: z.string(),
  serviceDate: Day,
  isServed: z.boolean(),
  closure: z.object({ kind: z.enum(CLOSURE_KINDS), reason: z.string() }).nullable(),
  total: z.int().min(0),
  sittings: z.array(z.object({ sitting: z.int(), total: z.int(), diets: z.array(DietCount) })),
  classes: z.array(z.object({ className: z.string(), sitting: z.int(), total: z.int(), diets: z.array(DietCount) })),
  cutOffAt: z.iso.datetime().nullable().describe('Until when absences may still change the count'),
  isFinal: z.boolean().describe('The cut-off has passed'),
  extensionReason: z.string().nullable().describe('Why the cut-off is later than usual'),
  asOf: z.iso.datetime(),
});

export const DayTableAnswer = z.object({
  schoolName: z.string(),
  serviceDate: Day,
  booked: z.int(),
  served: z.int(),
  charged: z.int(),
  chargedCents: z.int().describe('In euro cents'),
  differences: z.array(
    z.object({
      pupilId: z.uuid(),
      displayName: z.string(),
      className: z.string(),
      kind: z
        .enum(['not_served', 'late_absence', 'not_booked', 'not_charged', 'charged_not_served'])
        .describe(
          'Expected and no swipe; cooked, and reported absent after the cut-off; ate although absent or away; ate beyond the limit of the account; charged as booked and no swipe',
        ),
    }),
  ),
  setAside: z
    .array(z.object({ reason: z.string(), count: z.int() }))
    .describe('Swipes that made no presence, by reason'),
  asOf: z.iso.datetime(),
});

/** What `POST /api/attendance/office/corrections` takes. */
export const CorrectionBody = z.strictObject({
  correctionId: z.uuid().describe('Made by the caller: the same again gets the same answer'),
  pupilId: z.uuid(),
  service: Service.default('school_meals'),
  day: Day,
  reason: z.string().trim().min(1).max(300).describe('In Italian, as guardians read it'),
});

export const CorrectionAnswer = z.object({ correctionId: z.uuid(), reason: z.string(), correctedAt: z.iso.datetime() });

export type CorrectionAnswer = z.output<typeof CorrectionAnswer>;
export type SchoolsAnswer = z.output<typeof SchoolsAnswer>;
export type KitchenAnswer = z.output<typeof KitchenAnswer>;
export type DayTableAnswer = z.output<typeof DayTableAnswer>;

const faults = {
  '401': problem('No valid identity'),
  '404': problem('No such school, or the caller has not the role: the same answer'),
  '422': problem('malformed'),
};
const as = (mediaType: string, schema: z.ZodType) => ({
  '200': { description: 'The count', content: { [mediaType]: { schema } } },
  ...faults,
});

/** The kitchen's and the office's paths in OpenAPI's terms. */
export function kitchenPaths() {
  const requestParams = { query: DayQuery };
  return {
    '/api/attendance/office/schools': {
      get: {
        operationId: 'listSchools',
        summary: 'The schools (role office or school)',
        responses: {
          '200': { description: 'By name', content: { 'application/json': { schema: SchoolsAnswer } } },
          '401': faults['401'],
          '404': faults['404'],
        },
      },
    },
    '/api/attendance/office/kitchen-count': {
      get: {
        operationId: 'countMeals',
        summary: 'What a school cooks on a day, by sitting, class and diet; no names (role office or school)',
        requestParams,
        responses: as('application/json', KitchenAnswer),
      },
    },
    '/api/attendance/office/kitchen-count.csv': {
      get: {
        operationId: 'countMealsAsCsv',
        summary: 'The same as CSV',
        requestParams,
        responses: as('text/csv', z.string()),
      },
    },
    '/api/attendance/office/kitchen-count.html': {
      get: {
        operationId: 'countMealsAsPage',
        summary: 'The same as a page to be printed',
        requestParams,
        responses: as('text/html', z.string()),
      },
    },
    '/api/attendance/office/day': {
      get: {
        operationId: 'readDayTable',
        summary: 'Booked, served and charged of a day, and where they differ (role office)',
        requestParams,
        responses: as('application/json', DayTableAnswer),
      },
    },
    '/api/attendance/office/corrections': {
      post: {
        operationId: 'correctMeal',
        summary: 'Takes back what a meal cost, with a reason that guardians read; the presence stays (role office)',
        requestBody: { required: true, content: { 'application/json': { schema: CorrectionBody } } },
        responses: {
          '200': { description: 'Taken back', content: { 'application/json': { schema: CorrectionAnswer } } },
          ...faults,
          '409': problem('not_charged, or already_corrected under another id'),
        },
      },
    },
  } as const;
}
