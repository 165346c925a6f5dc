import { HttpRefusal, identityOf, malformed, notFound } from '@campanella/service-kit';
import type { Decision } from '@campanella/vocabulary';
import type { Router } from 'express';
import { z } from 'zod';
import type { CasePlace, CaseStore, OfficeCase, ResolveRefusal, resolveCase } from '../app/office-cases.ts';
import type { Clock } from '../app/ports.ts';
import { CaseLineBody, type CasesAnswer, CasesQuery, type OfficeCaseAnswer } from './cases-description.ts';
import { MESSAGES } from './messages.ts';

export interface CasesApiDeps {
  readonly cases: Pick<CaseStore, 'list' | 'countOpen'>;
  readonly resolve: (command: Parameters<typeof resolveCase>[1]) => Promise<Decision<OfficeCase, ResolveRefusal>>;
  readonly clock: Clock;
}

const REFUSALS: Record<ResolveRefusal['kind'], () => HttpRefusal> = {
  unknown_case: notFound,
  resolved: () => new HttpRefusal(409, 'resolved', MESSAGES.caseResolved),
  not_resolved: () => new HttpRefusal(409, 'not_resolved', MESSAGES.caseNotResolved),
};
const DAY_MS = 86_400_000;

/** Money that settled nothing by itself, for the office to work through; each decision leaves a line that says who. */
export function casesRoutes(router: Router, { cases, resolve, clock }: CasesApiDeps): void {
  router.get('/api/billing/office/cases', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const { state, cursor, limit } = take(CasesQuery, request.query);
    const [found, open] = await Promise.all([
      cases.list(municipalityId, state, parsePlace(cursor), limit + 1),
      cases.countOpen(municipalityId),
    ]);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const answer: CasesAnswer = {
      cases: page.map((one) => toAnswer(one, clock.now())),
      nextCursor: last === undefined ? null : `${(last.resolvedAt ?? last.openedAt).getTime()}.${last.caseId}`,
      openCount: open.count,
      openCents: open.amountCents,
    };
    response.json(answer);
  });

  router.post('/api/billing/office/cases/:caseId/lines', async (request, response) => {
    const { municipalityId, personId } = identityOf(response);
    const caseId = z.uuid().safeParse(request.params.caseId);
    if (!caseId.success) throw notFound();
    const line = take(CaseLineBody, request.body);
    const resolved = await resolve({ municipalityId, caseId: caseId.data.toLowerCase(), ...line, madeBy: personId });
    if (!resolved.ok) throw REFUSALS[resolved.refusal.kind]();
    response.json(toAnswer(resolved.value, clock.now()));
  });
}

function take<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
  return parsed.data;
}

function parsePlace(cursor: string | undefined): CasePlace | null {
  if (cursor === undefined) return null;
  const [at = '', caseId = ''] = cursor.split('.');
  if (!/^\d{1,15}$/.test(at) || !z.uuid().safeParse(caseId).success) {
    throw new HttpRefusal(422, 'malformed', MESSAGES.malformed);
  }
  return { at: new Date(Number(at)), caseId };
}

function toAnswer(one: OfficeCase, now: Date): OfficeCaseAnswer {
  return {
    ...{ caseId: one.caseId, class: one.class, receiptId: one.subjectId, noticeNumber: one.noticeNumber },
    amountCents: one.amountCents,
    paidAt: one.happenedAt.toISOString(),
    openedAt: one.openedAt.toISOString(),
    ageDays: Math.floor(((one.resolvedAt ?? now).getTime() - one.openedAt.getTime()) / DAY_MS),
    resolvedAt: one.resolvedAt?.toISOString() ?? null,
    lines: one.lines.map((line) => ({ ...line, madeAt: line.madeAt.toISOString() })),
  };
}
