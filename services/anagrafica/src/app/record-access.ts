import type { MunicipalityId, PersonId, PupilId } from '@campanella/vocabulary';

/** Who read what of a pupil. */
export interface RecordRead {
  readonly readerId: PersonId;
  readonly readerRole: 'guardian' | 'office' | 'school' | 'sre';
  readonly what: 'record' | 'documents' | 'document';
  readonly readAt: Date;
}

/** Where the access log continues: after this line. */
export interface ReadsCursor {
  readonly hour: Date;
  readonly readerId: string;
  readonly what: string;
}

/** The access log of pupils' records. */
export interface AccessLog {
  /** Keeps one line per reader, pupil, what was read and hour. A read whose line cannot be kept must not happen. */
  note(municipalityId: MunicipalityId, pupilId: PupilId, read: RecordRead): Promise<void>;
  /** Newest hour first. */
  list(
    municipalityId: MunicipalityId,
    pupilId: PupilId,
    after: ReadsCursor | null,
    limit: number,
  ): Promise<readonly (RecordRead & { readonly hour: Date })[]>;
}
