import { describeApi } from '@campanella/service-kit';
import { z } from 'zod';

const Day = z.iso.date().describe('Calendar day in Europe/Rome');
const LastDay = Day.nullable().describe('Last day, inclusive; null for no end');

const Badge = z.object({
  badgeId: z.uuid(),
  badgeNumber: z.string(),
  status: z.enum(['active', 'blocked', 'expired']),
  validFrom: Day,
  validUntil: LastDay,
});

const Enrolment = z.object({
  service: z.string().describe('Service code, e.g. school_meals'),
  serviceName: z.string().describe('As parents read it'),
  paymentMode: z.enum(['prepaid', 'invoiced']),
  validFrom: Day,
  validUntil: LastDay,
  priceCents: z.int().min(0).describe('What one meal costs today, in euro cents'),
});

/** Answer of `GET /api/anagrafica/pupils`: the caller's own pupils, none for a person who answers for nobody. */
export const PupilsAnswer = z.object({
  pupils: z.array(
    z.object({
      pupilId: z.uuid(),
      displayName: z.string(),
      schoolName: z.string(),
      className: z.string(),
      status: z.enum(['open', 'closed']),
      badges: z.array(Badge),
      enrolments: z.array(Enrolment),
    }),
  ),
});

/** Answer of `GET /api/anagrafica/pupils/{pupilId}`: all that is kept of one pupil, to be read and not changed. */
export const RecordAnswer = z.object({
  pupilId: z.uuid(),
  displayName: z.string(),
  status: z.enum(['open', 'closed']),
  codiceFiscale: z.string(),
  birth: z
    .object({ bornOn: Day, sex: z.enum(['F', 'M']), municipality: z.string(), province: z.string() })
    .nullable()
    .describe('Null where it is not known'),
  residence: z
    .object({
      municipality: z.string(),
      postalCode: z.string(),
      province: z.string(),
      street: z.string(),
      streetNumber: z.string(),
      phone: z.string().describe('Empty for none'),
    })
    .nullable()
    .describe('Null where it is not known'),
  badges: z.array(Badge),
  enrolments: z
    .array(
      z.object({
        enrolmentId: z.uuid(),
        service: z.string(),
        serviceName: z.string(),
        schoolYear: z.string(),
        schoolName: z.string(),
        className: z.string(),
        paymentMode: z.enum(['prepaid', 'invoiced']),
        validFrom: Day,
        validUntil: LastDay,
        tariffName: z.string(),
        priceCents: z.int().min(0).describe('What one meal costs today, in euro cents'),
        priceHistory: z.array(z.object({ priceCents: z.int().min(0), validFrom: Day, validUntil: LastDay })),
        payerName: z.string().describe('The registered payer (intestatario)'),
      }),
    )
    .describe('The newest first'),
  asOf: z.iso.datetime(),
});

/** Answer of `GET /api/anagrafica/municipality`: the caller's own comune. */
export const MunicipalityAnswer = z.object({
  name: z.string(),
  websiteUrl: z.url(),
  officeContact: z.string().describe('Whom parents write to about wrong data'),
});

export type PupilsAnswer = z.output<typeof PupilsAnswer>;
export type RecordAnswer = z.output<typeof RecordAnswer>;
export type MunicipalityAnswer = z.output<typeof MunicipalityAnswer>;

const Problem = z
  .object({ type: z.string(), title: z.string(), status: z.int(), kind: z.string() })
  .describe('Problem details (RFC 9457)');

function answers(schema: z.ZodType, description: string) {
  return {
    '200': { description, content: { 'application/json': { schema } } },
    '401': { description: 'No valid identity token', content: { 'application/problem+json': { schema: Problem } } },
    '404': { description: 'Not there, or not for you', content: { 'application/problem+json': { schema: Problem } } },
  } as const;
}

/** The HTTP API in OpenAPI's terms, from the schemas that type its answers. */
export function anagraficaDescription(): object {
  return describeApi({
    title: 'Campanella anagrafica',
    version: '1',
    paths: {
      '/api/anagrafica/pupils': {
        get: {
          operationId: 'listPupils',
          summary: "The caller's own pupils",
          responses: answers(PupilsAnswer, 'Pupils'),
        },
      },
      '/api/anagrafica/pupils/{pupilId}': {
        get: {
          operationId: 'getPupil',
          summary: "The record of one of the caller's own pupils",
          requestParams: { path: z.object({ pupilId: z.uuid() }) },
          responses: answers(RecordAnswer, 'The record'),
        },
      },
      '/api/anagrafica/municipality': {
        get: {
          operationId: 'getMunicipality',
          summary: "The caller's own comune",
          responses: answers(MunicipalityAnswer, 'The comune'),
        },
      },
    },
  });
}
