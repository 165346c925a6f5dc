import type { FieldCipher } from '@campanella/field-encryption';
import type { Queryable } from '@campanella/postgres';
import type { MunicipalityId, PupilId } from '@campanella/vocabulary';
import type { KeptEdit, ListedPupil, OfficeReads, PupilSearch } from '../app/office.ts';
import { type DietVersion, dietsOf } from '../domain/diet.ts';
import type { Editor, RecordEdit } from '../domain/record-edits.ts';
import { openDiets, type SealedDiets } from './diet.ts';
import { findRecord } from './directory-reads.ts';
import { type BadgeRow, toBadge } from './rows.ts';

/** What the office reads of the tables. */
export function officeReads(database: Queryable, cipher: FieldCipher): OfficeReads {
  return {
    listPupils: (municipalityId, search) => listPupils(database, municipalityId, search),
    async findPupil(municipalityId, pupilId) {
      const record = await findRecord(database, municipalityId, pupilId);
      const versions = await dietVersions(database, cipher, municipalityId, pupilId);
      return record === null || versions === null ? null : { ...record, diets: dietsOf(versions) };
    },
    listDietVersions: (municipalityId, pupilId) => dietVersions(database, cipher, municipalityId, pupilId),
    async findBadge(municipalityId, badgeNumber) {
      const { rows } = await database.query<BadgeRow>({
        name: 'find_badge',
        text: `select badge_id as id, pupil_id, badge_number, blocked, valid_from, valid_until, replaces_badge_id
               from badges where municipality_id = $1 and badge_number = $2 and not blocked`,
        values: [municipalityId, badgeNumber],
      });
      return rows[0] === undefined ? null : toBadge(rows[0]);
    },
    listEdits: (municipalityId, page) => listEdits(database, municipalityId, page),
  };
}

async function dietVersions(
  database: Queryable,
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
): Promise<readonly DietVersion[] | null> {
  const { rows } = await database.query<SealedDiets>({
    name: 'find_diets',
    text: 'select diet_sealed, diets_sealed from pupils where municipality_id = $1 and pupil_id = $2',
    values: [municipalityId, pupilId],
  });
  return rows[0] === undefined ? null : openDiets(cipher, municipalityId, pupilId, rows[0]);
}

interface ListedRow {
  readonly pupil_id: string;
  readonly family_name: string;
  readonly given_name: string;
  readonly codice_fiscale: string;
  readonly school_name: string;
  readonly class_name: string;
  readonly closed: boolean;
}

async function listPupils(
  database: Queryable,
  municipalityId: MunicipalityId,
  { name, codiceFiscale, badgeNumber, after, limit }: PupilSearch,
): Promise<readonly ListedPupil[]> {
  // Each combination of what is asked is a statement of its own.
  const shape = ['office_pupils'];
  const values: unknown[] = [municipalityId, limit];
  const conditions: string[] = [];
  const add = (part: string, condition: (...places: string[]) => string, ...given: readonly string[]) => {
    shape.push(part);
    conditions.push(`and ${condition(...given.map((value) => `$${values.push(value)}`))}`);
  };
  const words = (name ?? '').trim().toLowerCase();
  const [family = '', given] = words.split(/\s+(?=\S+$)/);
  if (words !== '' && given === undefined) add('name', (one) => `lower(family_name) like ${one}`, startOf(family));
  if (words !== '' && given !== undefined) {
    // Two words are a family name and a given name, or one family name of two words.
    add(
      'names',
      (one, two, both) =>
        `((lower(family_name) = ${one} and lower(given_name) like ${two}) or lower(family_name) like ${both})`,
      ...[family, startOf(given), startOf(words)],
    );
  }
  if (codiceFiscale !== null) add('code', (one) => `codice_fiscale = ${one}`, codiceFiscale.toUpperCase());
  if (badgeNumber !== null) {
    add(
      'badge',
      (one) => `pupil_id in (select pupil_id from badges where municipality_id = $1 and badge_number = ${one})`,
      badgeNumber.toUpperCase(),
    );
  }
  if (after !== null) {
    add(
      'after',
      (one, two, three) => `(lower(family_name), lower(given_name), pupil_id) > (${one}, ${two}, ${three}::uuid)`,
      ...[after.familyName.toLowerCase(), after.givenName.toLowerCase(), after.pupilId],
    );
  }
  const { rows } = await database.query<ListedRow>({
    name: shape.join('_'),
    text: `select pupil_id, family_name, given_name, codice_fiscale, closed, schools.name as school_name, classes.name as class_name
           from pupils join classes using (municipality_id, class_id) join schools using (municipality_id, school_id)
           where municipality_id = $1 ${conditions.join(' ')}
           order by lower(family_name), lower(given_name), pupil_id limit $2`,
    values,
  });
  return rows.map((row) => ({
    pupilId: row.pupil_id,
    familyName: row.family_name,
    givenName: row.given_name,
    codiceFiscale: row.codice_fiscale,
    schoolName: row.school_name,
    className: row.class_name,
    closed: row.closed,
  }));
}

/** A pattern of what begins so, whatever is in it. */
function startOf(text: string): string {
  return `${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

interface EditRow {
  readonly edit_id: string;
  readonly edited_at: Date;
  readonly editor: string;
  readonly source: Editor['source'];
  readonly record_kind: RecordEdit['recordKind'];
  readonly record_id: string;
  readonly is_new: boolean;
  readonly fields: readonly string[];
}

async function listEdits(
  database: Queryable,
  municipalityId: MunicipalityId,
  page: { readonly recordId: string | null; readonly afterEditId: string | null; readonly limit: number },
): Promise<readonly KeptEdit[]> {
  const ofRecord = page.recordId === null ? '' : 'and record_id = $4';
  const { rows } = await database.query<EditRow>({
    name: page.recordId === null ? 'list_edits' : 'list_edits_of_record',
    text: `select edit_id, edited_at, editor, source, record_kind, record_id, is_new, fields from record_edits
           where municipality_id = $1 and edit_id < coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') ${ofRecord}
           order by edit_id desc limit $2`,
    values: [municipalityId, page.limit, page.afterEditId, ...(page.recordId === null ? [] : [page.recordId])],
  });
  return rows.map((row) => ({
    editId: row.edit_id,
    editedAt: row.edited_at,
    editor: { name: row.editor, source: row.source },
    recordKind: row.record_kind,
    recordId: row.record_id,
    isNew: row.is_new,
    fields: row.fields,
  }));
}
