import {
  type Badge as BadgeMessage,
  DirectoryServiceClient,
  type Enrolment as EnrolmentMessage,
  MunicipalityServiceClient,
  PaymentMode,
  type PupilRecord,
} from '@campanella/proto/anagrafica/v1/anagrafica';
import { callUnary, grpcClient, isServiceError } from '@campanella/service-kit';
import {
  cents,
  id,
  type MunicipalityId,
  type PupilId,
  parseBadgeNumber,
  parseId,
  type SchoolId,
  serviceCode,
  serviceDate,
  type Validity,
} from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import type { Anagrafica } from '../app/keep-directory.ts';
import type { Badge, DietSpan, Enrolment, Pupil } from '../domain/directory.ts';

const READ_WITHIN_MS = 5_000;
/** Enrolments without an end are open from here; a badge without a first day too. */
const FIRST_DAY = serviceDate('1970-01-01');

/** anagrafica over gRPC. */
export function anagraficaClient(addresses: readonly string[]): Anagrafica & { close(): void } {
  const directory = grpcClient(DirectoryServiceClient, addresses);
  const municipality = grpcClient(MunicipalityServiceClient, addresses);
  return {
    async listChanges(municipalityId, afterVersion, pageSize) {
      const answer = await orNull(
        callUnary(directory, 'listChanges', { municipalityId, afterVersion, pageSize }, { deadlineMs: READ_WITHIN_MS }),
      );
      if (answer === null) return null;
      const pupils = answer.pupils.map((record) => toPupil(municipalityId, record));
      return { pupils, version: answer.version, more: answer.more };
    },
    async describe(municipalityId) {
      const deadline = { deadlineMs: READ_WITHIN_MS };
      const described = await orNull(callUnary(municipality, 'getMunicipality', { municipalityId }, deadline));
      if (described === null) return null;
      const { schools } = await callUnary(directory, 'listSchools', { municipalityId }, deadline);
      return {
        name: described.name,
        schools: new Map(schools.map((school) => [id<SchoolId>(school.schoolId), school.name])),
      };
    },
    close() {
      directory.close();
      municipality.close();
    },
  };
}

/** An unknown municipality is an answer, not a fault: it may be seeded later. */
async function orNull<Answer>(call: Promise<Answer>): Promise<Answer | null> {
  try {
    return await call;
  } catch (cause) {
    if (isServiceError(cause) && cause.code === status.NOT_FOUND) return null;
    throw cause;
  }
}

function toPupil(municipalityId: MunicipalityId, record: PupilRecord): Pupil {
  return {
    municipalityId,
    pupilId: id<PupilId>(record.pupilId),
    version: record.version,
    removed: record.removed,
    displayName: record.displayName,
    schoolId: parseId<SchoolId>(record.schoolId),
    className: record.className,
    diets: dietsOf(record),
    badges: record.badges.flatMap(toBadge),
    enrolments: record.enrolments.map(toEnrolment),
  };
}

/** An anagrafica of before diets had days tells the one in force alone. */
function dietsOf({ diets, dietCode }: PupilRecord): DietSpan[] {
  if (diets.length === 0 && dietCode !== '') return [{ dietCode, validity: { from: FIRST_DAY, until: null } }];
  return diets.map((span) => ({ dietCode: span.dietCode, validity: toValidity(span) }));
}

function toBadge(badge: BadgeMessage): Badge[] {
  const badgeNumber = parseBadgeNumber(badge.badgeNumber);
  return badgeNumber === null ? [] : [{ badgeNumber, blocked: badge.blocked, validity: toValidity(badge) }];
}

function toEnrolment(enrolment: EnrolmentMessage): Enrolment {
  return {
    service: serviceCode(enrolment.service),
    paymentMode: enrolment.paymentMode === PaymentMode.INVOICED ? 'invoiced' : 'prepaid',
    validity: toValidity(enrolment),
    overdraftCents: cents(enrolment.overdraftCents),
    prices: enrolment.prices.map((price) => ({ priceCents: cents(price.priceCents), validity: toValidity(price) })),
  };
}

function toValidity(span: { validFrom: string; validUntil: string }): Validity {
  return {
    from: span.validFrom === '' ? FIRST_DAY : serviceDate(span.validFrom),
    until: span.validUntil === '' ? null : serviceDate(span.validUntil),
  };
}
