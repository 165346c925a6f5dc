import { pipeline } from 'node:stream/promises';
import { HttpRefusal, identityOf, notFound } from '@campanella/service-kit';
import {
  cents,
  formatServiceDate,
  type MunicipalityId,
  serviceCode,
  serviceDate,
  serviceDateAt,
} from '@campanella/vocabulary';
import { stringify } from 'csv-stringify';
import type { RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import type { BillingRefusal } from '../app/billing-run.ts';
import type { OfficeOperations, RefundRefusal } from '../app/office.ts';
import type { OverdueRefusal } from '../app/overdue-runs.ts';
import type { DocumentStore, EditLog, HandedOverDocument, PositionStore, RulesStore } from '../app/ports.ts';
import type { Editor, Run, RunPlace, RunRefusal, RunStore } from '../app/runs.ts';
import { documentNumber } from '../domain/document.ts';
import { parseMonth } from '../domain/month.ts';
import type { Debtor } from '../domain/position.ts';
import { ListQuery } from './describe.ts';
import { MESSAGES } from './messages.ts';
import {
  BillingRules,
  type EditsAnswer,
  type RunAnswer,
  RunBody,
  type RunLinesAnswer,
  type RunsAnswer,
} from './office-description.ts';

export interface OfficeApiDeps {
  readonly operations: OfficeOperations;
  readonly runs: Pick<RunStore, 'find' | 'list' | 'listLines'>;
  readonly rules: Pick<RulesStore, 'find'>;
  readonly edits: Pick<EditLog, 'list'>;
  readonly documents: Pick<DocumentStore, 'listHandedOver'>;
  readonly positions: Pick<PositionStore, 'find'>;
}

type AnyRefusal = BillingRefusal | OverdueRefusal | RunRefusal | RefundRefusal;

const conflict = (kind: string, title: string) => () => new HttpRefusal(409, kind, title);
const unprocessable = (kind: string, title: string) => () => new HttpRefusal(422, kind, title);

const REFUSALS: Record<AnyRefusal['kind'], () => HttpRefusal> = {
  unknown_run: notFound,
  unknown_credit: notFound,
  no_creditor: conflict('no_creditor', MESSAGES.noCreditor),
  no_rules: conflict('no_rules', MESSAGES.noRules),
  under_way: conflict('under_way', MESSAGES.underWay),
  same_person: conflict('same_person', MESSAGES.samePerson),
  not_prepared: conflict('not_prepared', MESSAGES.notPrepared),
  month_not_over: unprocessable('month_not_over', MESSAGES.monthNotOver),
  issued_in_past: unprocessable('issued_in_past', MESSAGES.issuedInPast),
  not_overdue: unprocessable('not_overdue', MESSAGES.notOverdue),
};

const EXPORT_PAGE = 500;

/** Lets only the office through; to everybody else there is nothing here. */
const officeOnly: RequestHandler = (_request, response, next) => {
  if (identityOf(response).role !== 'office') throw notFound();
  next();
};

/** What the office does with documents, a page or a run at a time; each edit leaves a line that says who. */
export function officeRoutes(router: Router, deps: OfficeApiDeps): void {
  router.use('/api/billing/office', officeOnly);
  rulesRoutes(router, deps);
  runRoutes(router, deps);
  const { operations, edits } = deps;

  router.post('/api/billing/office/credit-notes/:documentId/refund', async (request, response) => {
    const documentId = takeUuid(request.params.documentId);
    const refunded = await operations.refund(municipalityOf(response), documentId, editorOf(response));
    if (!refunded.ok) throw REFUSALS[refunded.refusal.kind]();
    response.status(204).end();
  });

  router.get('/api/billing/office/edits', async (request, response) => {
    const { cursor, limit } = take(ListQuery, request.query);
    const after = cursor === undefined ? null : take(z.uuid(), cursor);
    const found = await edits.list(municipalityOf(response), after, limit + 1);
    const page = found.slice(0, limit);
    const answer: EditsAnswer = {
      edits: page.map(({ editId, editedAt, editor, action, subjectId }) => ({
        ...{ editId, editedAt: editedAt.toISOString(), editor: editor.name, source: editor.source, action, subjectId },
      })),
      nextCursor: found.length > limit ? (page.at(-1)?.editId ?? null) : null,
    };
    response.json(answer);
  });
}

function rulesRoutes(router: Router, { operations, rules }: OfficeApiDeps): void {
  router.get('/api/billing/office/rules/:service', async (request, response) => {
    const found = await rules.find(municipalityOf(response), takeService(request.params.service));
    if (found === null) throw notFound();
    const { service: _service, ...answer } = found;
    response.json(answer);
  });

  router.put('/api/billing/office/rules/:service', async (request, response) => {
    const service = takeService(request.params.service);
    const { instalmentLeastCents, ...body } = take(BillingRules, request.body);
    const put = { ...body, service, instalmentLeastCents: cents(instalmentLeastCents) };
    const isCreditor = await operations.putRules(municipalityOf(response), put, editorOf(response));
    if (!isCreditor) throw REFUSALS.no_creditor();
    response.status(204).end();
  });
}

function runRoutes(router: Router, { operations, runs, documents, positions }: OfficeApiDeps): void {
  router.get('/api/billing/office/runs', async (request, response) => {
    const { cursor, limit } = take(ListQuery, request.query);
    const found = await runs.list(municipalityOf(response), parseRunPlace(cursor), limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const answer: RunsAnswer = {
      runs: page.map(toRun),
      nextCursor: found.length > limit && last ? `${last.preparedAt.getTime()}.${last.runId}` : null,
    };
    response.json(answer);
  });

  router.post('/api/billing/office/runs', async (request, response) => {
    const about = { municipalityId: municipalityOf(response), editor: editorOf(response) };
    const body = take(RunBody, request.body);
    const prepared =
      body.kind === 'billing'
        ? await operations.prepareBilling({
            ...{ ...about, runId: body.runId, service: serviceCode(body.service) },
            ...{ month: takeMonth(body.month), issuedOn: serviceDate(body.issuedOn) },
          })
        : await operations.prepareOverdue({
            ...{ ...about, runId: body.runId, kind: body.kind, dueBefore: serviceDate(body.dueBefore) },
            ...{ daysAfterReminder: body.daysAfterReminder, leastCents: cents(body.leastCents) },
          });
    if (!prepared.ok) throw REFUSALS[prepared.refusal.kind]();
    response.json(toRun(prepared.value));
  });

  router.get('/api/billing/office/runs/:runId', async (request, response) => {
    response.json(toRun(await findRun(response, request.params.runId)));
  });

  router.post('/api/billing/office/runs/:runId/confirmation', async (request, response) => {
    const confirmed = await operations.confirm(who(response, request.params.runId));
    if (!confirmed.ok) throw REFUSALS[confirmed.refusal.kind]();
    response.json(toRun(confirmed.value));
  });

  router.post('/api/billing/office/runs/:runId/discard', async (request, response) => {
    const discarded = await operations.discard(who(response, request.params.runId));
    if (!discarded.ok) throw REFUSALS[discarded.refusal.kind]();
    response.json(toRun(discarded.value));
  });

  router.get('/api/billing/office/runs/:runId/lines', async (request, response) => {
    const { runId, municipalityId } = await findRun(response, request.params.runId);
    const { cursor, limit } = take(ListQuery, request.query);
    const found = await runs.listLines(municipalityId, runId, parseLinePlace(cursor), limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const answer: RunLinesAnswer = {
      lines: page.map(({ outcome, subjectId, amountCents }) => ({ outcome, subjectId, amountCents })),
      nextCursor: found.length > limit && last ? `${last.outcome}.${last.subjectId}` : null,
    };
    response.json(answer);
  });

  router.get('/api/billing/office/runs/:runId/export', async (request, response) => {
    const { runId, municipalityId, kind } = await findRun(response, request.params.runId);
    if (kind !== 'ruolo') throw notFound();
    response.type('text/csv').set('content-disposition', `attachment; filename="ruolo-${runId}.csv"`);
    const rows = handedOver({ documents, positions }, municipalityId, runId);
    await pipeline(rows, stringify(CSV), response);
  });

  async function findRun(response: Response, text: string): Promise<Run> {
    const run = await runs.find(municipalityOf(response), takeUuid(text));
    if (run === null) throw notFound();
    return run;
  }
}

/** As spreadsheets of an Italian desktop open it; a text that would run as a formula gets an apostrophe before it. */
const CSV = {
  header: true,
  columns: [
    'numero',
    'data',
    'scadenza',
    'sollecito',
    'oggetto',
    'importo',
    'codice_fiscale',
    'intestatario',
    'documento',
  ],
  bom: true,
  delimiter: ';',
  record_delimiter: 'windows',
  escape_formulas: true,
} as const;

/** Rows of the export, a page at a time: bounded whatever the length. */
async function* handedOver(
  { documents, positions }: Pick<OfficeApiDeps, 'documents' | 'positions'>,
  municipalityId: MunicipalityId,
  runId: string,
): AsyncGenerator<string[]> {
  let after: string | null = null;
  for (;;) {
    const page: readonly HandedOverDocument[] = await documents.listHandedOver(
      municipalityId,
      runId,
      after,
      EXPORT_PAGE,
    );
    for (const document of page) {
      const position = await positions.find(municipalityId, document.noticeNumber);
      if (position === null) throw new Error('a document that was handed over has no position');
      yield toRow(document, position.debtor);
    }
    if (page.length < EXPORT_PAGE) return;
    after = page.at(-1)?.documentId ?? null;
  }
}

function toRow(document: HandedOverDocument, debtor: Debtor): string[] {
  const { issuedOn, dueOn, remindedAt, amountCents } = document;
  return [
    ...[documentNumber(document), formatServiceDate(issuedOn), formatServiceDate(dueOn)],
    remindedAt === null ? '' : formatServiceDate(serviceDateAt(remindedAt)),
    ...[document.description, (amountCents / 100).toFixed(2).replace('.', ',')],
    ...[debtor.codiceFiscale, debtor.fullName, document.documentId],
  ];
}

function municipalityOf(response: Response): MunicipalityId {
  return identityOf(response).municipalityId;
}

function editorOf(response: Response): Editor {
  return { name: identityOf(response).personId, source: 'office' };
}

function who(response: Response, runId: string) {
  return { municipalityId: municipalityOf(response), runId: takeUuid(runId), editor: editorOf(response) };
}

function toRun(run: Run): RunAnswer {
  const { runId, kind, state, settings, preparedBy, confirmedBy, preview, report } = run;
  return {
    ...{ runId, kind, state, preparedBy, confirmedBy },
    settings: z.record(z.string(), z.unknown()).parse(settings),
    preparedAt: run.preparedAt.toISOString(),
    confirmedAt: run.confirmedAt?.toISOString() ?? null,
    endedAt: run.endedAt?.toISOString() ?? null,
    preview: { totals: preview.totals, sample: preview.sample.map((one) => ({ ...one })) },
    report: { totals: report.totals },
  };
}

function malformed(fields: Record<string, string> = {}): HttpRefusal {
  return new HttpRefusal(422, 'malformed', MESSAGES.malformed, fields);
}

function take<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw malformed(Object.fromEntries(parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message])));
}

function takeMonth(text: string) {
  const month = parseMonth(text);
  if (month === null) throw malformed();
  return month;
}

function takeUuid(text: string): string {
  const uuid = z.uuid().safeParse(text);
  if (!uuid.success) throw notFound();
  return uuid.data.toLowerCase();
}

function takeService(text: string) {
  if (!/^[a-z][a-z_]{1,39}$/.test(text)) throw notFound();
  return serviceCode(text);
}

function parseRunPlace(cursor: string | undefined): RunPlace | null {
  if (cursor === undefined) return null;
  const [at = '', runId = ''] = cursor.split('.');
  if (!/^\d{1,15}$/.test(at) || !z.uuid().safeParse(runId).success) throw malformed();
  return { preparedAt: new Date(Number(at)), runId };
}

function parseLinePlace(cursor: string | undefined): { outcome: string; subjectId: string } | null {
  if (cursor === undefined) return null;
  const [outcome = '', subjectId = ''] = cursor.split('.');
  if (!/^[a-z_]{1,40}$/.test(outcome) || !z.uuid().safeParse(subjectId).success) throw malformed();
  return { outcome, subjectId };
}
