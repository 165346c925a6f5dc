import { z } from 'zod';
import { Amount, body, Instant, json, ListQuery, NOT_FOUND, problem, Service, SIGNED_OUT } from './describe.ts';

const Count = (least: number, most: number) => z.int().min(least).max(most);

/** How a service is billed. */
export const BillingRules = z.strictObject({
  label: z.string().trim().min(1).max(40).describe("As documents call the service, without anybody's name"),
  kind: z.enum(['invoice', 'payment_notice']),
  vat: z.enum(['vat_4', 'exempt']),
  series: z
    .string()
    .regex(/^[A-Z0-9]{0,10}$/)
    .describe('Documents of a series have numbers of their own; empty for the general one'),
  taxonomyCode: z.string().trim().min(1).max(140),
  instalmentCount: Count(1, 12),
  instalmentLeastCents: Count(0, 10_000_000).describe('No instalment of less, unless it is the only one'),
  dueDays: Count(0, 365).describe('From the issue to the first due day'),
  daysApart: Count(1, 365).describe('Between due days'),
});

const RunId = z.uuid().describe('Made by the caller');

/** What `POST /api/billing/office/runs` takes. */
export const RunBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('billing'),
    runId: RunId,
    service: Service,
    month: z.string().regex(/^20\d{2}-(?:0[1-9]|1[0-2])$/),
    issuedOn: z.iso.date(),
  }),
  z.strictObject({
    kind: z.literal('certification_730'),
    runId: RunId,
    year: Count(2020, 2100).describe('A year that is over'),
  }),
  z.strictObject({
    kind: z.enum(['reminder', 'ruolo']),
    runId: RunId,
    dueBefore: z.iso.date().describe('What fell due before it'),
    daysAfterReminder: Count(0, 365).describe('Days since the last reminder, for another one or for the handing over'),
    leastCents: Count(0, 10_000_000).default(0).describe('Less than that is not handed over'),
  }),
]);

const Totals = z.record(z.string(), z.int()).describe('Counts and sums by name, e.g. documents, amountCents');

/** One run. */
export const RunAnswer = z.object({
  runId: z.uuid(),
  kind: z.enum(['billing', 'reminder', 'ruolo', 'certification_730']),
  state: z.enum(['previewing', 'prepared', 'issuing', 'done', 'discarded']),
  settings: z.record(z.string(), z.unknown()),
  preparedBy: z.string(),
  preparedAt: Instant,
  confirmedBy: z.string().nullable(),
  confirmedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  preview: z.object({ totals: Totals, sample: z.array(z.record(z.string(), z.unknown())) }),
  report: z.object({ totals: Totals }).describe('What was done so far'),
});

/** Answer of `GET /api/billing/office/runs`: newest first. */
export const RunsAnswer = z.object({ runs: z.array(RunAnswer), nextCursor: z.string().nullable() });

/** Answer of `GET …/runs/{runId}/lines`. */
export const RunLinesAnswer = z.object({
  lines: z.array(
    z.object({
      outcome: z
        .string()
        .describe('issued, credited, no_payer; reminded; handed_over, paid, in_verification; certified, unknown_pupil'),
      subjectId: z.uuid().describe('The document; the pupil of no_payer'),
      amountCents: Amount,
    }),
  ),
  nextCursor: z.string().nullable(),
});

/** Answer of `GET /api/billing/office/edits`: newest first. */
export const EditsAnswer = z.object({
  edits: z.array(
    z.object({
      editId: z.uuid(),
      editedAt: Instant,
      editor: z.string(),
      source: z.enum(['office', 'command']),
      action: z.string(),
      subjectId: z.string(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

export type RunAnswer = z.output<typeof RunAnswer>;
export type RunsAnswer = z.output<typeof RunsAnswer>;
export type RunLinesAnswer = z.output<typeof RunLinesAnswer>;
export type EditsAnswer = z.output<typeof EditsAnswer>;

const RunPath = z.object({ runId: z.uuid() });
const RulesPath = z.object({ service: Service });
const csv = { description: 'A CSV file, UTF-8', content: { 'text/csv': { schema: z.string() } } };

/** The routes for the office; to everybody else there is nothing there. */
export const OFFICE_PATHS = {
  '/api/billing/office/rules/{service}': {
    get: {
      operationId: 'getBillingRules',
      summary: 'How a service is billed',
      requestParams: { path: RulesPath },
      responses: { '200': json(BillingRules, 'The rules'), '401': SIGNED_OUT, '404': NOT_FOUND },
    },
    put: {
      operationId: 'putBillingRules',
      summary: 'Sets how a service is billed; a run that was prepared keeps its rules',
      requestParams: { path: RulesPath },
      requestBody: body(BillingRules),
      responses: {
        '204': { description: 'Set' },
        '401': SIGNED_OUT,
        '404': NOT_FOUND,
        '409': problem('no_creditor'),
        '422': problem('malformed'),
      },
    },
  },
  '/api/billing/office/runs': {
    get: {
      operationId: 'listRuns',
      summary: 'Runs and their reports, newest first',
      requestParams: { query: ListQuery },
      responses: { '200': json(RunsAnswer, 'Runs'), '401': SIGNED_OUT, '404': NOT_FOUND, '422': problem('malformed') },
    },
    post: {
      operationId: 'prepareRun',
      summary: 'Prepares a run: its preview begins, and nothing is issued before a second person confirms it',
      requestBody: body(RunBody),
      responses: {
        '200': json(RunAnswer, 'The run'),
        '401': SIGNED_OUT,
        '404': NOT_FOUND,
        '409': problem('under_way, no_creditor or no_rules'),
        '422': problem('malformed, month_not_over, year_not_over, issued_in_past or not_overdue'),
      },
    },
  },
  '/api/billing/office/runs/{runId}': {
    get: {
      operationId: 'getRun',
      summary: 'One run, with its preview and what was done so far',
      requestParams: { path: RunPath },
      responses: { '200': json(RunAnswer, 'The run'), '401': SIGNED_OUT, '404': NOT_FOUND },
    },
  },
  '/api/billing/office/runs/{runId}/confirmation': {
    post: {
      operationId: 'confirmRun',
      summary: 'Lets a run begin; not by who prepared it',
      requestParams: { path: RunPath },
      responses: {
        '200': json(RunAnswer, 'The run'),
        '401': SIGNED_OUT,
        '404': NOT_FOUND,
        '409': problem('same_person, or not_prepared: it is being looked at, or was confirmed or discarded'),
      },
    },
  },
  '/api/billing/office/runs/{runId}/discard': {
    post: {
      operationId: 'discardRun',
      summary: 'Gives up a run that was not confirmed',
      requestParams: { path: RunPath },
      responses: {
        '200': json(RunAnswer, 'The run'),
        '401': SIGNED_OUT,
        '404': NOT_FOUND,
        '409': problem('not_prepared: it was confirmed'),
      },
    },
  },
  '/api/billing/office/runs/{runId}/lines': {
    get: {
      operationId: 'listRunLines',
      summary: 'What a run did to whom',
      requestParams: { path: RunPath, query: ListQuery },
      responses: {
        '200': json(RunLinesAnswer, 'Lines'),
        '401': SIGNED_OUT,
        '404': NOT_FOUND,
        '422': problem('malformed'),
      },
    },
  },
  '/api/billing/office/runs/{runId}/export': {
    get: {
      operationId: 'exportHandedOver',
      summary: 'What a run handed over to coercive collection, with who owes it',
      requestParams: { path: RunPath },
      responses: { '200': csv, '401': SIGNED_OUT, '404': NOT_FOUND },
    },
  },
  '/api/billing/office/credit-notes/{documentId}/refund': {
    post: {
      operationId: 'refundCreditNote',
      summary: 'Notes that what a credit note owes was given back to the parent',
      requestParams: { path: z.object({ documentId: z.uuid() }) },
      responses: { '204': { description: 'Noted, now or before' }, '401': SIGNED_OUT, '404': NOT_FOUND },
    },
  },
  '/api/billing/office/edits': {
    get: {
      operationId: 'listOfficeEdits',
      summary: 'Who of the office changed what, newest first',
      requestParams: { query: ListQuery },
      responses: {
        '200': json(EditsAnswer, 'Edits'),
        '401': SIGNED_OUT,
        '404': NOT_FOUND,
        '422': problem('malformed'),
      },
    },
  },
};
