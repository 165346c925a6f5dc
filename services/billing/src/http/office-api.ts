import { pipeline } from 'node:stream/promises';
import { HttpRefusal, identityOf, malformed, notFound } from '@campanella/service-kit';
import { cents, type MunicipalityId, serviceCode, serviceDate } from '@campanella/vocabulary';
import type { RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import type { OfficeOperations } from '../app/office.ts';
import type { DocumentStore, EditLog, PositionStore, RulesStore } from '../app/ports.ts';
import type { Editor, Run, RunPlace, RunStore } from '../app/runs.ts';
import { parseMonth } from '../domain/month.ts';
import { collectionFile } from './collection-file.ts';
import { ListQuery } from './describe.ts';
import { MESSAGES, OFFICE_SENTENCES, type OfficeRefusalKind } from './messages.ts';
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

/** What the office's own choice caused is unprocessable; what stands in its way is a conflict. */
const UNPROCESSABLE: readonly OfficeRefusalKind[] = [
  'month_not_over',
  'year_not_over',
  'issued_in_past',
  'not_overdue',
];

function refusalOf({ kind }: { readonly kind: OfficeRefusalKind }): HttpRefusal {
  if (kind === 'unknown_run' || kind === 'unknown_credit') return notFound();
  return new HttpRefusal(UNPROCESSABLE.includes(kind) ? 422 : 409, kind, OFFICE_SENTENCES[kind]);
}

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
    if (!refunded.ok) throw refusalOf(refunded.refusal);
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
    if (!isCreditor) throw refusalOf({ kind: 'no_creditor' });
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
    const prepared = await prepare(operations, about, body);
    if (!prepared.ok) throw refusalOf(prepared.refusal);
    response.json(toRun(prepared.value));
  });

  router.get('/api/billing/office/runs/:runId', async (request, response) => {
    response.json(toRun(await findRun(response, request.params.runId)));
  });

  router.post('/api/billing/office/runs/:runId/confirmation', async (request, response) => {
    const confirmed = await operations.confirm(who(response, request.params.runId));
    if (!confirmed.ok) throw refusalOf(confirmed.refusal);
    response.json(toRun(confirmed.value));
  });

  router.post('/api/billing/office/runs/:runId/discard', async (request, response) => {
    const discarded = await operations.discard(who(response, request.params.runId));
    if (!discarded.ok) throw refusalOf(discarded.refusal);
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
    await pipeline(collectionFile({ documents, positions }, municipalityId, runId), response);
  });

  async function findRun(response: Response, text: string): Promise<Run> {
    const run = await runs.find(municipalityOf(response), takeUuid(text));
    if (run === null) throw notFound();
    return run;
  }
}

function prepare(
  operations: OfficeOperations,
  about: { readonly municipalityId: MunicipalityId; readonly editor: Editor },
  body: z.output<typeof RunBody>,
) {
  const { runId } = body;
  switch (body.kind) {
    case 'billing': {
      const asked = {
        service: serviceCode(body.service),
        month: takeMonth(body.month),
        issuedOn: serviceDate(body.issuedOn),
      };
      return operations.prepareBilling({ ...about, ...asked, runId });
    }
    case 'certification_730':
      return operations.prepareCertification({ ...about, runId, year: body.year });
    default: {
      const { kind, daysAfterReminder } = body;
      const asked = { dueBefore: serviceDate(body.dueBefore), leastCents: cents(body.leastCents) };
      return operations.prepareOverdue({ ...about, ...asked, runId, kind, daysAfterReminder });
    }
  }
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

function take<Schema extends z.ZodType>(schema: Schema, raw: unknown): z.output<Schema> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw malformed(MESSAGES.malformed, parsed.error);
}

function takeMonth(text: string) {
  const month = parseMonth(text);
  if (month === null) throw new HttpRefusal(422, 'malformed', MESSAGES.malformed);
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
  if (!/^\d{1,15}$/.test(at) || !z.uuid().safeParse(runId).success)
    throw new HttpRefusal(422, 'malformed', MESSAGES.malformed);
  return { preparedAt: new Date(Number(at)), runId };
}

function parseLinePlace(cursor: string | undefined): { outcome: string; subjectId: string } | null {
  if (cursor === undefined) return null;
  const [outcome = '', subjectId = ''] = cursor.split('.');
  if (!/^[a-z_]{1,40}$/.test(outcome) || !z.uuid().safeParse(subjectId).success)
    throw new HttpRefusal(422, 'malformed', MESSAGES.malformed);
  return { outcome, subjectId };
}
