import {
  type Cents,
  type Decision,
  type MunicipalityId,
  refuse,
  type ServiceDate,
  serviceDateAt,
} from '@campanella/vocabulary';
import { v5 } from 'uuid';
import { type HandOverDeps, handOverWithin } from './hand-over-document.ts';
import type { DocumentStore, NotificationStore, OverdueDocument } from './ports.ts';
import {
  type Editor,
  type PrepareDeps,
  type PrepareRefusal,
  prepareRun,
  type ReadRunPage,
  type Run,
  type RunLine,
  type RunPage,
} from './runs.ts';

/** Documents that are looked at for one page, which is one transaction. */
const DOCUMENTS_PER_PAGE = 200;
const DAY_MS = 86_400_000;

/** What a run over overdue documents was prepared with. */
export interface OverdueSettings {
  /** What fell due before it is overdue enough. */
  readonly dueBefore: ServiceDate;
  /** A reminder comes again, or is followed by the handing over, so many days after the last one. */
  readonly daysAfterReminder: number;
  /** Less than that is not handed over. */
  readonly leastCents: Cents;
  readonly asOfMs: number;
}

export type OverdueRefusal =
  | PrepareRefusal
  /** What falls due today or later is not overdue. */
  | { readonly kind: 'not_overdue' };

/** Prepares a run of reminders, or of what goes to coercive collection. */
export async function prepareOverdue(
  deps: PrepareDeps,
  asked: Omit<OverdueSettings, 'asOfMs'> & {
    readonly municipalityId: MunicipalityId;
    readonly runId: string;
    readonly kind: 'reminder' | 'ruolo';
    readonly editor: Editor;
  },
): Promise<Decision<Run, OverdueRefusal>> {
  const { municipalityId, runId, kind, editor, ...settings } = asked;
  const now = deps.clock.now();
  if (settings.dueBefore > serviceDateAt(now)) return refuse({ kind: 'not_overdue' });
  const wanted = { municipalityId, runId, kind, scope: '', settings: { ...settings, asOfMs: now.getTime() }, editor };
  return prepareRun(deps, wanted, now);
}

export interface OverdueRunDeps extends Pick<HandOverDeps, 'positions'> {
  readonly documents: HandOverDeps['documents'] & Pick<DocumentStore, 'listOverdue' | 'markReminded'>;
  readonly notifications: Pick<NotificationStore, 'add'>;
}

/** Reads a page of documents to remind of: overdue, and not reminded lately. */
export function reminderRunPages(deps: OverdueRunDeps): ReadRunPage {
  return async (run, after) => {
    const { municipalityId } = run;
    const { dueBefore, daysAfterReminder, asOfMs } = run.settings as OverdueSettings;
    const wanted = { dueBefore, remindedBefore: null, after, limit: DOCUMENTS_PER_PAGE };
    const page = await deps.documents.listOverdue(municipalityId, wanted);
    const lately = asOfMs - daysAfterReminder * DAY_MS;
    const due = page.filter(({ remindedAt }) => remindedAt === null || remindedAt.getTime() <= lately);
    return {
      ...facts(page, due),
      async issue(tx, now) {
        const ids = due.map(({ documentId }) => documentId);
        await deps.documents.markReminded(tx, municipalityId, ids, now);
        const told = due.map(({ documentId, pupilId, service }) => {
          return {
            kind: 'document_overdue' as const,
            subjectId: reminderIdOf(run.runId, documentId),
            pupilId,
            service,
          };
        });
        await deps.notifications.add(tx, municipalityId, told, now);
        return { totals: totalsOf(due), lines: due.map((one) => line('reminded', one)) };
      },
    };
  };
}

/** Reads a page of documents to hand over to coercive collection: overdue, reminded long enough ago, and worth it. */
export function ruoloRunPages(deps: OverdueRunDeps): ReadRunPage {
  return async (run, after) => {
    const { municipalityId } = run;
    const { dueBefore, daysAfterReminder, leastCents, asOfMs } = run.settings as OverdueSettings;
    const remindedBefore = new Date(asOfMs - daysAfterReminder * DAY_MS);
    const wanted = { dueBefore, remindedBefore, after, limit: DOCUMENTS_PER_PAGE };
    const page = await deps.documents.listOverdue(municipalityId, wanted);
    const worth = page.filter(({ unpaidCents }) => unpaidCents >= leastCents);
    return {
      ...facts(page, worth),
      async issue(tx, now) {
        const done: OverdueDocument[] = [];
        const left: RunLine[] = [];
        for (const document of worth) {
          const { documentId } = document;
          const decided = await handOverWithin(deps, tx, { municipalityId, documentId }, now);
          if (decided.ok) done.push({ ...document, unpaidCents: decided.value });
          // Paid, or being paid, since the page was read.
          else left.push(line(decided.refusal.kind, document));
        }
        return { totals: totalsOf(done), lines: [...done.map((one) => line('handed_over', one)), ...left] };
      },
    };
  };
}

function facts(page: readonly OverdueDocument[], chosen: readonly OverdueDocument[]): Omit<RunPage, 'issue'> {
  return {
    next: page.length < DOCUMENTS_PER_PAGE ? null : (page.at(-1)?.documentId ?? null),
    totals: totalsOf(chosen),
    sample: chosen.map(({ documentId, pupilId, unpaidCents, dueOn }) => ({ documentId, pupilId, unpaidCents, dueOn })),
  };
}

/** Each reminder of a document is told once, and the next one again. */
function reminderIdOf(runId: string, documentId: string): string {
  return v5(documentId, runId);
}

function totalsOf(documents: readonly OverdueDocument[]) {
  return {
    documents: documents.length,
    unpaidCents: documents.reduce((sum, { unpaidCents }) => sum + unpaidCents, 0),
  };
}

function line(outcome: string, { documentId, unpaidCents }: OverdueDocument): RunLine {
  return { outcome, subjectId: documentId, amountCents: unpaidCents };
}
