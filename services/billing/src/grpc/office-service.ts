import {
  type BillingOfficeServiceServer,
  DocumentKind,
  PositionKeeper,
  Vat,
} from '@campanella/proto/billing/v1/office';
import { GrpcRefusal, unaryHandler } from '@campanella/service-kit';
import {
  type Cents,
  cents,
  type Decision,
  type MunicipalityId,
  type PupilId,
  parseId,
  parseNumberId,
  parseServiceCode,
  parseServiceDate,
  type ServiceCode,
  type ServiceDate,
} from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import type { HandOverRefusal } from '../app/hand-over-document.ts';
import type { DocumentRefusal, IssueDocument } from '../app/issue-document.ts';
import type { Creditor, CreditorStore, IssuedDocument, RulesStore } from '../app/ports.ts';
import { INSTALMENTS_MAX, type NewDocument } from '../domain/document.ts';

const TOP_UP_CENTS_MAX = 100_000;
const PENDING_DAYS_MAX = 365;
const CENTS_MAX = 10_000_000;
const DAYS_MAX = 365;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const KINDS: ReadonlyMap<number, NewDocument['kind']> = new Map([
  [DocumentKind.INVOICE, 'invoice'],
  [DocumentKind.PAYMENT_NOTICE, 'payment_notice'],
]);
const VATS: ReadonlyMap<number, NewDocument['vat']> = new Map([
  [Vat.FOUR_PERCENT, 'vat_4'],
  [Vat.EXEMPT, 'exempt'],
]);

/** Unset is what a creditor with synchronous interfaces has to do. */
const KEEPERS: ReadonlyMap<number, Creditor['positionsAt']> = new Map([
  [PositionKeeper.UNSPECIFIED, 'aca'],
  [PositionKeeper.ACA, 'aca'],
  [PositionKeeper.GPD, 'gpd'],
]);

type OfficeRefusal = DocumentRefusal | HandOverRefusal;

const REFUSALS: Record<OfficeRefusal['kind'], { readonly code: status; readonly message: string }> = {
  no_creditor: { code: status.FAILED_PRECONDITION, message: 'call PutCreditor for this municipality first' },
  no_payer: { code: status.FAILED_PRECONDITION, message: 'nobody pays for this pupil in this service' },
  no_instalments: { code: status.FAILED_PRECONDITION, message: 'a document has at least one instalment' },
  too_many_instalments: { code: status.FAILED_PRECONDITION, message: 'a document has at most 12 instalments' },
  wrong_sum: {
    code: status.FAILED_PRECONDITION,
    message: 'the instalments must sum to what is charged and the revenue stamp',
  },
  due_before_issue: {
    code: status.FAILED_PRECONDITION,
    message: 'an instalment falls due before the document is issued',
  },
  unordered_instalments: {
    code: status.FAILED_PRECONDITION,
    message: 'each instalment must fall due after the one before',
  },
  document_differs: { code: status.ALREADY_EXISTS, message: 'another document has this document_id: make a new one' },
  unknown_document: { code: status.NOT_FOUND, message: 'no such document in this municipality' },
  in_verification: { code: status.FAILED_PRECONDITION, message: 'a payment of it is under way: try again later' },
  paid: { code: status.FAILED_PRECONDITION, message: 'nothing of this document is unpaid' },
};

function refusalOf({ kind }: Pick<OfficeRefusal, 'kind'>): GrpcRefusal {
  return new GrpcRefusal(REFUSALS[kind].code, kind, REFUSALS[kind].message);
}

function takeOne<Value>(known: ReadonlyMap<number, Value>, code: number, field: string): Value {
  const value = known.get(code);
  if (value === undefined) throw malformed(`${field} must be one of its values`);
  return value;
}

function takeUuid(text: string, field: string): string {
  return takeShape(text, UUID, `${field} must be a UUID in lower case`);
}

function takePupil(text: string): PupilId {
  const pupilId = parseId<PupilId>(text);
  if (pupilId === null) throw malformed('pupil_id must be a UUID in lower case');
  return pupilId;
}

function takeService(text: string): ServiceCode {
  const service = parseServiceCode(text);
  if (service === null) throw malformed('service must be 2 to 40 lower-case letters and underscores');
  return service;
}

function takeDay(text: string, field: string): ServiceDate {
  const day = parseServiceDate(text);
  if (day === null) throw malformed(`${field} must be a calendar day, YYYY-MM-DD`);
  return day;
}
const IBAN = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;

/** Serves what the office and the seeder set; see the contract for what each call promises. */
export function billingOfficeService(deps: {
  readonly creditors: Pick<CreditorStore, 'putCreditor' | 'putRules'>;
  readonly rules: Pick<RulesStore, 'put'>;
  readonly issue: (
    command: IssueDocument,
  ) => Promise<Decision<Pick<IssuedDocument, 'year' | 'number' | 'amountCents'>, DocumentRefusal>>;
  readonly handOver: (command: {
    municipalityId: MunicipalityId;
    documentId: string;
  }) => Promise<Decision<Cents, HandOverRefusal>>;
}): BillingOfficeServiceServer {
  return {
    putCreditor: unaryHandler(async (request) => {
      const creditor = {
        municipalityId: takeMunicipality(request.municipalityId),
        fiscalCode: takeShape(request.fiscalCode, /^\d{11}$/, 'fiscal_code must be 11 digits'),
        companyName: takeText(request.companyName, 1, 100, 'company_name'),
        officeName: takeText(request.officeName, 0, 50, 'office_name'),
        brokerId: takeText(request.brokerId, 1, 35, 'broker_id'),
        stationId: takeText(request.stationId, 1, 35, 'station_id'),
        segregationCode: takeShape(request.segregationCode, /^\d{2}$/, 'segregation_code must be 2 digits'),
        iban: takeShape(request.iban, IBAN, 'iban must be an IBAN without spaces'),
        postalIban:
          request.postalIban === '' ? null : takeShape(request.postalIban, IBAN, 'postal_iban must be an IBAN'),
        cbillCode:
          request.cbillCode === ''
            ? null
            : takeShape(request.cbillCode, /^[0-9A-Z]{5}$/, 'cbill_code has 5 characters'),
        portalUrl: takeShape(request.portalUrl, /^https?:\/\/[^/\s]+$/, 'portal_url must be an address without a path'),
        refusesLatePayments: request.refusesLatePayments,
        positionsAt: takeOne(KEEPERS, request.positionsAt, 'positions_at'),
      };
      const put = await deps.creditors.putCreditor(creditor);
      if (put === 'held') {
        throw new GrpcRefusal(status.ALREADY_EXISTS, 'fiscal_code_held', 'another municipality has this fiscal_code');
      }
      if (put === 'fixed') {
        const message = 'fiscal_code and segregation_code stay once a notice exists: its number is made of them';
        throw new GrpcRefusal(status.FAILED_PRECONDITION, 'creditor_fixed', message);
      }
      return {};
    }),
    putTopUpRules: unaryHandler(async (request) => {
      const { minimumCents, maximumCents, stepCents, pendingDays } = request;
      const service = takeService(request.service);
      const areWhole = [minimumCents, maximumCents, stepCents].every((one) => Number.isSafeInteger(one) && one > 0);
      if (!areWhole || maximumCents > TOP_UP_CENTS_MAX || minimumCents > maximumCents) {
        throw malformed(`minimum_cents to maximum_cents must lie within 1 to ${TOP_UP_CENTS_MAX}`);
      }
      if (minimumCents % stepCents !== 0 || maximumCents % stepCents !== 0) {
        throw malformed('minimum_cents and maximum_cents must be multiples of step_cents');
      }
      if (pendingDays < 1 || pendingDays > PENDING_DAYS_MAX) {
        throw malformed(`pending_days must be 1 to ${PENDING_DAYS_MAX}`);
      }
      const isCreditor = await deps.creditors.putRules(takeMunicipality(request.municipalityId), {
        service,
        label: takeText(request.label, 1, 60, 'label'),
        minimumCents: cents(minimumCents),
        maximumCents: cents(maximumCents),
        stepCents: cents(stepCents),
        taxonomyCode: takeText(request.taxonomyCode, 1, 140, 'taxonomy_code'),
        pendingDays,
        lowCreditCents:
          request.lowCreditCents === undefined
            ? null
            : cents(takeNumber(request.lowCreditCents, 0, TOP_UP_CENTS_MAX, 'low_credit_cents')),
      });
      if (!isCreditor) throw refusalOf({ kind: 'no_creditor' });
      return {};
    }),
    putBillingRules: unaryHandler(async (request) => {
      const isCreditor = await deps.rules.put(takeMunicipality(request.municipalityId), {
        service: takeService(request.service),
        label: takeText(request.label, 1, 40, 'label'),
        kind: takeOne(KINDS, request.kind, 'kind'),
        vat: takeOne(VATS, request.vat, 'vat'),
        series: takeShape(request.series, /^[A-Z0-9]{0,10}$/, 'series must be 0 to 10 of A-Z and 0-9'),
        taxonomyCode: takeText(request.taxonomyCode, 1, 140, 'taxonomy_code'),
        instalmentCount: takeNumber(request.instalmentCount, 1, INSTALMENTS_MAX, 'instalment_count'),
        instalmentLeastCents: cents(takeNumber(request.instalmentLeastCents, 0, CENTS_MAX, 'instalment_least_cents')),
        dueDays: takeNumber(request.dueDays, 0, DAYS_MAX, 'due_days'),
        daysApart: takeNumber(request.daysApart, 1, DAYS_MAX, 'days_apart'),
      });
      if (!isCreditor) throw refusalOf({ kind: 'no_creditor' });
      return {};
    }),
    issueDocument: unaryHandler(async (request) => {
      if (
        !Number.isSafeInteger(request.chargedCents) ||
        request.chargedCents <= 0 ||
        request.chargedCents > CENTS_MAX
      ) {
        throw malformed(`charged_cents must be 1 to ${CENTS_MAX}`);
      }
      const issued = await deps.issue({
        municipalityId: takeMunicipality(request.municipalityId),
        documentId: takeUuid(request.documentId, 'document_id'),
        kind: takeOne(KINDS, request.kind, 'kind'),
        pupilId: takePupil(request.pupilId),
        service: takeService(request.service),
        description: takeText(request.description, 1, 90, 'description'),
        issuedOn: takeDay(request.issuedOn, 'issued_on'),
        vat: takeOne(VATS, request.vat, 'vat'),
        chargedCents: cents(request.chargedCents),
        taxonomyCode: takeText(request.taxonomyCode, 1, 140, 'taxonomy_code'),
        instalments: request.instalments.map(({ instalmentId, amountCents, dueOn }) => {
          if (!Number.isSafeInteger(amountCents) || amountCents <= 0) throw malformed('amount_cents must be positive');
          return {
            instalmentId: takeUuid(instalmentId, 'instalment_id'),
            amountCents: cents(amountCents),
            dueOn: takeDay(dueOn, 'due_on'),
          };
        }),
      });
      if (!issued.ok) throw refusalOf(issued.refusal);
      const { year, number, amountCents } = issued.value;
      return { year, number, amountCents };
    }),
    handOverDocument: unaryHandler(async (request) => {
      const handedOver = await deps.handOver({
        municipalityId: takeMunicipality(request.municipalityId),
        documentId: takeUuid(request.documentId, 'document_id'),
      });
      if (!handedOver.ok) throw refusalOf(handedOver.refusal);
      return {};
    }),
  };
}

function takeMunicipality(value: number): MunicipalityId {
  const municipalityId = parseNumberId<MunicipalityId>(value);
  if (municipalityId === null) throw malformed('municipality_id must be a positive whole number');
  return municipalityId;
}

function takeNumber(value: number, least: number, most: number, field: string): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw malformed(`${field} must be ${least} to ${most}`);
  }
  return value;
}

function takeText(text: string, least: number, most: number, field: string): string {
  const trimmed = text.trim();
  if (trimmed.length < least || trimmed.length > most || trimmed.includes('\0')) {
    throw malformed(`${field} must have ${least} to ${most} characters`);
  }
  return trimmed;
}

function takeShape(text: string, shape: RegExp, message: string): string {
  if (!shape.test(text)) throw malformed(message);
  return text;
}

function malformed(message: string): GrpcRefusal {
  return new GrpcRefusal(status.INVALID_ARGUMENT, 'malformed', message);
}
