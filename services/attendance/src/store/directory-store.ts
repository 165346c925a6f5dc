import type { FieldCipher } from '@campanella/field-encryption';
import type { Database } from '@campanella/postgres';
import {
  cents,
  id,
  type MunicipalityId,
  numberId,
  type PupilId,
  parseBadgeNumber,
  type SchoolId,
  serviceCode,
  serviceDate,
  type Validity,
} from '@campanella/vocabulary';
import { z } from 'zod';
import type { DirectoryState } from '../app/directory-memory.ts';
import type { DirectoryStore } from '../app/keep-directory.ts';
import type { Badge, DietSpan, Enrolment, Pupil } from '../domain/directory.ts';

const FIRST_DAY = serviceDate('1970-01-01');

interface StoredSpan {
  readonly from: string;
  readonly until: string | null;
}

export interface PupilRow {
  readonly pupil_id: string;
  readonly version: number;
  readonly removed: boolean;
  readonly display_name: string;
  readonly school_id: string | null;
  readonly class_name: string;
  readonly diet_sealed: string;
  readonly badges: readonly { number: string; blocked: boolean; validity: StoredSpan }[];
  readonly enrolments: readonly {
    service: string;
    paymentMode: 'prepaid' | 'invoiced';
    validity: StoredSpan;
    overdraftCents: number;
    prices: readonly { priceCents: number; validity: StoredSpan }[];
  }[];
}

export const PUPIL_COLUMNS =
  'pupil_id, version, removed, display_name, school_id, class_name, diet_sealed, badges, enrolments';

/** The projection of the directory in PostgreSQL; diets are sealed. */
export function directoryStore(database: Database, cipher: FieldCipher): DirectoryStore {
  return {
    listStates: () => listStates(database),
    async watch(municipalityId) {
      await database.query({
        name: 'watch_directory',
        text: 'insert into directories (municipality_id) values ($1) on conflict do nothing',
        values: [municipalityId],
      });
    },
    storePage: (municipalityId, generation, pupils, version) =>
      storePage(database, cipher, municipalityId, generation, pupils, version),
    storeDescription: (municipalityId, name, schools) => storeDescription(database, municipalityId, name, schools),
    async beginAnew(municipalityId, generation) {
      await database.transaction(async (tx) => {
        const { rowCount } = await tx.query({
          text: `update directories set generation = generation + 1, version = 0 where municipality_id = $1 and generation = $2`,
          values: [municipalityId, generation],
        });
        if (rowCount === 0) return; // Another replica has begun it.
        await tx.query({ text: 'delete from directory_pupils where municipality_id = $1', values: [municipalityId] });
      });
    },
    async listPupils(municipalityId, afterVersion) {
      const { rows } = await database.query<PupilRow>({
        name: 'list_directory_pupils',
        text: `select ${PUPIL_COLUMNS} from directory_pupils where municipality_id = $1 and version > $2 order by version`,
        values: [municipalityId, afterVersion],
      });
      return rows.map((row) => toPupil(cipher, municipalityId, row));
    },
  };
}

async function listStates(database: Database): Promise<DirectoryState[]> {
  const { rows } = await database.query<{
    municipality_id: number;
    version: number;
    generation: number;
    name: string;
    schools: Record<string, string> | null;
  }>({
    name: 'list_directories',
    text: `select d.municipality_id, d.version, d.generation, d.name,
             (select jsonb_object_agg(s.school_id, s.name) from directory_schools s where s.municipality_id = d.municipality_id) as schools
           from directories d order by d.municipality_id`,
  });
  return rows.map((row) => ({
    municipalityId: numberId<MunicipalityId>(row.municipality_id),
    version: row.version,
    generation: row.generation,
    name: row.name,
    schools: new Map(Object.entries(row.schools ?? {}).map(([schoolId, name]) => [id<SchoolId>(schoolId), name])),
  }));
}

async function storePage(
  database: Database,
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  generation: number,
  pupils: readonly Pupil[],
  version: number,
): Promise<void> {
  await database.transaction(async (tx) => {
    // The row's lock makes replicas that read the same changes store them one after the other.
    const { rowCount } = await tx.query({
      name: 'raise_directory_version',
      text: `update directories set version = greatest(version, $3) where municipality_id = $1 and generation = $2`,
      values: [municipalityId, generation, version],
    });
    if (rowCount === 0) return; // Another replica has begun the directory anew: these pages are of the old one.
    await tx.query({
      name: 'store_directory_pupils',
      text: `insert into directory_pupils (municipality_id, pupil_id, version, removed, display_name, school_id, class_name,
               diet_sealed, badges, enrolments)
             select $1, * from unnest($2::uuid[], $3::bigint[], $4::boolean[], $5::text[], $6::uuid[], $7::text[], $8::text[],
               $9::jsonb[], $10::jsonb[])
             on conflict (municipality_id, pupil_id) do update set version = excluded.version, removed = excluded.removed,
               display_name = excluded.display_name, school_id = excluded.school_id, class_name = excluded.class_name,
               diet_sealed = excluded.diet_sealed, badges = excluded.badges, enrolments = excluded.enrolments
             where directory_pupils.version < excluded.version`,
      values: [
        municipalityId,
        pupils.map((pupil) => pupil.pupilId),
        pupils.map((pupil) => pupil.version),
        pupils.map((pupil) => pupil.removed),
        pupils.map((pupil) => pupil.displayName),
        pupils.map((pupil) => pupil.schoolId),
        pupils.map((pupil) => pupil.className),
        pupils.map((pupil) => sealDiets(cipher, municipalityId, pupil.pupilId, pupil.diets)),
        pupils.map((pupil) => JSON.stringify(pupil.badges.map(storedBadge))),
        pupils.map((pupil) => JSON.stringify(pupil.enrolments)),
      ],
    });
  });
}

async function storeDescription(
  database: Database,
  municipalityId: MunicipalityId,
  name: string,
  schools: ReadonlyMap<SchoolId, string>,
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query({
      text: 'update directories set name = $2 where municipality_id = $1 and name <> $2',
      values: [municipalityId, name],
    });
    await tx.query({
      text: `insert into directory_schools (municipality_id, school_id, name)
             select $1, * from unnest($2::uuid[], $3::text[]) order by 2
             on conflict (municipality_id, school_id) do update set name = excluded.name where directory_schools.name <> excluded.name`,
      values: [municipalityId, [...schools.keys()], [...schools.values()]],
    });
  });
}

/** What is sealed is padded to a multiple of it, no diet at all too: lengths tell nothing. */
const DIETS_LENGTH = 512;
const Diets = z.array(
  z.object({ dietCode: z.string(), validity: z.object({ from: z.string(), until: z.string().nullable() }) }),
);

function sealDiets(
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  diets: readonly DietSpan[],
): string {
  const text = JSON.stringify(diets);
  const padded = text.padEnd(Math.ceil(text.length / DIETS_LENGTH) * DIETS_LENGTH);
  return cipher.encrypt(padded, dietContext(municipalityId, pupilId));
}

/** Opens a pupil's diets. @throws FieldCipherError for another pupil's, or altered ones */
export function openDiets(
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  sealed: string,
): readonly DietSpan[] {
  const text = cipher.decrypt(sealed, dietContext(municipalityId, pupilId));
  // Until its pupil changes, a row of before diets had days holds a code.
  if (!text.startsWith('[')) return text === '' ? [] : [{ dietCode: text, validity: { from: FIRST_DAY, until: null } }];
  return Diets.parse(JSON.parse(text)).map(({ dietCode, validity }) => ({ dietCode, validity: toValidity(validity) }));
}

function dietContext(municipalityId: MunicipalityId, pupilId: PupilId): string {
  return `directory_pupils.diet/${municipalityId}/${pupilId}`;
}

function storedBadge({ badgeNumber, blocked, validity }: Badge) {
  return { number: badgeNumber, blocked, validity };
}

/** A pupil as stored, its diets opened. */
export function toPupil(cipher: FieldCipher, municipalityId: MunicipalityId, row: PupilRow): Pupil {
  const pupilId = id<PupilId>(row.pupil_id);
  return {
    municipalityId,
    pupilId,
    version: row.version,
    removed: row.removed,
    displayName: row.display_name,
    schoolId: row.school_id === null ? null : id<SchoolId>(row.school_id),
    className: row.class_name,
    diets: openDiets(cipher, municipalityId, pupilId, row.diet_sealed),
    badges: row.badges.flatMap(({ number, blocked, validity }): Badge[] => {
      const badgeNumber = parseBadgeNumber(number);
      return badgeNumber === null ? [] : [{ badgeNumber, blocked, validity: toValidity(validity) }];
    }),
    enrolments: row.enrolments.map(
      (one): Enrolment => ({
        service: serviceCode(one.service),
        paymentMode: one.paymentMode,
        validity: toValidity(one.validity),
        overdraftCents: cents(one.overdraftCents),
        prices: one.prices.map((price) => ({
          priceCents: cents(price.priceCents),
          validity: toValidity(price.validity),
        })),
      }),
    ),
  };
}

function toValidity(span: StoredSpan): Validity {
  return { from: serviceDate(span.from), until: span.until === null ? null : serviceDate(span.until) };
}
