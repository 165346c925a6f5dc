import type { Transaction } from '@campanella/postgres';
import {
  addCents,
  type Cents,
  cents,
  type Decision,
  type MunicipalityId,
  type PupilId,
  refuse,
  type ServiceCode,
  type ServiceDate,
  serviceDateAt,
} from '@campanella/vocabulary';
import { v5, v7 } from 'uuid';
import { containedVat, documentNumber, planInstalments, totalsOf } from '../domain/document.ts';
import type { Law } from '../domain/law.ts';
import { firstDayOf, lastDayOf, type Month, monthName } from '../domain/month.ts';
import { type Charge, type Settlement, settle } from '../domain/settle-month.ts';
import { type CreditDeps, takeOffOpen } from './credit-documents.ts';
import type {
  BillingRules,
  DocumentBrief,
  DocumentStore,
  IssuedDocument,
  NotificationStore,
  Payer,
  Payers,
  PositionStore,
  RulesStore,
} from './ports.ts';
import {
  type Done,
  type Editor,
  type PrepareDeps,
  type PrepareRefusal,
  prepareRun,
  type ReadRunPage,
  type Run,
  type RunLine,
} from './runs.ts';
import { storeDocuments } from './store-documents.ts';

/** Pupils that are looked at for one page, which is one transaction. */
const PUPILS_PER_PAGE = 200;
/** How far back corrections and late meals are looked for. */
const EARLIER_DAYS = 366;
/** What was recorded so shortly before the run before may have been committed after it. */
const OVERLAP_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Namespace of the ids of documents that runs issue; fixed for ever, made once with `uuidgen`. */
const RUN_DOCUMENTS = '8a3d8c4e-0f57-4b0e-9b36-6f1f2a1c7d55';

/** What a run was prepared with. */
export interface BillingSettings {
  readonly service: ServiceCode;
  readonly month: Month;
  readonly issuedOn: ServiceDate;
  /** As they were when the run was prepared: what is issued is what was looked at. */
  readonly rules: BillingRules;
  readonly earlierFrom: ServiceDate;
  readonly changedSinceMs: number;
  readonly asOfMs: number;
}

/** Invoiced meals, as attendance tells them. */
export interface InvoicedCharges {
  list(wanted: {
    readonly municipalityId: MunicipalityId;
    readonly service: ServiceCode;
    readonly from: ServiceDate;
    readonly until: ServiceDate;
    readonly earlierFrom: ServiceDate;
    readonly changedSinceMs: number;
    readonly asOfMs: number;
    readonly afterPupilId: string | null;
    readonly pageSize: number;
  }): Promise<{
    readonly pupils: readonly { readonly pupilId: PupilId; readonly charges: readonly Charge[] }[];
    readonly nextAfter: string | null;
  }>;
}

export type BillingRefusal =
  | PrepareRefusal
  | { readonly kind: 'no_rules' }
  /** A month is billed when it is over. */
  | { readonly kind: 'month_not_over' }
  /** A document is not dated before the day on which its run is prepared. */
  | { readonly kind: 'issued_in_past' };

export interface BillingPrepareDeps extends PrepareDeps {
  readonly rules: RulesStore;
}

/** Prepares a billing run: its preview begins, and nothing is issued before a second person confirms it. */
export async function prepareBilling(
  deps: BillingPrepareDeps,
  asked: {
    readonly municipalityId: MunicipalityId;
    readonly runId: string;
    readonly service: ServiceCode;
    readonly month: Month;
    readonly issuedOn: ServiceDate;
    readonly editor: Editor;
  },
): Promise<Decision<Run, BillingRefusal>> {
  const { municipalityId, runId, service, month, issuedOn, editor } = asked;
  const now = deps.clock.now();
  const rules = await deps.rules.find(municipalityId, service);
  if (rules === null) return refuse({ kind: 'no_rules' });
  if (lastDayOf(month) >= serviceDateAt(now)) return refuse({ kind: 'month_not_over' });
  if (issuedOn < serviceDateAt(now)) return refuse({ kind: 'issued_in_past' });
  const last = await deps.rules.lastBilled(municipalityId, service);
  const from = firstDayOf(month);
  const settings: BillingSettings = {
    ...{ service, month, issuedOn, rules },
    // Without a run before, nothing earlier was billed: whoever begins in November is not charged for spring.
    earlierFrom:
      last === null ? from : serviceDateAt(new Date(Date.parse(`${from}T12:00:00Z`) - EARLIER_DAYS * DAY_MS)),
    changedSinceMs: last === null ? 0 : last.asOfMs - OVERLAP_MS,
    asOfMs: now.getTime(),
  };
  return prepareRun(deps, { municipalityId, runId, kind: 'billing', scope: service, settings, editor }, now);
}

export interface BillingRunDeps extends CreditDeps {
  readonly charges: InvoicedCharges;
  readonly payers: Payers;
  readonly documents: DocumentStore;
  readonly positions: PositionStore;
  readonly notifications: Pick<NotificationStore, 'add'>;
  readonly law: Law;
}

/** What one pupil's page entry comes to. */
interface Draft {
  readonly pupilId: PupilId;
  readonly settlement: Settlement;
  readonly payer: Payer | null;
}

/**
 * Reads a page of pupils and what they are to be charged and credited; issuing it makes their documents with consecutive numbers, their notices and
 * their credit notes. A meal is charged once whatever happens: the key of `document_charges` says so.
 */
export function billingRunPages(deps: BillingRunDeps): ReadRunPage {
  return async (run, after) => {
    const { municipalityId } = run;
    const settings = run.settings as BillingSettings;
    const { service, month, earlierFrom, changedSinceMs, asOfMs } = settings;
    const [from, until] = [firstDayOf(month), lastDayOf(month)];
    const page = await deps.charges.list({
      ...{ municipalityId, service, from, until, earlierFrom, changedSinceMs, asOfMs },
      ...{ afterPupilId: after, pageSize: PUPILS_PER_PAGE },
    });
    const pupilIds = page.pupils.map(({ pupilId }) => pupilId);
    const [billed, payers] = await Promise.all([
      deps.documents.listBilledMeals(municipalityId, service, pupilIds, earlierFrom, until),
      deps.payers.list(municipalityId, pupilIds, service),
    ]);
    const drafts = page.pupils.map(({ pupilId, charges }): Draft => {
      return { pupilId, settlement: settle(charges, billed.get(pupilId) ?? []), payer: payers.get(pupilId) ?? null };
    });
    const corrected = await deps.documents.listBriefs(
      municipalityId,
      drafts.flatMap(({ settlement }) => settlement.credits.map(({ documentId }) => documentId)),
    );
    const invoices = drafts.flatMap((draft) => toInvoice(deps.law, run, settings, draft));
    const credits = drafts.flatMap((draft) => toCredits(run, settings, draft, corrected));
    const leftOut = drafts.filter(({ settlement, payer }) => settlement.chargedCents > 0 && payer === null);
    return {
      next: page.nextAfter,
      totals: totalsOfPage(invoices, credits, leftOut),
      sample: invoices.map(({ document, meals }) => ({
        ...{ pupilId: document.pupilId, mealCount: meals.length, amountCents: document.amountCents },
        ...{ vatCents: document.vatCents, stampCents: document.stampCents },
        instalments: document.instalments.map(({ amountCents, dueOn }) => ({ amountCents, dueOn })),
      })),
      issue: (tx, now) => issuePage(deps, tx, run, settings, { invoices, credits, leftOut }, now),
    };
  };
}

interface Invoice {
  readonly document: Omit<IssuedDocument, 'number'>;
  readonly payer: Payer;
  readonly meals: Settlement['meals'];
}

interface Credit {
  readonly document: Omit<IssuedDocument, 'number'>;
  readonly corrects: DocumentBrief;
  readonly meals: Settlement['credits'][number]['meals'];
}

function toInvoice(law: Law, run: Run, settings: BillingSettings, draft: Draft): Invoice[] {
  const { rules, issuedOn, month, service } = settings;
  const { chargedCents, meals } = draft.settlement;
  const { pupilId, payer } = draft;
  if (chargedCents === 0 || payer === null) return [];
  const totals = totalsOf(law, { vat: rules.vat, chargedCents, issuedOn });
  const { instalmentCount: count, instalmentLeastCents: leastCents, dueDays, daysApart } = rules;
  const instalments = planInstalments(totals.amountCents, issuedOn, { count, leastCents, dueDays, daysApart });
  const document = {
    ...{
      municipalityId: run.municipalityId,
      documentId: documentIdOf(run, pupilId),
      kind: rules.kind,
      pupilId,
      service,
    },
    ...{ series: rules.series, year: Number(issuedOn.slice(0, 4)), description: `${rules.label}, ${monthName(month)}` },
    ...{ issuedOn, vat: rules.vat, ...totals, content: `run/${run.runId}`, correctsId: null },
    instalments: instalments.map((one) => ({ ...one, instalmentId: v7() })),
  };
  return [{ document, payer, meals }];
}

function toCredits(
  run: Run,
  { rules, issuedOn, service }: BillingSettings,
  { pupilId, settlement }: Draft,
  briefs: ReadonlyMap<string, DocumentBrief>,
): Credit[] {
  return settlement.credits.map(({ documentId, creditedCents, meals }) => {
    const corrects = briefs.get(documentId);
    if (corrects === undefined) throw new Error('a meal is charged by a document that is not there');
    const document = {
      ...{
        municipalityId: run.municipalityId,
        documentId: documentIdOf(run, documentId),
        kind: 'credit_note' as const,
      },
      ...{ pupilId, service, series: corrects.series, year: Number(issuedOn.slice(0, 4)), issuedOn },
      description: `${rules.label}, storno del documento ${documentNumber(corrects)}`,
      ...{ vat: corrects.vat, amountCents: creditedCents, vatCents: containedVat(corrects.vat, creditedCents) },
      ...{ stampCents: cents(0), content: `run/${run.runId}`, correctsId: documentId, instalments: [] },
    };
    return { document, corrects, meals };
  });
}

function documentIdOf({ municipalityId, runId }: Run, subjectId: string): string {
  return v5(`${municipalityId}/${runId}/${subjectId}`, RUN_DOCUMENTS);
}

function totalsOfPage(invoices: readonly Invoice[], credits: readonly Credit[], leftOut: readonly Draft[]) {
  const sum = (amounts: readonly Cents[]) => addCents(cents(0), ...amounts);
  return {
    documents: invoices.length,
    amountCents: sum(invoices.map(({ document }) => document.amountCents)),
    vatCents: sum(invoices.map(({ document }) => document.vatCents)),
    stampCents: sum(invoices.map(({ document }) => document.stampCents)),
    meals: invoices.reduce((count, { meals }) => count + meals.length, 0),
    creditNotes: credits.length,
    creditedCents: sum(credits.map(({ document }) => document.amountCents)),
    leftOut: leftOut.length,
  };
}

async function issuePage(
  deps: BillingRunDeps,
  tx: Transaction,
  run: Run,
  { service, rules }: BillingSettings,
  {
    invoices,
    credits,
    leftOut,
  }: { invoices: readonly Invoice[]; credits: readonly Credit[]; leftOut: readonly Draft[] },
  now: Date,
): Promise<Done> {
  const { municipalityId } = run;
  const payers = new Map(invoices.map(({ document, payer }) => [document.documentId, payer]));
  await storeDocuments(
    deps,
    tx,
    [...invoices, ...credits].map(({ document }) => document),
    { taxonomyCode: rules.taxonomyCode, debtorOf: (documentId) => payers.get(documentId)?.debtor ?? null },
    now,
  );
  await deps.documents.chargeMeals(
    tx,
    municipalityId,
    service,
    invoices.flatMap(({ document: { documentId, pupilId }, meals }) =>
      meals.map((meal) => ({ ...meal, pupilId, documentId })),
    ),
  );
  await deps.documents.creditMeals(
    tx,
    municipalityId,
    service,
    credits.flatMap(({ document: { documentId, pupilId }, meals }) =>
      meals.map(({ serviceDate }) => ({ serviceDate, pupilId, creditNoteId: documentId })),
    ),
  );
  await deps.notifications.add(
    tx,
    municipalityId,
    invoices.map(({ document: { documentId, pupilId } }) => ({
      kind: 'document_issued',
      subjectId: documentId,
      pupilId,
      service,
    })),
    now,
  );
  await takeOffOpen(deps, tx, municipalityId, service, drawnPupils(invoices, credits), now);
  const line =
    (outcome: string) =>
    ({ document }: Invoice | Credit): RunLine => {
      return { outcome, subjectId: document.documentId, amountCents: document.amountCents };
    };
  return {
    totals: totalsOfPage(invoices, credits, leftOut),
    lines: [
      ...invoices.map(line('issued')),
      ...credits.map(line('credited')),
      ...leftOut.map(({ pupilId, settlement }) => ({
        ...{ outcome: 'no_payer', subjectId: pupilId, amountCents: settlement.chargedCents },
      })),
    ],
  };
}

function drawnPupils(invoices: readonly Invoice[], credits: readonly Credit[]): readonly PupilId[] {
  return [...new Set([...invoices, ...credits].map(({ document }) => document.pupilId))];
}
