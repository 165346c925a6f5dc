import type { MunicipalityId, PupilId, ServiceCode, ServiceDate } from '@campanella/vocabulary';
import { type CodiceFiscale, parseCodiceFiscale } from '@campanella/vocabulary';
import type {
  BadgeHistoryEntry,
  DirectoryPage,
  KnownMunicipality,
  Payer,
  PupilRecord,
  PupilSheet,
} from '../domain/directory.ts';
import type { School } from '../domain/records.ts';

/** A payer, with the pupil who is paid for. */
export interface PupilPayer {
  readonly pupilId: PupilId;
  readonly pupil: { readonly givenName: string; readonly familyName: string; readonly codiceFiscale: string };
  readonly payer: Payer;
  readonly invoiceEmail: string;
}

/** What the readers need of the tables. Each answer is one snapshot. */
export interface DirectoryReads {
  /** Null for an unknown municipality. */
  listChanges(municipalityId: MunicipalityId, afterVersion: number, pageSize: number): Promise<DirectoryPage | null>;
  listSchools(municipalityId: MunicipalityId): Promise<readonly School[]>;
  findMunicipality(municipalityId: MunicipalityId): Promise<KnownMunicipality | null>;
  pupilsOfGuardian(
    municipalityId: MunicipalityId,
    code: CodiceFiscale,
    today: ServiceDate,
  ): Promise<readonly PupilId[]>;
  /** The payer of a pupil's enrolment in a service; null where there is none. */
  findPayer(
    municipalityId: MunicipalityId,
    pupilId: PupilId,
    service: ServiceCode,
    today: ServiceDate,
  ): Promise<Payer | null>;
  /** The same for many pupils, with where the enrolment's invoices go. */
  listPayers(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    service: ServiceCode,
    today: ServiceDate,
  ): Promise<readonly PupilPayer[]>;
  /** Null for an unknown pupil. */
  findRecord(municipalityId: MunicipalityId, pupilId: PupilId): Promise<PupilRecord | null>;
  pupilSheets(municipalityId: MunicipalityId, pupilIds: readonly PupilId[]): Promise<readonly PupilSheet[]>;
  badgeHistory(municipalityId: MunicipalityId, pupilId: PupilId): Promise<readonly BadgeHistoryEntry[]>;
}

/** The pupils a person answers for today; none for a text that is no codice fiscale. */
export async function pupilsOfGuardian(
  reads: DirectoryReads,
  municipalityId: MunicipalityId,
  codiceFiscale: string,
  today: ServiceDate,
): Promise<readonly PupilId[]> {
  const code = parseCodiceFiscale(codiceFiscale);
  return code === null ? [] : reads.pupilsOfGuardian(municipalityId, code, today);
}
