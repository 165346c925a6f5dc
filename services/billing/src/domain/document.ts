import { accept, addCents, type Cents, cents, type Decision, refuse, type ServiceDate } from '@campanella/vocabulary';

export type DocumentKind = 'invoice' | 'payment_notice';

/** How a document is taxed; a setting of the service, per municipality. */
export type Vat = 'vat_4' | 'exempt';

/** Most instalments of one document. */
export const INSTALMENTS_MAX = 12;
/** Above this an exempt document bears a revenue stamp. @see D.P.R. 642/1972, tariff, article 13 */
const STAMP_ABOVE_CENTS = 7_747;
const STAMP_CENTS = cents(200);

/** An instalment as it is asked for. */
export interface NewInstalment {
  readonly instalmentId: string;
  readonly amountCents: Cents;
  readonly dueOn: ServiceDate;
}

/** What is asked for, but for whom. */
export interface NewDocument {
  readonly kind: DocumentKind;
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

/** The revenue stamp of a document: never together with VAT. */
export function stampOf(vat: Vat, chargedCents: Cents): Cents {
  return vat === 'exempt' && chargedCents > STAMP_ABOVE_CENTS ? STAMP_CENTS : cents(0);
}

/** Decides about a document; guards read top to bottom. */
export function decideIssue(document: NewDocument): Decision<Totals, IssueRefusal> {
  const { instalments, vat, chargedCents, issuedOn } = document;
  const stampCents = stampOf(vat, chargedCents);
  const amountCents = addCents(chargedCents, stampCents);
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
  return accept({ amountCents, vatCents: containedVat(vat, chargedCents), stampCents });
}

/** An instalment as it stands. */
export interface Instalment {
  readonly instalmentId: string;
  readonly ordinal: number;
  readonly amountCents: Cents;
  readonly dueOn: ServiceDate;
  readonly state: 'open' | 'paid' | 'handed_over';
  readonly paidAt: Date | null;
  readonly noticeNumber: string;
  /** A cart of ours is under way until then; null where none is. */
  readonly cartUntil: Date | null;
}

/** A document as it stands. */
export interface AccountingDocument {
  readonly documentId: string;
  readonly kind: DocumentKind;
  readonly year: number;
  readonly number: number;
  readonly pupilId: string;
  readonly service: string;
  readonly description: string;
  readonly issuedOn: ServiceDate;
  readonly amountCents: Cents;
  readonly vatCents: Cents;
  readonly stampCents: Cents;
  readonly isHandedOver: boolean;
  /** In their order. */
  readonly instalments: readonly Instalment[];
}

/** What a parent reads of a document: `IMPORTO = DA PAGARE + PAGATO`, always. */
export interface Standing {
  readonly dueCents: Cents;
  readonly paidCents: Cents;
  /** The next day on which something falls due, else the last on which something did. */
  readonly dueOn: ServiceDate;
  readonly state: 'issued' | 'in_verification' | 'partly_paid' | 'overdue' | 'paid' | 'handed_over';
}

/** How a document stands at an instant. */
export function standingOf(document: AccountingDocument, now: Date, today: ServiceDate): Standing {
  const paid = document.instalments.filter(({ state }) => state === 'paid');
  const unpaid = document.instalments.filter(({ state }) => state !== 'paid');
  const paidCents = addCents(cents(0), ...paid.map(({ amountCents }) => amountCents));
  const dueCents = addCents(cents(0), ...unpaid.map(({ amountCents }) => amountCents));
  const dueOn = (unpaid[0] ?? document.instalments.at(-1))?.dueOn ?? document.issuedOn;
  const state = (): Standing['state'] => {
    if (unpaid.length === 0) return 'paid';
    if (document.isHandedOver) return 'handed_over';
    if (unpaid.some((one) => isInVerification(one, now))) return 'in_verification';
    if (dueOn < today) return 'overdue';
    return paid.length > 0 ? 'partly_paid' : 'issued';
  };
  return { dueCents, paidCents, dueOn, state: state() };
}

/** A payment was begun and its receipt has not come. */
export function isInVerification({ state, cartUntil }: Pick<Instalment, 'state' | 'cartUntil'>, now: Date): boolean {
  return state === 'open' && cartUntil !== null && cartUntil > now;
}

/** A document's number as people say it. */
export function documentNumber({ number, year }: Pick<AccountingDocument, 'number' | 'year'>): string {
  return `${number}/${year}`;
}
