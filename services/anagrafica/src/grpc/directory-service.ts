import {
  type Badge as BadgeMessage,
  type DirectoryServiceServer,
  type Enrolment as EnrolmentMessage,
  type GuardianServiceServer,
  type MunicipalityServiceServer,
  PaymentMode as PaymentModeCode,
  type PupilRecord,
} from '@campanella/proto/anagrafica/v1/anagrafica';
import { GrpcRefusal, type Logger, unaryHandler } from '@campanella/service-kit';
import {
  type MunicipalityId,
  type PupilId,
  parseId,
  parseNumberId,
  parseServiceCode,
  type ServiceDate,
  serviceDateAt,
  type Validity,
} from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import { type DirectoryReads, pupilsOfGuardian } from '../app/read-directory.ts';
import { dietCodeOn } from '../domain/diet.ts';
import type { DirectoryEnrolment, DirectoryPupil } from '../domain/directory.ts';
import type { Badge, PaymentMode } from '../domain/records.ts';

/** Most pupils in one page of changes. */
export const PAGE_SIZE_MAX = 1_000;
/** Most pupils whose payers are asked for at once. */
const PAYERS_MAX = 500;

const PAYMENT_MODE: Record<PaymentMode, PaymentModeCode> = {
  prepaid: PaymentModeCode.PREPAID,
  invoiced: PaymentModeCode.INVOICED,
};

/** Serves the directory to the other services; see the contract for what each call promises. */
export function directoryService(
  reads: DirectoryReads,
  clock: { now(): Date },
  logger: Logger,
): DirectoryServiceServer {
  return {
    listChanges: unaryHandler(async ({ municipalityId, afterVersion, pageSize }) => {
      const municipality = takeMunicipality(municipalityId);
      if (!Number.isSafeInteger(pageSize) || pageSize < 1 || pageSize > PAGE_SIZE_MAX) {
        throw malformed(`page_size must be 1 to ${PAGE_SIZE_MAX}`);
      }
      if (!Number.isSafeInteger(afterVersion) || afterVersion < 0)
        throw malformed('after_version must not be negative');
      const page = await reads.listChanges(municipality, afterVersion, pageSize);
      if (page === null) throw unknownMunicipality();
      const today = serviceDateAt(clock.now());
      const pupils = page.pupils.map((pupil) => toPupilRecord(municipality, pupil, today));
      return { pupils, version: page.version, more: page.more };
    }, logger),
    listSchools: unaryHandler(async ({ municipalityId }) => {
      const schools = await reads.listSchools(takeMunicipality(municipalityId));
      return { schools: schools.map((school) => ({ schoolId: school.id, name: school.name })) };
    }, logger),
  };
}

/** Answers identity who answers for whom. */
export function guardianService(reads: DirectoryReads, clock: { now(): Date }, logger: Logger): GuardianServiceServer {
  return {
    listPupilsOfGuardian: unaryHandler(async ({ municipalityId, codiceFiscale }) => {
      const today = serviceDateAt(clock.now());
      const pupilIds = await pupilsOfGuardian(reads, takeMunicipality(municipalityId), codiceFiscale, today);
      return { pupilIds: [...pupilIds] };
    }, logger),
    getPayer: unaryHandler(async ({ municipalityId, pupilId, service }) => {
      const municipality = takeMunicipality(municipalityId);
      const pupil = parseId<PupilId>(pupilId);
      if (pupil === null) throw malformed('pupil_id must be a UUID in lower case');
      const code = parseServiceCode(service);
      if (code === null) throw malformed('service must be 2 to 40 lower-case letters and underscores');
      const payer = await reads.findPayer(municipality, pupil, code, serviceDateAt(clock.now()));
      if (payer === null) throw new GrpcRefusal(status.NOT_FOUND, 'unknown_payer', 'nobody pays for this pupil');
      const { guardian, paymentMode, overdraftCents } = payer;
      const { id: guardianId, ...person } = guardian;
      return { guardianId, ...person, paymentMode: PAYMENT_MODE[paymentMode], overdraftCents };
    }, logger),
    listPayers: unaryHandler(async ({ municipalityId, pupilIds, service }) => {
      const municipality = takeMunicipality(municipalityId);
      if (pupilIds.length > PAYERS_MAX) throw malformed(`pupil_ids must be at most ${PAYERS_MAX}`);
      const pupils = pupilIds.map((text) => {
        const pupil = parseId<PupilId>(text);
        if (pupil === null) throw malformed('pupil_ids must be UUIDs in lower case');
        return pupil;
      });
      const code = parseServiceCode(service);
      if (code === null) throw malformed('service must be 2 to 40 lower-case letters and underscores');
      const payers = await reads.listPayers(municipality, pupils, code, serviceDateAt(clock.now()));
      return {
        payers: payers.map(({ pupilId, invoiceEmail, payer, pupil }) => {
          const { id: guardianId, ...person } = payer.guardian;
          const { paymentMode, overdraftCents } = payer;
          return {
            ...{ pupilId, invoiceEmail, pupilGivenName: pupil.givenName, pupilFamilyName: pupil.familyName },
            pupilCodiceFiscale: pupil.codiceFiscale,
            payer: { guardianId, ...person, paymentMode: PAYMENT_MODE[paymentMode], overdraftCents },
          };
        }),
      };
    }, logger),
  };
}

/** Serves a municipality's own details. */
export function municipalityService(reads: DirectoryReads, logger: Logger): MunicipalityServiceServer {
  return {
    getMunicipality: unaryHandler(async ({ municipalityId }) => {
      const municipality = await reads.findMunicipality(takeMunicipality(municipalityId));
      if (municipality === null) throw unknownMunicipality();
      return municipality;
    }, logger),
  };
}

/** Takes a request's municipality; refuses what cannot be one. */
export function takeMunicipality(value: number): MunicipalityId {
  const municipalityId = parseNumberId<MunicipalityId>(value);
  if (municipalityId === null) throw malformed('municipality_id must be a positive whole number');
  return municipalityId;
}

export function malformed(message: string): GrpcRefusal {
  return new GrpcRefusal(status.INVALID_ARGUMENT, 'malformed', message);
}

function unknownMunicipality(): GrpcRefusal {
  return new GrpcRefusal(status.NOT_FOUND, 'unknown_municipality', 'no such municipality');
}

function toPupilRecord(municipalityId: MunicipalityId, pupil: DirectoryPupil, today: ServiceDate): PupilRecord {
  return {
    municipalityId,
    pupilId: pupil.pupilId,
    version: pupil.version,
    removed: pupil.removed,
    displayName: pupil.displayName,
    schoolId: pupil.schoolId,
    className: pupil.className,
    dietCode: dietCodeOn(pupil.diets, today),
    badges: pupil.badges.map(toBadgeMessage),
    enrolments: pupil.enrolments.map(toEnrolmentMessage),
    diets: pupil.diets.map(({ dietCode, validity }) => ({ dietCode, ...toDays(validity) })),
  };
}

function toBadgeMessage(badge: Badge): BadgeMessage {
  return { badgeId: badge.id, badgeNumber: badge.badgeNumber, blocked: badge.blocked, ...toDays(badge.validity) };
}

function toEnrolmentMessage(enrolment: DirectoryEnrolment): EnrolmentMessage {
  return {
    enrolmentId: enrolment.enrolmentId,
    service: enrolment.service,
    paymentMode: PAYMENT_MODE[enrolment.paymentMode],
    ...toDays(enrolment.validity),
    overdraftCents: enrolment.overdraftCents,
    prices: enrolment.prices.map((price) => ({ priceCents: price.priceCents, ...toDays(price.validity) })),
  };
}

function toDays(validity: Validity): { validFrom: string; validUntil: string } {
  return { validFrom: validity.from, validUntil: validity.until ?? '' };
}
