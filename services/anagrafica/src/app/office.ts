import type { MunicipalityId, PupilId, ServiceDate } from '@campanella/vocabulary';
import { accept, type Decision, refuse } from '@campanella/vocabulary';
import type { RecordsRefused } from '../domain/decide-put.ts';
import type { Diet, DietVersion } from '../domain/diet.ts';
import type { PupilRecord } from '../domain/directory.ts';
import type { IseeCertification } from '../domain/isee.ts';
import type { RecordsInput } from '../domain/parse-records.ts';
import type { Editor, RecordEdit } from '../domain/record-edits.ts';
import type { Badge } from '../domain/records.ts';
import { type PutDeps, type PutResult, putRecords } from './put-records.ts';

/** Whom the office looks for; every part that is told must fit. */
export interface PupilSearch {
  /** The beginning of the family name, or of family name and given name; in any case of letters. */
  readonly name: string | null;
  readonly codiceFiscale: string | null;
  readonly badgeNumber: string | null;
  readonly after: PupilListCursor | null;
  readonly limit: number;
}

/** The last pupil of the page before, in the order of the list. */
export interface PupilListCursor {
  readonly familyName: string;
  readonly givenName: string;
  readonly pupilId: string;
}

/** A pupil in the office's list. */
export interface ListedPupil extends PupilListCursor {
  readonly codiceFiscale: string;
  readonly schoolName: string;
  readonly className: string;
  readonly closed: boolean;
}

/** An edit as it is kept. */
export interface KeptEdit extends RecordEdit {
  readonly editId: string;
  readonly editedAt: Date;
  readonly editor: Editor;
}

export interface ListedHousehold {
  readonly householdId: string;
  readonly name: string;
}

/** A household with its members by name, and its ISEE. */
export interface HouseholdRecord extends ListedHousehold {
  readonly pupils: { readonly pupilId: PupilId; readonly displayName: string }[];
  readonly guardians: { readonly guardianId: string; readonly displayName: string }[];
  readonly certifications: readonly IseeCertification[];
}

/** What the office reads. */
export interface OfficeReads {
  /** By family name, given name and id. */
  listPupils(municipalityId: MunicipalityId, search: PupilSearch): Promise<readonly ListedPupil[]>;
  /** The diets are there for the office alone; null for an unknown pupil. */
  findPupil(
    municipalityId: MunicipalityId,
    pupilId: PupilId,
  ): Promise<(PupilRecord & { readonly diets: readonly Diet[]; readonly household: ListedHousehold | null }) | null>;
  /** All that was ever recorded of a pupil's diets, oldest first; null for an unknown pupil. */
  listDietVersions(municipalityId: MunicipalityId, pupilId: PupilId): Promise<readonly DietVersion[] | null>;
  /** By name; of those whose name begins so. */
  listHouseholds(
    municipalityId: MunicipalityId,
    page: { readonly name: string | null; readonly after: string | null; readonly limit: number },
  ): Promise<ListedHousehold[]>;
  /** Null for an unknown household. */
  findHousehold(municipalityId: MunicipalityId, householdId: string): Promise<HouseholdRecord | null>;
  /** The badge in use with this number; null where nobody holds one. */
  findBadge(municipalityId: MunicipalityId, badgeNumber: string): Promise<Badge | null>;
  /** Newest first; of one record, or of all. */
  listEdits(
    municipalityId: MunicipalityId,
    page: { readonly recordId: string | null; readonly afterEditId: string | null; readonly limit: number },
  ): Promise<readonly KeptEdit[]>;
}

export const NO_RECORDS: RecordsInput = {
  municipality: null,
  schools: [],
  schoolYears: [],
  classes: [],
  services: [],
  tariffs: [],
  guardians: [],
  pupils: [],
  diets: [],
  households: [],
  isee: [],
  enrolments: [],
  badges: [],
};

/** A badge that is lost, and the one that takes its place; the new one's id is made by who asks. */
export interface BadgeReplacement {
  readonly lostNumber: string;
  readonly badgeId: string;
  readonly badgeNumber: string;
  readonly validFrom: ServiceDate;
}

/**
 * Blocks a lost badge and gives its pupil another, in one step: terminals know within seconds. The same again changes nothing.
 *
 * @returns refusals as of {@link putRecords}; `unknown_badge` where nobody holds the lost one
 */
export async function replaceBadge(
  deps: PutDeps & { readonly reads: OfficeReads },
  municipalityId: MunicipalityId,
  replacement: BadgeReplacement,
  editor: Editor,
): Promise<Decision<PutResult, RecordsRefused | { readonly kind: 'unknown_badge' }>> {
  const { lostNumber, badgeId, badgeNumber, validFrom } = replacement;
  const replaced = await deps.reads.findBadge(municipalityId, badgeNumber);
  // Done before: the answer was lost.
  if (replaced?.id === badgeId) {
    return accept({ changedCount: 0, diets: { addedCount: 0, changedCount: 0, removedCount: 0 }, directoryVersion: 0 });
  }
  const lost = await deps.reads.findBadge(municipalityId, lostNumber);
  if (lost === null) return refuse({ kind: 'unknown_badge' });
  const badge = {
    ...{ badgeId, badgeNumber, pupilId: lost.pupilId, blocked: false, validFrom, validUntil: '' },
    replacesBadgeId: lost.id,
  };
  return putRecords(deps, municipalityId, { ...NO_RECORDS, badges: [badge] }, editor);
}
