import { PaymentMode as PaymentModeCode } from '@campanella/proto/anagrafica/v1/anagrafica';
import {
  BadgeChangeKind,
  type PutRequest,
  RecordRefusalKind as RecordRefusalCode,
  type RecordRefusal as RecordRefusalMessage,
  RecordType,
  type RegistryServiceServer,
} from '@campanella/proto/anagrafica/v1/registry';
import { type Logger, unaryHandler } from '@campanella/service-kit';
import { type PupilId, parseId } from '@campanella/vocabulary';
import { type FascicoloDeps, fileDocument } from '../app/fascicolo.ts';
import { type PutDeps, putRecords } from '../app/put-records.ts';
import type { DirectoryReads } from '../app/read-directory.ts';
import type { RecordsInput } from '../domain/parse-records.ts';
import type { BadgeChange, PaymentMode, RecordRefusal, RecordRefusalKind } from '../domain/records.ts';
import { malformed, takeMunicipality } from './directory-service.ts';

/** Most records in one Put. */
export const RECORDS_MAX = 5_000;

const REFUSAL_KIND: Record<RecordRefusalKind, RecordRefusalCode> = {
  malformed: RecordRefusalCode.MALFORMED,
  invalid_codice_fiscale: RecordRefusalCode.INVALID_CODICE_FISCALE,
  codice_fiscale_taken: RecordRefusalCode.CODICE_FISCALE_TAKEN,
  inverted_validity: RecordRefusalCode.INVERTED_VALIDITY,
  overlapping_validity: RecordRefusalCode.OVERLAPPING_VALIDITY,
  unknown_reference: RecordRefusalCode.UNKNOWN_REFERENCE,
  badge_held: RecordRefusalCode.BADGE_HELD,
  badge_replaced: RecordRefusalCode.BADGE_REPLACED,
  fixed_field_changed: RecordRefusalCode.FIXED_FIELD_CHANGED,
  duplicate: RecordRefusalCode.DUPLICATE,
  outside_school_year: RecordRefusalCode.OUTSIDE_SCHOOL_YEAR,
  tariff_of_other_service: RecordRefusalCode.TARIFF_OF_OTHER_SERVICE,
  missing_certificate: RecordRefusalCode.MISSING_CERTIFICATE,
  light_diet_too_long: RecordRefusalCode.LIGHT_DIET_TOO_LONG,
  household_name_taken: RecordRefusalCode.HOUSEHOLD_NAME_TAKEN,
  pupil_of_other_household: RecordRefusalCode.PUPIL_OF_OTHER_HOUSEHOLD,
  no_sibling: RecordRefusalCode.NO_SIBLING,
  overlapping_bands: RecordRefusalCode.OVERLAPPING_BANDS,
  band_gap: RecordRefusalCode.BAND_GAP,
  days_without_price: RecordRefusalCode.DAYS_WITHOUT_PRICE,
};

const RECORD_TYPE: Record<RecordRefusal['recordKind'], RecordType> = {
  municipality: RecordType.MUNICIPALITY,
  schools: RecordType.SCHOOL,
  schoolYears: RecordType.SCHOOL_YEAR,
  classes: RecordType.CLASS,
  services: RecordType.SERVICE,
  tariffs: RecordType.TARIFF,
  guardians: RecordType.GUARDIAN,
  pupils: RecordType.PUPIL,
  diets: RecordType.DIETS,
  households: RecordType.HOUSEHOLD,
  isee: RecordType.ISEE,
  enrolments: RecordType.ENROLMENT,
  badges: RecordType.BADGE,
};

const BADGE_CHANGE: Record<BadgeChange['kind'], BadgeChangeKind> = {
  assigned: BadgeChangeKind.ASSIGNED,
  blocked: BadgeChangeKind.BLOCKED,
  unblocked: BadgeChangeKind.UNBLOCKED,
  replaced: BadgeChangeKind.REPLACED,
  validity_changed: BadgeChangeKind.VALIDITY_CHANGED,
};

/** Serves the door by which records come in; see the contract for what each call promises. */
export function registryService(
  put: PutDeps,
  reads: DirectoryReads,
  fascicolo: FascicoloDeps,
  logger: Logger,
): RegistryServiceServer {
  return {
    put: unaryHandler(async (request) => {
      const municipalityId = takeMunicipality(request.municipalityId);
      if (countRecords(request) > RECORDS_MAX) throw malformed(`a call takes at most ${RECORDS_MAX} records`);
      const decision = await putRecords(put, municipalityId, toRecordsInput(request));
      return decision.ok
        ? {
            stored: true,
            changedCount: decision.value.changedCount,
            directoryVersion: decision.value.directoryVersion,
            refusals: [],
          }
        : {
            stored: false,
            changedCount: 0,
            directoryVersion: 0,
            refusals: decision.refusal.refusals.map(toRefusalMessage),
          };
    }, logger),
    fileDocument: unaryHandler(async (request) => {
      const municipalityId = takeMunicipality(request.municipalityId);
      const pupilId = parseId<PupilId>(request.pupilId);
      const documentId = parseId(request.documentId);
      if (pupilId === null || documentId === null)
        throw malformed('pupil_id and document_id must be UUIDs in lower case');
      const { kind, title, fileName, mediaType, addedBy } = request;
      const filed = await fileDocument(fascicolo, municipalityId, {
        ...{ pupilId, documentId, kind, title, fileName, addedBy },
        declaredType: mediaType,
        bytes: request.content,
      });
      return filed.ok
        ? { filed: true, refusalKind: '', refusalField: '' }
        : { filed: false, refusalKind: filed.refusal.kind, refusalField: filed.refusal.field };
    }, logger),
    listBadgeHistory: unaryHandler(async (request) => {
      const municipalityId = takeMunicipality(request.municipalityId);
      const pupilId = parseId<PupilId>(request.pupilId);
      if (pupilId === null) throw malformed('pupil_id must be a UUID in lower case');
      const history = await reads.badgeHistory(municipalityId, pupilId);
      return {
        changes: history.map((entry) => ({
          badgeId: entry.badgeId,
          badgeNumber: entry.badgeNumber,
          kind: BADGE_CHANGE[entry.kind],
          changedAtMs: entry.changedAt.getTime(),
          replacedByBadgeId: entry.replacedByBadgeId ?? '',
        })),
      };
    }, logger),
  };
}

function countRecords(request: PutRequest): number {
  return Object.values(request).reduce((sum, value) => sum + (Array.isArray(value) ? value.length : 0), 0);
}

function toRecordsInput(request: PutRequest): RecordsInput {
  return {
    ...request,
    municipality:
      request.municipality === undefined
        ? null
        : { ...request.municipality, lightDietDaysMax: request.municipality.lightDietDaysMax ?? null },
    tariffs: request.tariffs.map((tariff) => ({
      ...tariff,
      bands: tariff.bands?.items.map((band) => ({ ...band, iseeFromCents: band.iseeFromCents ?? null })) ?? null,
    })),
    isee: request.isee.map(({ householdId, certifications }) => ({
      householdId,
      certifications: certifications.map((one) => ({ ...one, iseeCents: one.iseeCents ?? null })),
    })),
    pupils: request.pupils.map((pupil) => ({
      ...pupil,
      dietCode: pupil.dietCode ?? null,
      birth: pupil.birth ?? null,
      residence: pupil.residence ?? null,
    })),
    enrolments: request.enrolments.map((enrolment) => ({
      ...enrolment,
      paymentMode: takePaymentMode(enrolment.paymentMode),
      reductions: enrolment.reductions?.items ?? null,
      invoiceEmail: enrolment.invoiceEmail ?? null,
      invoiceAddress: enrolment.invoiceAddress ?? null,
    })),
  };
}

function takePaymentMode(code: PaymentModeCode): PaymentMode | null {
  if (code === PaymentModeCode.PREPAID) return 'prepaid';
  return code === PaymentModeCode.INVOICED ? 'invoiced' : null;
}

function toRefusalMessage(refusal: RecordRefusal): RecordRefusalMessage {
  return {
    recordType: RECORD_TYPE[refusal.recordKind],
    index: refusal.index,
    recordId: refusal.recordId,
    kind: REFUSAL_KIND[refusal.kind],
    field: refusal.field,
  };
}
