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

/** Answer of `GET /api/anagrafica/municipality`: the caller's own comune. */
export const MunicipalityAnswer = z.object({
  name: z.string(),
  websiteUrl: z.url(),
  officeContact: z.string().describe('Whom parents write to about wrong data'),
});

export type PupilsAnswer = z.output<typeof PupilsAnswer>;
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
