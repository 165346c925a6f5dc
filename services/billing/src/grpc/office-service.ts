import type { BillingOfficeServiceServer } from '@campanella/proto/billing/v1/office';
import { GrpcRefusal, unaryHandler } from '@campanella/service-kit';
import { cents, type MunicipalityId, parseNumberId, parseServiceCode } from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import type { CreditorStore } from '../app/ports.ts';

const TOP_UP_CENTS_MAX = 100_000;
const PENDING_DAYS_MAX = 365;
const IBAN = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;

/** Serves what the office and the seeder set; see the contract for what each call promises. */
export function billingOfficeService(deps: {
  readonly creditors: Pick<CreditorStore, 'putCreditor' | 'putRules'>;
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
      const service = parseServiceCode(request.service);
      if (service === null) throw malformed('service must be 2 to 40 lower-case letters and underscores');
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
      });
      if (!isCreditor) {
        throw new GrpcRefusal(
          status.FAILED_PRECONDITION,
          'no_creditor',
          'call PutCreditor for this municipality first',
        );
      }
      return {};
    }),
  };
}

function takeMunicipality(value: number): MunicipalityId {
  const municipalityId = parseNumberId<MunicipalityId>(value);
  if (municipalityId === null) throw malformed('municipality_id must be a positive whole number');
  return municipalityId;
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
