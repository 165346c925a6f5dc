import type { Transaction } from '@campanella/postgres';
import type { Cents, MunicipalityId, PersonId, PupilId, ServiceCode, ServiceDate } from '@campanella/vocabulary';
import type { AccountingDocument, DocumentKind, NewInstalment, Totals, Vat } from '../domain/document.ts';
import type { NoticeNumber } from '../domain/notice-number.ts';
import type { Debtor, Handling, Position, Receipt } from '../domain/position.ts';
import type { TopUpOrder, TopUpRules } from '../domain/top-up.ts';

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
  /** A cancelled order whose money came all the same is paid as well. */
  markPaid(tx: Transaction, municipalityId: MunicipalityId, orderId: string, paidAt: Date): Promise<void>;
  /** Paid orders that are not on their account yet, oldest first. */
  listPaid(limit: number): Promise<readonly PaidOrder[]>;
  /** False where another replica was first. */
  markCredited(tx: Transaction, municipalityId: MunicipalityId, orderId: string, now: Date): Promise<boolean>;
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
  readonly debtor: Debtor;
  readonly isPrepaid: boolean;
  readonly overdraftCents: Cents;
}

/** Other services, over the network: never asked within a transaction. */
export interface Payers {
  /** Null where nobody pays for the pupil in this service. */
  find(municipalityId: MunicipalityId, pupilId: PupilId, service: ServiceCode): Promise<Payer | null>;
}

/** A document to be stored, with the number it was given. */
export interface IssuedDocument extends Totals {
  readonly municipalityId: MunicipalityId;
  readonly documentId: string;
  readonly kind: DocumentKind;
  readonly year: number;
  readonly number: number;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly description: string;
  readonly issuedOn: ServiceDate;
  readonly vat: Vat;
  readonly instalments: readonly NewInstalment[];
  /** What was asked for, to know a repeat. */
  readonly content: string;
}

/** Where a list of documents goes on: after this one. */
export interface DocumentPlace {
  readonly issuedOn: ServiceDate;
  readonly year: number;
  readonly number: number;
}

/** An open instalment with what a parent must know to pay it. */
export interface Payable {
  readonly instalmentId: string;
  readonly documentId: string;
  readonly pupilId: string;
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

/** Documents and their instalments. */
export interface DocumentStore {
  /** The next number of a year; other issues of that year wait until the transaction ends. */
  takeNumber(tx: Transaction, municipalityId: MunicipalityId, year: number): Promise<number>;
  /** What was issued under an id; null where nothing was. Other issues under it wait until the transaction ends. */
  findIssued(
    tx: Transaction,
    municipalityId: MunicipalityId,
    documentId: string,
  ): Promise<Pick<IssuedDocument, 'year' | 'number' | 'amountCents' | 'content'> | null>;
  insert(tx: Transaction, document: IssuedDocument, now: Date): Promise<void>;
  /** Newest first. */
  list(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    after: DocumentPlace | null,
    limit: number,
  ): Promise<readonly AccountingDocument[]>;
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
  isHandedOver(tx: Transaction, municipalityId: MunicipalityId, documentId: string): Promise<boolean>;
  /** All that is not paid of a document. */
  handOver(tx: Transaction, municipalityId: MunicipalityId, documentId: string, now: Date): Promise<void>;
}
