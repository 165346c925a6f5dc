import {
  accept,
  addCents,
  addDays,
  type Cents,
  cents,
  type Decision,
  refuse,
  type ServiceDate,
  subtractCents,
} from '@campanella/vocabulary';
import { type Law, stampRuleOn } from './law.ts';

export type DocumentKind = 'invoice' | 'payment_notice' | 'credit_note';

/** How a document is taxed; a setting of the service, per municipality. */
export type Vat = 'vat_4' | 'exempt';

/** Most instalments of one document. */
export const INSTALMENTS_MAX = 12;
/** An instalment as it is asked for. */
export interface NewInstalment {
  readonly instalmentId: string;
  readonly amountCents: Cents;
  readonly dueOn: ServiceDate;
}

/** What is asked for, but for whom. */
export interface NewDocument {
  /** A credit note is made by crediting, not by issuing. */
  readonly kind: Exclude<DocumentKind, 'credit_note'>;
  readonly vat: Vat;
  /** What is charged, VAT included and without the stamp. */
  readonly chargedCents: Cents;
  readonly issuedOn: ServiceDate;
  readonly instalments: readonly NewInstalment[];
}

/** What a document comes to. */
export interface Totals {
  /** `IMPORTO`: what is charged and the stamp. */
  readonly amountCents: Cents;
  readonly vatCents: Cents;
  readonly stampCents: Cents;
}

export type IssueRefusal =
  | { readonly kind: 'no_instalments' }
  | { readonly kind: 'too_many_instalments'; readonly instalmentsMax: number }
  /** The instalments do not sum to what the document comes to. */
  | { readonly kind: 'wrong_sum'; readonly amountCents: Cents }
  | { readonly kind: 'due_before_issue' }
  /** Each instalment falls due after the one before. */
  | { readonly kind: 'unordered_instalments' };

/**
 * The VAT that an amount contains, half a cent rounded up.
 *
 * @see no. 37, table A part II, D.P.R. 633/1972: 4 % on catering in school canteens
 */
export function containedVat(vat: Vat, grossCents: Cents): Cents {
  return vat === 'vat_4' ? cents(Math.floor((grossCents * 4 + 52) / 104)) : cents(0);
}

/** The revenue stamp of a document, by the law of the day on which it is issued: never together with VAT. */
export function stampOf(law: Law, vat: Vat, chargedCents: Cents, issuedOn: ServiceDate): Cents {
  const rule = stampRuleOn(law, issuedOn);
  return vat === 'exempt' && rule !== null && chargedCents > rule.aboveCents ? rule.stampCents : cents(0);
}

/** What a document comes to. */
export function totalsOf(law: Law, { vat, chargedCents, issuedOn }: Omit<NewDocument, 'kind' | 'instalments'>): Totals {
  const stampCents = stampOf(law, vat, chargedCents, issuedOn);
  return { amountCents: addCents(chargedCents, stampCents), vatCents: containedVat(vat, chargedCents), stampCents };
}

/** Decides about a document; guards read top to bottom. */
export function decideIssue(law: Law, document: NewDocument): Decision<Totals, IssueRefusal> {
  const { instalments, issuedOn } = document;
  const totals = totalsOf(law, document);
  const { amountCents } = totals;
  if (instalments.length === 0) return refuse({ kind: 'no_instalments' });
  if (instalments.length > INSTALMENTS_MAX) {
    return refuse({ kind: 'too_many_instalments', instalmentsMax: INSTALMENTS_MAX });
  }
  if (addCents(...instalments.map((one) => one.amountCents)) !== amountCents) {
    return refuse({ kind: 'wrong_sum', amountCents });
  }
  if (instalments.some(({ dueOn }) => dueOn < issuedOn)) return refuse({ kind: 'due_before_issue' });
  const isOrdered = instalments.every(
    ({ dueOn }, index) => index === 0 || dueOn > (instalments[index - 1]?.dueOn ?? ''),
  );
  if (!isOrdered) return refuse({ kind: 'unordered_instalments' });
  return accept(totals);
}

/**
 * Splits what a document comes to into equal instalments; the cents that are left over fall due with the first.
 *
 * @param plan how many, of at least so much each, the first so many days after the issue, and so many days apart
 */
export function planInstalments(
  amountCents: Cents,
  issuedOn: ServiceDate,
  plan: { readonly count: number; readonly leastCents: Cents; readonly dueDays: number; readonly daysApart: number },
): readonly Omit<NewInstalment, 'instalmentId'>[] {
  const most = plan.leastCents === 0 ? plan.count : Math.floor(amountCents / plan.leastCents);
  const count = Math.max(1, Math.min(plan.count, most, amountCents));
  const each = Math.floor(amountCents / count);
  return Array.from({ length: count }, (_, index) => ({
    amountCents: cents(index === 0 ? amountCents - each * (count - 1) : each),
    dueOn: addDays(issuedOn, plan.dueDays + index * plan.daysApart),
  }));
}

/** An instalment as it stands. */
export interface Instalment {
  readonly instalmentId: string;
  readonly ordinal: number;
  /** What is to be paid, or was: less what credit notes took off. */
  readonly amountCents: Cents;
  readonly dueOn: ServiceDate;
  /** `cancelled`: a credit note took off all of it. */
  readonly state: 'open' | 'paid' | 'handed_over' | 'cancelled';
  readonly paidAt: Date | null;
  readonly noticeNumber: string;
  /** A cart of ours is under way until then; null where none is. */
  readonly cartUntil: Date | null;
}

/** A document as it stands. */
export interface AccountingDocument {
  readonly documentId: string;
  readonly kind: DocumentKind;
  readonly series: string;
  readonly year: number;
  readonly number: number;
  readonly pupilId: string;
  readonly service: string;
  readonly description: string;
  readonly issuedOn: ServiceDate;
  /** What it was issued for. */
  readonly issuedCents: Cents;
  /** What credit notes took off it; of a credit note: what it took off documents. */
  readonly creditedCents: Cents;
  readonly vatCents: Cents;
  readonly stampCents: Cents;
  readonly isHandedOver: boolean;
  readonly isReminded: boolean;
  /** Of a credit note: what it did not take off a document was given back. */
  readonly isRefunded: boolean;
  /** In their order; none of a credit note. */
  readonly instalments: readonly Instalment[];
}

/** Where a document stands: drawn in the README. */
export type DocumentState =
  | 'issued'
  | 'in_verification'
  | 'partly_paid'
  | 'paid'
  | 'overdue'
  | 'reminded'
  | 'handed_over'
  | 'cancelled';

/** What a parent reads of a document: `IMPORTO = DA PAGARE + PAGATO`, always; less than 0 where a credit note owes something to the parent. */
export interface Standing {
  readonly amountCents: Cents;
  readonly dueCents: Cents;
  readonly paidCents: Cents;
  /** The next day on which something falls due, else the last on which something did. */
  readonly dueOn: ServiceDate;
  readonly state: DocumentState;
}

/** How a document stands at an instant. */
export function standingOf(document: AccountingDocument, now: Date, today: ServiceDate): Standing {
  if (document.kind === 'credit_note') return standingOfCreditNote(document);
  const sum = (states: readonly Instalment['state'][]) =>
    addCents(
      cents(0),
      ...document.instalments.filter(({ state }) => states.includes(state)).map(({ amountCents }) => amountCents),
    );
  const unpaid = document.instalments.filter(({ state }) => state === 'open' || state === 'handed_over');
  const paidCents = sum(['paid']);
  const dueCents = sum(['open', 'handed_over']);
  const dueOn = (unpaid[0] ?? document.instalments.at(-1))?.dueOn ?? document.issuedOn;
  const state = (): DocumentState => {
    if (unpaid.length === 0) return paidCents > 0 ? 'paid' : 'cancelled';
    if (document.isHandedOver) return 'handed_over';
    if (unpaid.some((one) => isInVerification(one, now))) return 'in_verification';
    if (dueOn < today) return document.isReminded ? 'reminded' : 'overdue';
    return paidCents > 0 ? 'partly_paid' : 'issued';
  };
  return { amountCents: addCents(dueCents, paidCents), dueCents, paidCents, dueOn, state: state() };
}

/** What a credit note did not take off a document is owed to the parent until it is set off or given back. */
function standingOfCreditNote({ issuedCents, creditedCents, isRefunded, issuedOn }: AccountingDocument): Standing {
  const owed = subtractCents(creditedCents, issuedCents);
  const none = cents(0);
  const amounts = isRefunded ? { dueCents: none, paidCents: owed } : { dueCents: owed, paidCents: none };
  return { amountCents: owed, ...amounts, dueOn: issuedOn, state: amounts.dueCents === 0 ? 'paid' : 'issued' };
}

/** A payment was begun and its receipt has not come. */
export function isInVerification({ state, cartUntil }: Pick<Instalment, 'state' | 'cartUntil'>, now: Date): boolean {
  return state === 'open' && cartUntil !== null && cartUntil > now;
}

/** A document's number as people say it, with its series where it has one: `12/2026`, `12/M/2026`. */
export function documentNumber({
  number,
  series,
  year,
}: Pick<AccountingDocument, 'number' | 'series' | 'year'>): string {
  return [number, ...(series === '' ? [] : [series]), year].join('/');
}
