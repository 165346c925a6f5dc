import type { Transaction } from '@campanella/postgres';
import type { Cents, MunicipalityId, PersonId, PupilId, ServiceCode, ServiceDate } from '@campanella/vocabulary';
import type { CreditPart } from '../domain/credit.ts';
import type { AccountingDocument, DocumentKind, Instalment, NewInstalment, Totals, Vat } from '../domain/document.ts';
import type { NoticeNumber } from '../domain/notice-number.ts';
import type { NotificationKind } from '../domain/notification.ts';
import type { Debtor, Handling, Position, Receipt } from '../domain/position.ts';
import type { BilledMeal } from '../domain/settle-month.ts';
import type { TopUpOrder, TopUpRules } from '../domain/top-up.ts';
import type { Editor } from './runs.ts';

/** A municipality as pagoPA knows it. */
export interface Creditor {
  readonly municipalityId: MunicipalityId;
  readonly fiscalCode: string;
  readonly companyName: string;
  readonly officeName: string;
  readonly brokerId: string;
  readonly stationId: string;
  readonly segregationCode: string;
  readonly iban: string;
  readonly postalIban: string | null;
  readonly cbillCode: string | null;
  /** The portal's address, without a path. */
  readonly portalUrl: string;
  /** A position whose due day has passed is refused at pagoPA; otherwise it stays payable. */
  readonly refusesLatePayments: boolean;
  /** Who keeps the positions at pagoPA: we, told to its archive (ACA), or pagoPA itself (GPD). */
  readonly positionsAt: 'aca' | 'gpd';
}

/** Runs an operation in one transaction. */
export type InTransaction = <Result>(run: (tx: Transaction) => Promise<Result>) => Promise<Result>;

export interface Clock {
  now(): Date;
}

/** A position and whether a cart of ours is under way for it. */
export interface LockedPosition extends Position {
  readonly cartId: string | null;
  readonly cartUntil: Date | null;
}

/** A new order with what its position needs. */
export interface NewTopUp {
  readonly municipalityId: MunicipalityId;
  readonly orderId: string;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly badgeNumber: string | null;
  readonly amountCents: Cents;
  readonly overdraftCents: Cents;
  readonly orderedBy: PersonId;
  readonly expiresOn: ServiceDate;
}

/** Creditors and what they let people top up. */
export interface CreditorStore {
  findCreditor(municipalityId: MunicipalityId): Promise<Creditor | null>;
  findCreditorByFiscalCode(fiscalCode: string): Promise<Creditor | null>;
  listRules(municipalityId: MunicipalityId): Promise<readonly TopUpRules[]>;
  /** False where another municipality has the fiscal code; `fixed` where notices exist and it would change what they are made of. */
  putCreditor(creditor: Creditor): Promise<'put' | 'held' | 'fixed'>;
  /** False for a municipality that is no creditor. */
  putRules(municipalityId: MunicipalityId, rules: TopUpRules): Promise<boolean>;
}

/** Positions at pagoPA. */
export interface PositionStore {
  /** A number that this creditor never had, made in the transaction: null for a municipality that is no creditor. */
  takeNoticeNumber(tx: Transaction, municipalityId: MunicipalityId): Promise<NoticeNumber | null>;
  insert(tx: Transaction, municipalityId: MunicipalityId, position: Position, now: Date): Promise<void>;
  /** The same for many at once: as many numbers as the creditor exists for, none for a municipality that is no creditor. */
  takeNoticeNumbers(tx: Transaction, municipalityId: MunicipalityId, count: number): Promise<readonly NoticeNumber[]>;
  insertMany(tx: Transaction, municipalityId: MunicipalityId, positions: readonly Position[], now: Date): Promise<void>;
  /** Changes what is to be paid of an open position. */
  setAmount(
    tx: Transaction,
    municipalityId: MunicipalityId,
    positionId: string,
    amountCents: Cents,
    now: Date,
  ): Promise<void>;
  /** Reads without a lock: the node may ask at any time. */
  find(municipalityId: MunicipalityId, noticeNumber: NoticeNumber): Promise<Position | null>;
  lockByNotice(
    tx: Transaction,
    municipalityId: MunicipalityId,
    noticeNumber: NoticeNumber,
  ): Promise<LockedPosition | null>;
  lockBySubjects(
    tx: Transaction,
    municipalityId: MunicipalityId,
    subjectIds: readonly string[],
  ): Promise<readonly LockedPosition[]>;
  setState(
    tx: Transaction,
    municipalityId: MunicipalityId,
    positionId: string,
    state: Position['state'],
    now: Date,
  ): Promise<void>;
  setCart(
    tx: Transaction,
    municipalityId: MunicipalityId,
    positionIds: readonly string[],
    cart: { readonly cartId: string; readonly until: Date } | null,
  ): Promise<void>;
  /** Lets the positions of these pupils in a cart go; nothing where it is not under way. */
  endCart(municipalityId: MunicipalityId, pupilIds: readonly PupilId[], cartId: string): Promise<void>;
}

/** Where a list of orders goes on: after this one. */
export interface OrderPlace {
  readonly orderedAt: Date;
  readonly orderId: string;
}

/** Top-up orders. */
export interface OrderStore {
  /** Makes other orders of the same pupil wait until the transaction ends. */
  lockPupil(tx: Transaction, municipalityId: MunicipalityId, pupilId: PupilId): Promise<void>;
  countPending(tx: Transaction, municipalityId: MunicipalityId, pupilId: PupilId, today: ServiceDate): Promise<number>;
  /** False where any order of the municipality has this id. */
  insert(tx: Transaction, order: NewTopUp, now: Date): Promise<boolean>;
  find(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    orderId: string,
    tx?: Transaction,
  ): Promise<TopUpOrder | null>;
  /** Newest first. */
  list(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    after: OrderPlace | null,
    limit: number,
  ): Promise<readonly TopUpOrder[]>;
  cancel(tx: Transaction, municipalityId: MunicipalityId, orderId: string, now: Date): Promise<void>;
  /** How an order was paid; null where it is not. */
  findPayment(municipalityId: MunicipalityId, pupilIds: readonly PupilId[], orderId: string): Promise<Payment | null>;
  /** A cancelled order whose money came all the same is paid as well. */
  markPaid(tx: Transaction, municipalityId: MunicipalityId, orderId: string, paidAt: Date): Promise<void>;
  /** Paid orders that are not on their account yet, oldest first. */
  listPaid(limit: number): Promise<readonly PaidOrder[]>;
  /** False where another replica was first. */
  markCredited(tx: Transaction, municipalityId: MunicipalityId, orderId: string, now: Date): Promise<boolean>;
}

/** A payment, as pagoPA's receipt says. */
export interface Payment {
  readonly noticeNumber: NoticeNumber;
  readonly receiptId: string;
  readonly paidCents: Cents;
  readonly paidAt: Date;
  readonly pspName: string;
}

/** An order whose money has arrived. */
export interface PaidOrder {
  readonly municipalityId: MunicipalityId;
  readonly orderId: string;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly amountCents: Cents;
  readonly overdraftCents: Cents;
  readonly paidAt: Date;
}

/** Receipts, as they came. */
export interface ReceiptStore {
  /** False where this receipt of this creditor is known. */
  insert(
    tx: Transaction,
    municipalityId: MunicipalityId,
    receipt: Receipt,
    facts: { readonly positionId: string | null; readonly handling: Handling; readonly message: string },
    now: Date,
  ): Promise<boolean>;
}

/** Who pays for a pupil, as anagrafica knows. */
export interface Payer {
  readonly guardianId: string;
  readonly debtor: Debtor;
  /** Who is paid for. */
  readonly pupil: Debtor;
  /** Where the enrolment's invoices go beside the portal; null where nowhere else. */
  readonly email: string | null;
  readonly isPrepaid: boolean;
  readonly overdraftCents: Cents;
}

/** Other services, over the network: never asked within a transaction. */
export interface Payers {
  /** Null where nobody pays for the pupil in this service. */
  find(municipalityId: MunicipalityId, pupilId: PupilId, service: ServiceCode): Promise<Payer | null>;
  /** Of many pupils; those whom nobody pays for are not in it. */
  list(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    service: ServiceCode,
  ): Promise<ReadonlyMap<PupilId, Payer>>;
}

/** How a service is billed, per municipality. */
export interface BillingRules {
  readonly service: ServiceCode;
  /** As documents and notices call the service. */
  readonly label: string;
  readonly kind: Exclude<DocumentKind, 'credit_note'>;
  readonly vat: Vat;
  /** Empty for the general series. */
  readonly series: string;
  readonly taxonomyCode: string;
  readonly instalmentCount: number;
  /** A document is not split into instalments of less. */
  readonly instalmentLeastCents: Cents;
  /** Days from the issue to the first due day, and between due days. */
  readonly dueDays: number;
  readonly daysApart: number;
}

/** Rules of billing, and until when they were applied. */
export interface RulesStore {
  find(municipalityId: MunicipalityId, service: ServiceCode): Promise<BillingRules | null>;
  /** False for a municipality that is no creditor. */
  put(municipalityId: MunicipalityId, rules: BillingRules, tx?: Transaction): Promise<boolean>;
  /** The instant as of which the latest month that was billed was looked at; null where none was. */
  lastBilled(municipalityId: MunicipalityId, service: ServiceCode): Promise<{ readonly asOfMs: number } | null>;
}

/** A change that somebody of the office made. */
export interface OfficeEdit {
  readonly editId: string;
  readonly editedAt: Date;
  readonly editor: Editor;
  readonly action: string;
  readonly subjectId: string;
}

/** Who of the office changed what. */
export interface EditLog {
  note(tx: Transaction, municipalityId: MunicipalityId, edit: Omit<OfficeEdit, 'editId'>): Promise<void>;
  /** Newest first; after an edit's id. */
  list(municipalityId: MunicipalityId, after: string | null, limit: number): Promise<readonly OfficeEdit[]>;
}

/** Something that a guardian is told, once. */
export interface NewNotification {
  readonly kind: NotificationKind;
  /** The order, the document, or the payment that armed it. */
  readonly subjectId: string;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
}

/** A message that is to be sent. */
export interface WaitingNotification extends NewNotification {
  readonly municipalityId: MunicipalityId;
  readonly channel: 'mail' | 'app_io';
  /** This one included. */
  readonly attempts: number;
}

/** What guardians are told: stored with the fact, sent afterwards. */
export interface NotificationStore {
  /** What is stored already is left as it is. */
  add(
    tx: Transaction,
    municipalityId: MunicipalityId,
    notifications: readonly NewNotification[],
    now: Date,
  ): Promise<void>;
  /** Messages whose time has come, for nobody else until then. */
  claim(now: Date, until: Date, limit: number): Promise<readonly WaitingNotification[]>;
  end(
    notification: WaitingNotification,
    state: 'sent' | 'nowhere' | 'parked',
    reason: string | null,
    now: Date,
  ): Promise<void>;
  postpone(notification: WaitingNotification, until: Date): Promise<void>;
}

/** A document to be stored, with the number it was given. */
export interface IssuedDocument extends Totals {
  readonly municipalityId: MunicipalityId;
  readonly documentId: string;
  readonly kind: DocumentKind;
  /** Numbers follow each other within a year of a series; empty for the general one. */
  readonly series: string;
  readonly year: number;
  readonly number: number;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly description: string;
  readonly issuedOn: ServiceDate;
  readonly vat: Vat;
  /** Of a credit note: what it corrects. */
  readonly correctsId: string | null;
  readonly instalments: readonly NewInstalment[];
  /** What was asked for, to know a repeat. */
  readonly content: string;
}

/** A document as a credit note needs it. */
export type DocumentBrief = Pick<IssuedDocument, 'documentId' | 'series' | 'year' | 'number' | 'vat'>;

/** A credit note of which something is owed still. */
export interface CreditLeft {
  readonly documentId: string;
  readonly correctsId: string;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly amountCents: Cents;
  readonly creditedCents: Cents;
}

/** Where a list of documents goes on: after this one. */
export interface DocumentPlace {
  readonly issuedOn: ServiceDate;
  readonly year: number;
  readonly number: number;
  readonly series: string;
}

/** An open instalment with what a parent must know to pay it. */
export interface Payable {
  readonly instalmentId: string;
  readonly documentId: string;
  readonly pupilId: string;
  readonly series: string;
  readonly year: number;
  readonly number: number;
  readonly ordinal: number;
  readonly instalmentCount: number;
  readonly description: string;
  readonly issuedOn: ServiceDate;
  readonly dueOn: ServiceDate;
  readonly amountCents: Cents;
  readonly noticeNumber: string;
  readonly cartUntil: Date | null;
}

/** Where a list of payables goes on: after this one. */
export interface PayablePlace {
  readonly dueOn: ServiceDate;
  readonly instalmentId: string;
}

/** A payment of an instalment, for its receipt. */
export interface PaidInstalment {
  readonly payable: Payable;
  readonly receiptId: string;
  readonly paidAt: Date;
  readonly pspName: string;
}

/** A document of which something unpaid has fallen due. */
export interface OverdueDocument {
  readonly documentId: string;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly description: string;
  /** All that is unpaid of it. */
  readonly unpaidCents: Cents;
  readonly dueOn: ServiceDate;
  readonly remindedAt: Date | null;
}

/** A document in coercive collection, as whoever collects it needs it. */
export interface HandedOverDocument {
  readonly documentId: string;
  readonly series: string;
  readonly year: number;
  readonly number: number;
  readonly description: string;
  readonly issuedOn: ServiceDate;
  readonly dueOn: ServiceDate;
  readonly remindedAt: Date | null;
  readonly amountCents: Cents;
  /** One of its notices: who owes is sealed in its position. */
  readonly noticeNumber: NoticeNumber;
}

/** A document as its file shows it: what it was issued with, and nothing that changes afterwards. */
export interface DocumentFile
  extends Pick<
    IssuedDocument,
    'documentId' | 'kind' | 'series' | 'year' | 'number' | 'description' | 'issuedOn' | 'vat'
  > {
  readonly issuedCents: Cents;
  readonly vatCents: Cents;
  readonly stampCents: Cents;
  readonly corrects: Pick<IssuedDocument, 'series' | 'year' | 'number'> | null;
  readonly meals: readonly { readonly count: number; readonly priceCents: Cents }[];
  readonly instalments: readonly { readonly amountCents: Cents; readonly dueOn: ServiceDate }[];
  /** A notice of it, or of what it corrects: who owes is sealed in its position. */
  readonly noticeNumber: NoticeNumber;
}

/** Documents and their instalments. */
export interface DocumentStore {
  /** The next numbers of a year in a series; other issues of it wait until the transaction ends. @returns the last of them */
  takeNumbers(
    tx: Transaction,
    municipalityId: MunicipalityId,
    of: Pick<IssuedDocument, 'series' | 'year'>,
    count: number,
  ): Promise<number>;
  /** What was issued under an id; null where nothing was. Other issues under it wait until the transaction ends. */
  findIssued(
    tx: Transaction,
    municipalityId: MunicipalityId,
    documentId: string,
  ): Promise<Pick<IssuedDocument, 'year' | 'number' | 'amountCents' | 'content'> | null>;
  /** Documents of one municipality. */
  insert(tx: Transaction, documents: readonly IssuedDocument[], now: Date): Promise<void>;
  listBriefs(
    municipalityId: MunicipalityId,
    documentIds: readonly string[],
  ): Promise<ReadonlyMap<string, DocumentBrief>>;
  /** Meals that documents charge, by pupil. */
  listBilledMeals(
    municipalityId: MunicipalityId,
    service: ServiceCode,
    pupilIds: readonly PupilId[],
    from: ServiceDate,
    until: ServiceDate,
  ): Promise<ReadonlyMap<PupilId, readonly BilledMeal[]>>;
  /** Says which document charges each meal. @throws where one of them is charged already */
  chargeMeals(
    tx: Transaction,
    municipalityId: MunicipalityId,
    service: ServiceCode,
    meals: readonly {
      readonly pupilId: PupilId;
      readonly serviceDate: ServiceDate;
      readonly amountCents: Cents;
      readonly documentId: string;
    }[],
  ): Promise<void>;
  /** Says which credit note gives each meal back. @throws where one of them was given back already */
  creditMeals(
    tx: Transaction,
    municipalityId: MunicipalityId,
    service: ServiceCode,
    meals: readonly { readonly pupilId: PupilId; readonly serviceDate: ServiceDate; readonly creditNoteId: string }[],
  ): Promise<void>;
  /** Credit notes of these pupils that owe something still, oldest first. */
  listCreditsLeft(
    tx: Transaction,
    municipalityId: MunicipalityId,
    service: ServiceCode,
    pupilIds: readonly PupilId[],
  ): Promise<readonly CreditLeft[]>;
  /** Unpaid instalments from which a credit note may be taken, in the order in which they are taken last. */
  listCreditable(
    tx: Transaction,
    municipalityId: MunicipalityId,
    note: CreditLeft,
  ): Promise<
    readonly { readonly instalmentId: string; readonly amountCents: Cents; readonly state: Instalment['state'] }[]
  >;
  /** Takes a credit note's parts off instalments and their documents. */
  credit(
    tx: Transaction,
    municipalityId: MunicipalityId,
    creditNoteId: string,
    parts: readonly CreditPart[],
    now: Date,
  ): Promise<void>;
  /** Notes that what a credit note owes was given back. */
  markRefunded(
    tx: Transaction,
    municipalityId: MunicipalityId,
    creditNoteId: string,
    now: Date,
  ): Promise<'marked' | 'again' | 'unknown'>;
  /** What a run handed over, for who collects it, in the order of ids. */
  listHandedOver(
    municipalityId: MunicipalityId,
    runId: string,
    after: string | null,
    limit: number,
  ): Promise<readonly HandedOverDocument[]>;
  /** Newest first. */
  list(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    after: DocumentPlace | null,
    limit: number,
  ): Promise<readonly AccountingDocument[]>;
  findFile(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    documentId: string,
  ): Promise<DocumentFile | null>;
  /** Open instalments, the latest due day first. */
  listPayables(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    after: PayablePlace | null,
    limit: number,
  ): Promise<readonly Payable[]>;
  findPayable(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    instalmentId: string,
    tx?: Transaction,
  ): Promise<Payable | null>;
  findPaid(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    instalmentId: string,
    tx?: Transaction,
  ): Promise<PaidInstalment | null>;
  markPaid(
    tx: Transaction,
    municipalityId: MunicipalityId,
    instalmentId: string,
    payment: { readonly paidAt: Date; readonly receiptId: string },
  ): Promise<void>;
  /** The open instalments of a document; null for an unknown document. */
  listOpen(tx: Transaction, municipalityId: MunicipalityId, documentId: string): Promise<readonly string[] | null>;
  /** Documents with something unpaid that fell due before a day, of those after an id, in the order of ids. */
  listOverdue(
    municipalityId: MunicipalityId,
    wanted: {
      readonly dueBefore: ServiceDate;
      /** Only those reminded before then; null for those never reminded as well. */
      readonly remindedBefore: Date | null;
      readonly after: string | null;
      readonly limit: number;
    },
  ): Promise<readonly OverdueDocument[]>;
  markReminded(
    tx: Transaction,
    municipalityId: MunicipalityId,
    documentIds: readonly string[],
    now: Date,
  ): Promise<void>;
  isHandedOver(tx: Transaction, municipalityId: MunicipalityId, documentId: string): Promise<boolean>;
  /** All that is not paid of a document. @returns how much it is */
  handOver(tx: Transaction, municipalityId: MunicipalityId, documentId: string, now: Date): Promise<Cents>;
}
