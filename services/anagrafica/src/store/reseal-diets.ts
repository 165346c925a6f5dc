import type { FieldCipher } from '@campanella/field-encryption';
import type { Database } from '@campanella/postgres';
import { type MunicipalityId, numberId, type ServiceDate } from '@campanella/vocabulary';
import { openDiets, type SealedDiets, sealDiets } from './diet.ts';
import { openIsee, sealIsee } from './isee.ts';

/** Pupils in one transaction: its locks are gone in some 50 ms. */
const BATCH = 500;

/** Which rows are looked at: all of them, or those that no release has sealed since versions of diets are kept. */
export type Unsealed = 'all' | 'without versions';

/**
 * Seals again, under the first key, every diet that an older key sealed, and those whose versions are not sealed yet; after it the older key can
 * be dropped. Safe beside a running service, resumable: what is done is not done again. No directory version moves, since no diet changes.
 *
 * @param report gets the counts so far, after each batch
 * @returns how many diets were read, and how many were sealed again
 * @throws FieldCipherError where a diet opens under none of the keys: nothing of its batch is changed
 */
export async function resealDiets(
  database: Pick<Database, 'transaction'>,
  cipher: FieldCipher,
  which: Unsealed,
  today: ServiceDate,
  report: (counts: { read: number; resealed: number }) => void,
): Promise<{ read: number; resealed: number }> {
  const counts = { read: 0, resealed: 0 };
  let after = { municipalityId: 0, pupilId: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const last = await database.transaction(async (tx) => {
      const { rows } = await tx.query<SealedDiets & { municipality_id: number; pupil_id: string }>({
        name: which === 'all' ? 'read_sealed_diets' : 'read_diets_without_versions',
        text: `select municipality_id, pupil_id, diet_sealed, diets_sealed from pupils
               where (municipality_id, pupil_id) > ($1, $2::uuid) ${which === 'all' ? '' : 'and diets_sealed is null'}
               order by municipality_id, pupil_id limit ${BATCH} for no key update`,
        values: [after.municipalityId, after.pupilId],
      });
      const resealed = rows
        .filter((row) => !isCurrent(cipher, row))
        .map((row) => {
          const municipalityId = numberId<MunicipalityId>(row.municipality_id);
          const versions = openDiets(cipher, municipalityId, row.pupil_id, row);
          const sealed = sealDiets(cipher, municipalityId, row.pupil_id, versions, today);
          return { municipalityId, pupilId: row.pupil_id, ...sealed };
        });
      if (resealed.length > 0) {
        await tx.query({
          name: 'write_sealed_diets',
          text: `update pupils set diet_sealed = r.diet_sealed, diets_sealed = r.diets_sealed
                 from jsonb_to_recordset($1::jsonb) as r (
                   "municipalityId" bigint, "pupilId" uuid, diet_sealed text, diets_sealed text)
                 where municipality_id = r."municipalityId" and pupil_id = r."pupilId"`,
          values: [JSON.stringify(resealed)],
        });
      }
      counts.read += rows.length;
      counts.resealed += resealed.length;
      return rows.at(-1) ?? null;
    });
    if (last === null) return counts;
    after = { municipalityId: last.municipality_id, pupilId: last.pupil_id };
    report(counts);
  }
}

/** {@link resealDiets} for the certifications of households. */
export async function resealIsee(
  database: Pick<Database, 'transaction'>,
  cipher: FieldCipher,
): Promise<{ read: number; resealed: number }> {
  const counts = { read: 0, resealed: 0 };
  let after = { municipalityId: 0, householdId: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const last = await database.transaction(async (tx) => {
      const { rows } = await tx.query<{ municipality_id: number; household_id: string; isee_sealed: string | null }>({
        name: 'read_sealed_isee',
        text: `select municipality_id, household_id, isee_sealed from households
               where (municipality_id, household_id) > ($1, $2::uuid)
               order by municipality_id, household_id limit ${BATCH} for no key update`,
        values: [after.municipalityId, after.householdId],
      });
      const resealed = rows
        .filter(({ isee_sealed }) => isee_sealed === null || !cipher.isCurrent(isee_sealed))
        .map(({ municipality_id, household_id: householdId, isee_sealed }) => {
          const municipalityId = numberId<MunicipalityId>(municipality_id);
          const certifications = openIsee(cipher, municipalityId, householdId, isee_sealed);
          return {
            ...{ municipalityId, householdId },
            sealed: sealIsee(cipher, municipalityId, householdId, certifications),
          };
        });
      if (resealed.length > 0) {
        await tx.query({
          name: 'write_sealed_isee',
          text: `update households set isee_sealed = r.sealed
                 from jsonb_to_recordset($1::jsonb) as r ("municipalityId" bigint, "householdId" uuid, sealed text)
                 where municipality_id = r."municipalityId" and household_id = r."householdId"`,
          values: [JSON.stringify(resealed)],
        });
      }
      counts.read += rows.length;
      counts.resealed += resealed.length;
      return rows.at(-1) ?? null;
    });
    if (last === null) return counts;
    after = { municipalityId: last.municipality_id, householdId: last.household_id };
  }
}

function isCurrent(cipher: FieldCipher, { diet_sealed, diets_sealed }: SealedDiets): boolean {
  return diets_sealed !== null && cipher.isCurrent(diet_sealed) && cipher.isCurrent(diets_sealed);
}
