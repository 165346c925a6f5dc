import { z } from 'zod';
import { DOCUMENT_KINDS, MEDIA_TYPES } from '../domain/fascicolo.ts';
import { REDUCTION_REASONS } from '../domain/reduction.ts';

export const Day = z.iso.date().describe('Calendar day in Europe/Rome');
export const LastDay = Day.nullable().describe('Last day, inclusive; null for no end');

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
        reductions: z
          .array(z.object({ percent: z.int(), reason: z.enum(REDUCTION_REASONS), validFrom: Day, validUntil: LastDay }))
          .describe('What makes the prices less, while it holds; 100 % is an exemption'),
        isee: z
          .object({
            outcome: z.enum(['in_band', 'above_bands', 'no_certification']),
            upToCents: z.int().nullable().describe('Limit of the band; null outside of the bands'),
            certifiedUntil: LastDay.describe('Last day of the certification; null where there is none'),
          })
          .nullable()
          .describe("Why the price of today is what it is, by the household's ISEE; null for a flat tariff"),
        invoiceEmail: z.string().describe('Empty where no invoice goes by e-mail'),
        invoiceAddress: z
          .object({
            recipient: z.string(),
            street: z.string().describe('With the number of the house'),
            postalCode: z.string(),
            municipality: z.string(),
            province: z.string(),
          })
          .nullable()
          .describe('Null where no invoice goes by post'),
      }),
    )
    .describe('The newest first'),
  asOf: z.iso.datetime(),
});

/** Query of every list: where to go on, and how many lines at most. */
export const PageQuery = z.object({
  cursor: z.string().max(200).optional().meta({ description: 'nextCursor of the page before' }),
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Lines per page' }),
});

const FiledDocument = z.object({
  documentId: z.uuid(),
  title: z.string(),
  kind: z.enum(DOCUMENT_KINDS),
  fileName: z.string(),
  mediaType: z.enum(MEDIA_TYPES),
  byteCount: z.int().min(1),
  addedAt: z.iso.datetime(),
});

/** Answer of `GET /api/anagrafica/pupils/{pupilId}/documents`: the fascicolo, newest first. */
export const DocumentsAnswer = z.object({
  documents: z.array(FiledDocument),
  nextCursor: z.string().nullable(),
  asOf: z.iso.datetime(),
});

/** Answer of `GET /api/anagrafica/pupils/{pupilId}/reads`: who looked at the record, newest hour first. */
export const ReadsAnswer = z.object({
  reads: z.array(
    z.object({
      readAt: z.iso.datetime().describe('The first time within its hour'),
      reader: z.enum(['you', 'guardian', 'office', 'school', 'sre']),
      what: z.enum(['record', 'documents', 'document']),
    }),
  ),
  nextCursor: z.string().nullable(),
  asOf: z.iso.datetime(),
});

/** Query of the filing of a document; its body is the file itself. */
export const FilingQuery = z.object({
  kind: z.string().max(40),
  title: z.string().max(400),
  fileName: z.string().max(400),
});

/** Answer of `GET /api/anagrafica/municipality`: the caller's own comune. */
export const MunicipalityAnswer = z.object({
  name: z.string(),
  websiteUrl: z.url(),
  officeContact: z.string().describe('Whom parents write to about wrong data'),
});

export type PupilsAnswer = z.output<typeof PupilsAnswer>;
export type RecordAnswer = z.output<typeof RecordAnswer>;
export type DocumentsAnswer = z.output<typeof DocumentsAnswer>;
export type ReadsAnswer = z.output<typeof ReadsAnswer>;
export type MunicipalityAnswer = z.output<typeof MunicipalityAnswer>;

export const Problem = z
  .object({ type: z.string(), title: z.string(), status: z.int(), kind: z.string() })
  .describe('Problem details (RFC 9457)');

const PupilPath = z.object({ pupilId: z.uuid() });
const DocumentPath = z.object({ pupilId: z.uuid(), documentId: z.uuid() });
const File = z.string().meta({ format: 'binary' });
const refused = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

function answers(schema: z.ZodType, description: string) {
  return {
    '200': { description, content: { 'application/json': { schema } } },
    '401': { description: 'No valid identity token', content: { 'application/problem+json': { schema: Problem } } },
    '404': { description: 'Not there, or not for you', content: { 'application/problem+json': { schema: Problem } } },
  } as const;
}

/** The guardians' paths, and the fascicolo's, in OpenAPI's terms. */
export function guardianPaths() {
  return {
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
        requestParams: { path: PupilPath },
        responses: answers(RecordAnswer, 'The record'),
      },
    },
    '/api/anagrafica/pupils/{pupilId}/documents': {
      get: {
        operationId: 'listPupilDocuments',
        summary: "The fascicolo of one of the caller's own pupils, newest first",
        requestParams: { path: PupilPath, query: PageQuery },
        responses: answers(DocumentsAnswer, 'Documents'),
      },
    },
    '/api/anagrafica/pupils/{pupilId}/documents/{documentId}/content': {
      get: {
        operationId: 'getPupilDocument',
        summary: 'A document of the fascicolo, always as a download',
        requestParams: { path: DocumentPath },
        responses: {
          '200': { description: 'The file', content: { 'application/octet-stream': { schema: File } } },
          '401': refused('No valid identity token'),
          '404': refused('Not there, or not for you'),
        },
      },
    },
    '/api/anagrafica/pupils/{pupilId}/reads': {
      get: {
        operationId: 'listPupilReads',
        summary: 'Who looked at the record and the fascicolo, one line per reader and hour',
        requestParams: { path: PupilPath, query: PageQuery },
        responses: answers(ReadsAnswer, 'Reads'),
      },
    },
    '/api/anagrafica/office/pupils/{pupilId}/documents/{documentId}': {
      put: {
        operationId: 'filePupilDocument',
        summary: 'Files a document under an id of the caller (role office); the same again changes nothing',
        requestParams: { path: DocumentPath, query: FilingQuery },
        requestBody: { content: Object.fromEntries(MEDIA_TYPES.map((type) => [type, { schema: File }])) },
        responses: {
          ...answers(FiledDocument, 'As it is filed'),
          '409': refused('Another document has this id'),
          '413': refused('Bigger than 10 MB'),
          '415': refused('Not a PDF, JPEG or PNG, or not what its content-type says'),
          '422': refused('A field is missing or not valid, or the file is empty'),
        },
      },
      delete: {
        operationId: 'removePupilDocument',
        summary: 'Takes a document out of the fascicolo (role office)',
        requestParams: { path: DocumentPath },
        responses: {
          '204': { description: 'It is gone' },
          '401': refused('No valid identity token'),
          '404': refused('Not there, or not for you'),
        },
      },
    },
    '/api/anagrafica/municipality': {
      get: {
        operationId: 'getMunicipality',
        summary: "The caller's own comune",
        responses: answers(MunicipalityAnswer, 'The comune'),
      },
    },
  };
}
