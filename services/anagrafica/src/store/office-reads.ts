import type { FieldCipher } from '@campanella/field-encryption';
import type { Queryable } from '@campanella/postgres';
import { id, type MunicipalityId, nameKey, type PupilId } from '@campanella/vocabulary';
import type {
  HouseholdRecord,
  KeptEdit,
  ListedHousehold,
  ListedPupil,
  OfficeReads,
  PupilSearch,
} from '../app/office.ts';
import { type DietVersion, dietsOf } from '../domain/diet.ts';
import type { Editor, RecordEdit } from '../domain/record-edits.ts';
import { openDiets, type SealedDiets } from './diet.ts';
import { findRecord } from './directory-reads.ts';
import { openIsee } from './isee.ts';
import { type BadgeRow, toBadge } from './rows.ts';

/** What the office reads of the tables. */
export function officeReads(database: Queryable, cipher: FieldCipher): OfficeReads {
  return {
    listPupils: (municipalityId, search) => listPupils(database, municipalityId, search),
    async findPupil(municipalityId, pupilId) {
      const record = await findRecord(database, cipher, municipalityId, pupilId);
      const versions = await dietVersions(database, cipher, municipalityId, pupilId);
      if (record === null || versions === null) return null;
      const { rows } = await database.query<{ id: string; name: string }>({
        name: 'find_household_of_pupil',
        text: `select household_id as id, name from household_pupils join households using (municipality_id, household_id)
               where municipality_id = $1 and pupil_id = $2`,
        values: [municipalityId, pupilId],
      });
      const [household] = rows.map(({ id: householdId, name }) => ({ householdId, name }));
      return { ...record, diets: dietsOf(versions), household: household ?? null };
    },
    listDietVersions: (municipalityId, pupilId) => dietVersions(database, cipher, municipalityId, pupilId),
    listHouseholds: (municipalityId, page) => listHouseholds(database, municipalityId, page),
    findHousehold: (municipalityId, householdId) => findHousehold(database, cipher, municipalityId, householdId),
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

async function listHouseholds(
  database: Queryable,
  municipalityId: MunicipalityId,
  { name, after, limit }: { readonly name: string | null; readonly after: string | null; readonly limit: number },
): Promise<ListedHousehold[]> {
  const { rows } = await database.query<{ id: string; name: string }>({
    name: 'list_households',
    text: `select household_id as id, name from households
           where municipality_id = $1 and name_key like $2 and name_key > $3
           order by name_key limit $4`,
    values: [municipalityId, startOf(nameKey(name ?? '')), nameKey(after ?? ''), limit],
  });
  return rows.map(({ id: householdId, name: found }) => ({ householdId, name: found }));
}

async function findHousehold(
  database: Queryable,
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  householdId: string,
): Promise<HouseholdRecord | null> {
  interface Member {
    readonly id: string;
    readonly display_name: string;
  }
  const { rows } = await database.query<{
    name: string;
    isee_sealed: string | null;
    pupils: readonly Member[];
    guardians: readonly Member[];
  }>({
    name: 'find_household',
    text: `
      select name, isee_sealed,
             coalesce((select json_agg(json_build_object('id', pupil_id, 'display_name', given_name || ' ' || family_name)
                                       order by given_name, family_name, pupil_id)
                       from household_pupils join pupils using (municipality_id, pupil_id)
                       where municipality_id = $1 and household_id = $2), '[]') as pupils,
             coalesce((select json_agg(json_build_object('id', guardian_id, 'display_name', given_name || ' ' || family_name)
                                       order by given_name, family_name, guardian_id)
                       from household_guardians join guardians using (municipality_id, guardian_id)
                       where municipality_id = $1 and household_id = $2), '[]') as guardians
      from households where municipality_id = $1 and household_id = $2`,
    values: [municipalityId, householdId],
  });
  const [row] = rows;
  if (row === undefined) return null;
  return {
    householdId,
    name: row.name,
    pupils: row.pupils.map((one) => ({ pupilId: id<PupilId>(one.id), displayName: one.display_name })),
    certifications: openIsee(cipher, municipalityId, householdId, row.isee_sealed),
    guardians: row.guardians.map((one) => ({ guardianId: one.id, displayName: one.display_name })),
  };
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
