import { z } from 'zod';
import { DIET_KINDS } from '../domain/diet.ts';
import { Day, LastDay as LastDayOrNull, Problem, RecordAnswer } from './describe.ts';

const Id = z.string().max(40);
const Text = z.string().max(400);
/** Empty for no end. */
const LastDay = z.string().max(10).default('');
const FirstDay = z.string().max(10);

/** Body of `PUT /api/anagrafica/office/records`: whole records, each under an id that the sender made. What is not sent stays. */
export const RecordsBody = z.strictObject({
  municipality: z
    .strictObject({
      name: Text,
      websiteUrl: Text,
      officeContact: Text,
      lightDietDaysMax: z.int().nullable().default(null).describe('Null: it stays as it is'),
    })
    .nullable()
    .default(null),
  schools: z.array(z.strictObject({ schoolId: Id, name: Text })).default([]),
  schoolYears: z
    .array(z.strictObject({ schoolYearId: Id, name: Text, validFrom: FirstDay, validUntil: LastDay }))
    .default([]),
  classes: z.array(z.strictObject({ classId: Id, schoolId: Id, schoolYearId: Id, name: Text })).default([]),
  services: z.array(z.strictObject({ service: Id, name: Text })).default([]),
  tariffs: z
    .array(
      z.strictObject({
        tariffId: Id,
        service: Id,
        name: Text,
        prices: z.array(z.strictObject({ priceCents: z.int(), validFrom: FirstDay, validUntil: LastDay })),
        bands: z
          .array(
            z.strictObject({
              validFrom: FirstDay.describe('First day of the price that it is a band of'),
              iseeFromCents: z.int().nullable().default(null).describe('Null: where the band below ends'),
              iseeUpToCents: z.int(),
              priceCents: z.int(),
            }),
          )
          .nullable()
          .default(null)
          .describe('By ISEE; null: each price keeps those that it has'),
      }),
    )
    .default([]),
  guardians: z
    .array(z.strictObject({ guardianId: Id, givenName: Text, familyName: Text, codiceFiscale: Text }))
    .default([]),
  pupils: z
    .array(
      z.strictObject({
        pupilId: Id,
        givenName: Text,
        familyName: Text,
        codiceFiscale: Text,
        classId: Id,
        dietCode: Text.nullable()
          .default(null)
          .describe('A diet without days, from today on; null: the diets stay as they are; empty: none'),
        closed: z.boolean().default(false),
        birth: z
          .strictObject({ bornOn: FirstDay, sex: Text, municipality: Text, province: Text })
          .nullable()
          .default(null)
          .describe('Null: it stays as it is'),
        residence: z
          .strictObject({
            municipality: Text,
            postalCode: Text,
            province: Text,
            street: Text,
            streetNumber: Text,
            phone: Text.default(''),
          })
          .nullable()
          .default(null)
          .describe('Null: it stays as it is'),
      }),
    )
    .default([]),
  diets: z
    .array(
      z.strictObject({
        pupilId: Id,
        diets: z
          .array(
            z.strictObject({
              dietCode: Text.describe('Empty: the ordinary menu on these days'),
              kind: Text.default('').describe('health, ethical, light, unspecified; empty with an empty code'),
              reference: Text.default('').describe('Of the certificate or the declaration'),
              validFrom: FirstDay,
              validUntil: LastDay,
            }),
          )
          .describe('Laid over what is recorded: other days keep what they have, and all of it stays in the history'),
      }),
    )
    .default([]),
  households: z
    .array(z.strictObject({ householdId: Id, name: Text, pupilIds: z.array(Id), guardianIds: z.array(Id) }))
    .default([]),
  isee: z
    .array(
      z.strictObject({
        householdId: Id,
        certifications: z
          .array(
            z.strictObject({
              iseeCents: z.int().nullable().describe('Null: none on these days'),
              reference: Text.default(''),
              validFrom: FirstDay,
              validUntil: FirstDay,
            }),
          )
          .describe('Laid over what is known: other days keep what they have'),
      }),
    )
    .default([]),
  enrolments: z
    .array(
      z.strictObject({
        enrolmentId: Id,
        pupilId: Id,
        service: Id,
        schoolYearId: Id,
        guardianId: Id,
        tariffId: Id,
        paymentMode: z.enum(['prepaid', 'invoiced']),
        overdraftCents: z.int().default(0),
        validFrom: FirstDay,
        validUntil: LastDay,
        reductions: z
          .array(z.strictObject({ percent: z.int(), reason: Text, validFrom: FirstDay, validUntil: LastDay }))
          .nullable()
          .default(null)
          .describe('Null: they stay as they are; reason: siblings, isee, exemption, other'),
        invoiceEmail: Text.nullable().default(null).describe('Null: it stays as it is; empty: the portal alone'),
        invoiceAddress: z
          .strictObject({ recipient: Text, street: Text, postalCode: Text, municipality: Text, province: Text })
          .nullable()
          .default(null)
          .describe('Null: it stays as it is; with every field empty: none'),
      }),
    )
    .default([]),
  badges: z
    .array(
      z.strictObject({
        badgeId: Id,
        pupilId: Id,
        badgeNumber: Text,
        blocked: z.boolean().default(false),
        validFrom: FirstDay,
        validUntil: LastDay,
        replacesBadgeId: Id.default(''),
      }),
    )
    .default([]),
});

export const PutAnswer = z.object({
  changedCount: z.int().min(0).describe('Records that are new or different; 0: it was all stored before'),
});

/** Body of `POST /api/anagrafica/office/badge-replacements`. */
export const BadgeReplacementBody = z.strictObject({
  lostNumber: Text.describe('Of the badge that is lost: it is blocked'),
  badgeId: Id.describe('Of the new badge, made by the caller: the same again changes nothing'),
  badgeNumber: Text.describe('Of the new badge'),
});

const page = {
  cursor: z.string().max(1_000).optional().meta({ description: 'nextCursor of the page before' }),
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Lines per page' }),
};

export const OfficePupilsQuery = z.object({
  name: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Beginning of the family name, or family name and given name' }),
  codiceFiscale: z.string().max(16).optional(),
  badgeNumber: z.string().max(64).optional(),
  ...page,
});

export const OfficePupilsAnswer = z.object({
  pupils: z.array(
    z.object({
      pupilId: z.uuid(),
      familyName: z.string(),
      givenName: z.string(),
      codiceFiscale: z.string(),
      schoolName: z.string(),
      className: z.string(),
      status: z.enum(['open', 'closed']),
    }),
  ),
  nextCursor: z.string().nullable(),
});

const Diet = z.object({
  dietCode: z.string(),
  kind: z.enum(DIET_KINDS),
  reference: z.string().describe('Of the certificate or the declaration; empty for none'),
  validFrom: Day,
  validUntil: LastDayOrNull,
});

export const OfficePupilAnswer = RecordAnswer.extend({
  dietCode: z.string().describe('Of today; empty for the ordinary menu; for the office alone'),
  diets: z.array(Diet).describe('Oldest first, without overlaps; for the office alone'),
  household: z.object({ householdId: z.uuid(), name: z.string() }).nullable().describe('For the office alone'),
});

export const DietHistoryQuery = z.object({ ...page, cursor: z.coerce.number().int().min(1).optional() });

/** Answer of `GET /api/anagrafica/office/pupils/{pupilId}/diets`. */
export const DietHistoryAnswer = z.object({
  versions: z
    .array(
      z.object({
        recordedAt: z.iso.datetime().nullable().describe('Null where it was recorded before versions were kept'),
        recordedBy: z.string().describe("A person's id, or the name given to the command; empty where it is not known"),
        diets: z.array(Diet).describe('What was recorded, laid over what was before; an empty code: the ordinary menu'),
      }),
    )
    .describe('The newest first'),
  nextCursor: z.string().nullable(),
});

export const HouseholdsQuery = z.object({
  name: z.string().max(200).optional().meta({ description: 'Beginning of the name' }),
  ...page,
});

export const HouseholdsAnswer = z.object({
  households: z.array(z.object({ householdId: z.uuid(), name: z.string() })),
  nextCursor: z.string().nullable(),
});

/** Answer of `GET /api/anagrafica/office/households/{householdId}`. */
export const HouseholdAnswer = z.object({
  householdId: z.uuid(),
  name: z.string(),
  pupils: z.array(z.object({ pupilId: z.uuid(), displayName: z.string() })),
  guardians: z.array(z.object({ guardianId: z.uuid(), displayName: z.string() })),
  certifications: z
    .array(z.object({ iseeCents: z.int().min(0), reference: z.string(), validFrom: Day, validUntil: LastDayOrNull }))
    .describe('Oldest first'),
});

export const EditsQuery = z.object({ recordId: z.string().max(64).optional(), ...page, cursor: z.uuid().optional() });

export const EditsAnswer = z.object({
  edits: z
    .array(
      z.object({
        editId: z.uuid(),
        editedAt: z.iso.datetime(),
        editor: z.string().describe("A person's id, or the name given to the command"),
        source: z.enum(['office', 'command', 'import']),
        recordKind: z.string(),
        recordId: z.string().describe('Empty for an import'),
        isNew: z.boolean(),
        fields: z.array(z.string()).describe('Names of what changed, never values; of an import: its files'),
      }),
    )
    .describe('The newest first'),
  nextCursor: z.string().nullable(),
});

export type PutAnswer = z.output<typeof PutAnswer>;
export type OfficePupilsAnswer = z.output<typeof OfficePupilsAnswer>;
export type OfficePupilAnswer = z.output<typeof OfficePupilAnswer>;
export type DietHistoryAnswer = z.output<typeof DietHistoryAnswer>;
export type HouseholdsAnswer = z.output<typeof HouseholdsAnswer>;
export type HouseholdAnswer = z.output<typeof HouseholdAnswer>;
export type EditsAnswer = z.output<typeof EditsAnswer>;

function answers(schema: z.ZodType, description: string) {
  const refused = (why: string) => ({
    description: why,
    content: { 'application/problem+json': { schema: Problem } },
  });
  return {
    '200': { description, content: { 'application/json': { schema } } },
    '401': refused('No valid identity token'),
    '404': refused('Not there, or the caller is not of the office'),
    '422': refused('A field is missing or not valid, or a record cannot be stored: nothing is stored'),
  } as const;
}

const body = (schema: z.ZodType) => ({ required: true, content: { 'application/json': { schema } } });

/** The office's paths in OpenAPI's terms. */
export function officePaths() {
  return {
    '/api/anagrafica/office/pupils': {
      get: {
        operationId: 'findPupils',
        summary: 'Looks pupils up by name, codice fiscale or badge (role office)',
        requestParams: { query: OfficePupilsQuery },
        responses: answers(OfficePupilsAnswer, 'Pupils by family name'),
      },
    },
    '/api/anagrafica/office/pupils/{pupilId}': {
      get: {
        operationId: 'getOfficePupil',
        summary: "A pupil's record with its diet (role office); leaves a line in the access log",
        requestParams: { path: z.object({ pupilId: z.uuid() }) },
        responses: answers(OfficePupilAnswer, 'The record'),
      },
    },
    '/api/anagrafica/office/pupils/{pupilId}/diets': {
      get: {
        operationId: 'listDietVersions',
        summary: "All that was recorded of a pupil's diets (role office); leaves a line in the access log",
        requestParams: { path: z.object({ pupilId: z.uuid() }), query: DietHistoryQuery },
        responses: answers(DietHistoryAnswer, 'What was recorded, newest first'),
      },
    },
    '/api/anagrafica/office/households': {
      get: {
        operationId: 'findHouseholds',
        summary: 'Looks households up by name (role office)',
        requestParams: { query: HouseholdsQuery },
        responses: answers(HouseholdsAnswer, 'Households by name'),
      },
    },
    '/api/anagrafica/office/households/{householdId}': {
      get: {
        operationId: 'getHousehold',
        summary:
          "A household's members and certifications (role office); leaves a line in the access log of each of its pupils",
        requestParams: { path: z.object({ householdId: z.uuid() }) },
        responses: answers(HouseholdAnswer, 'The household'),
      },
    },
    '/api/anagrafica/office/records': {
      put: {
        operationId: 'putRecords',
        summary: 'Stores whole records, all or none; the same again changes nothing (role office)',
        requestBody: body(RecordsBody),
        responses: answers(PutAnswer, 'Stored'),
      },
    },
    '/api/anagrafica/office/badge-replacements': {
      post: {
        operationId: 'replaceBadge',
        summary: 'Blocks a lost badge and gives its pupil another, in one step (role office)',
        requestBody: body(BadgeReplacementBody),
        responses: answers(PutAnswer, 'Replaced'),
      },
    },
    '/api/anagrafica/office/edits': {
      get: {
        operationId: 'listEdits',
        summary: 'Who changed which records (role office)',
        requestParams: { query: EditsQuery },
        responses: answers(EditsAnswer, 'Edits, newest first'),
      },
    },
  } as const;
}
