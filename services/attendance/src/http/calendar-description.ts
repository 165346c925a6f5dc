import { z } from 'zod';
import {
  CALENDAR_EDIT_KINDS,
  type CalendarEditInputs,
  type CalendarEditKind,
  CHARGING_POLICIES,
  CLOSURE_KINDS,
} from '../domain/calendar-edit.ts';
import { ALLERGENS, COURSES } from '../domain/menu.ts';
import { Day, problem, Service } from './describe.ts';

const place = { schoolId: z.uuid(), service: Service.default('school_meals') };
const Course = z.strictObject({
  course: z.enum(COURSES),
  name: z.string().describe('As parents read it'),
  allergens: z.array(z.enum(ALLERGENS)).default([]).describe('Of Annex II to Regulation (EU) 1169/2011'),
  dietCode: z
    .string()
    .default('')
    .describe('For whom it takes the place of the ordinary dish; empty for the ordinary one'),
});
const Time = z.string().describe('HH:MM on the wall in Rome');

/** What each `PUT /api/attendance/office/calendar/…` takes. */
export const EDIT_BODIES: { readonly [Kind in CalendarEditKind]: z.ZodType<CalendarEditInputs[Kind]> } = {
  service_days: z.strictObject({
    ...place,
    from: Day,
    until: Day.describe('At most 800 days with the first'),
    serviceDates: z
      .array(Day)
      .describe('The days of the range on which the school serves; its other days serve no longer'),
  }),
  closed_days: z.strictObject({
    ...place,
    days: z.array(
      z.strictObject({
        serviceDate: Day,
        kind: z.enum(CLOSURE_KINDS),
        reason: z.string().describe('As guardians read it; empty opens the day again for the class'),
        className: z.string().default('').describe('Empty for the whole school'),
      }),
    ),
  }),
  sittings: z.strictObject({
    ...place,
    secondSittingClasses: z
      .array(z.string())
      .describe('All classes of the second sitting; the others eat in the first'),
  }),
  menus: z.strictObject({
    ...place,
    menus: z.array(
      z.strictObject({
        serviceDate: Day,
        text: z.string().default('').describe('Empty with dishes: made of their names; empty without: no menu'),
        courses: z.array(Course).default([]),
      }),
    ),
  }),
  menu_rotation: z.strictObject({
    ...place,
    startsOn: Day.describe('A Monday'),
    weeks: z.int(),
    days: z.array(
      z.strictObject({
        week: z.int().describe('1 is the first'),
        weekday: z.int().describe('1 is Monday'),
        courses: z.array(Course),
      }),
    ),
  }),
  absence_rules: z.strictObject({
    ...place,
    serviceDaysBefore: z.int().describe('How many service days before the day the cut-off lies; 0 for the day itself'),
    cutOffTime: Time,
    types: z.array(
      z.strictObject({
        code: z.string(),
        label: z.string().describe('As guardians read it'),
        dietCode: z.string().optional().describe('The diet that is served instead; absent for nothing'),
      }),
    ),
    late: z
      .strictObject({ untilTime: Time.describe('On the day itself'), charged: z.boolean() })
      .optional()
      .describe('Absent: an absence after the cut-off is refused'),
  }),
  charging_policy: z.strictObject({
    ...place,
    policy: z.enum(CHARGING_POLICIES),
    since: Day.describe('The first service day that is charged so'),
  }),
  cut_off: z.strictObject({
    ...place,
    serviceDate: Day,
    cutOffAtMs: z.int().describe('The later instant, in milliseconds since 1970 UTC'),
    reason: z.string().describe('As guardians read it'),
  }),
};

/** The last part of the path of each edit. */
export const EDIT_PATHS: Readonly<Record<CalendarEditKind, string>> = {
  service_days: 'service-days',
  closed_days: 'closed-days',
  sittings: 'sittings',
  menus: 'menus',
  menu_rotation: 'menu-rotation',
  absence_rules: 'absence-rules',
  charging_policy: 'charging-policy',
  cut_off: 'cut-off',
};

const SUMMARIES: Readonly<Record<CalendarEditKind, string>> = {
  service_days: 'Says on which days of a range a school serves',
  closed_days: 'Closes days for the school or a class, with a reason that guardians read',
  sittings: 'Says which classes eat in the second sitting',
  menus: 'Sets the menus of single days',
  menu_rotation: 'Sets menus that come again, from a Monday on',
  absence_rules: 'Says until when absences are taken, which, and what becomes of late ones',
  charging_policy: 'Says whether swipes are charged or what is booked',
  cut_off: 'Moves the cut-off of a day to a later instant',
};

export const EditAnswer = z.object({ changed: z.boolean().describe('False where it was so before') });

export const EditsQuery = z.object({
  cursor: z.uuid().optional().describe('From the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

export const EditsAnswer = z.object({
  edits: z.array(
    z.object({
      editId: z.uuid(),
      editedAt: z.iso.datetime(),
      editor: z.string(),
      source: z.enum(['office', 'command', 'import', 'service']),
      what: z.string().describe('What was put, or import; never what it says'),
      schoolId: z.uuid().nullable().describe('Null for an import, whose line stands for all schools'),
      service: z.string().nullable(),
      files: z.array(z.string()).describe('Of an import, those that changed something'),
    }),
  ),
  nextCursor: z.string().nullable(),
});

export type EditAnswer = z.output<typeof EditAnswer>;
export type EditsAnswer = z.output<typeof EditsAnswer>;

const faults = {
  '401': problem('No valid identity'),
  '404': problem('No such school, or the caller has not the role office: the same answer'),
  '422': problem('malformed'),
};

/** The paths of the office's edits in OpenAPI's terms. */
export function calendarPaths() {
  const edits = CALENDAR_EDIT_KINDS.map((kind) => {
    const schema = EDIT_BODIES[kind];
    const words = EDIT_PATHS[kind].split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    const operation = {
      operationId: `put${words.join('')}`,
      summary: `${SUMMARIES[kind]} (role office); the same again changes nothing`,
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        '200': { description: 'Put', content: { 'application/json': { schema: EditAnswer } } },
        ...faults,
      },
    };
    return [`/api/attendance/office/calendar/${EDIT_PATHS[kind]}`, { put: operation }] as const;
  });
  return {
    ...Object.fromEntries(edits),
    '/api/attendance/office/calendar/edits': {
      get: {
        operationId: 'listCalendarEdits',
        summary: 'Who changed calendars, menus and rules, newest first (role office)',
        requestParams: { query: EditsQuery },
        responses: {
          '200': { description: 'A page of edits', content: { 'application/json': { schema: EditsAnswer } } },
          ...faults,
        },
      },
    },
  };
}
