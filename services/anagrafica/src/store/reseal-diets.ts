import type { FieldCipher } from '@campanella/field-encryption';
import type { Database } from '@campanella/postgres';
import { type MunicipalityId, numberId } from '@campanella/vocabulary';
import { openDiet, sealDiet } from './diet.ts';

/** Pupils in one transaction: its locks are gone in some 20 ms. */
const BATCH = 500;

/**
 * Seals again, under the first key, every diet that an older key sealed; after it the older key can be dropped. Safe beside
 * a running service, resumable: what is done is not done again. No directory version moves, since no diet changes.
 *
 * @param report gets the counts so far, after each batch
 * @returns how many diets were read, and how many were sealed again
 * @throws FieldCipherError where a diet opens under none of the keys: nothing of its batch is changed
 */
export async function resealDiets(
  database: Pick<Database, 'transaction'>,
  cipher: FieldCipher,
  report: (counts: { read: number; resealed: number }) => void,
): Promise<{ read: number; resealed: number }> {
  const counts = { read: 0, resealed: 0 };
  let after = { municipalityId: 0, pupilId: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const last = await database.transaction(async (tx) => {
      const { rows } = await tx.query<{ municipality_id: number; pupil_id: string; diet_sealed: string }>({
        name: 'read_sealed_diets',
        text: `select municipality_id, pupil_id, diet_sealed from pupils
               where (municipality_id, pupil_id) > ($1, $2::uuid)
               order by municipality_id, pupil_id limit ${BATCH} for no key update`,
        values: [after.municipalityId, after.pupilId],
      });
      const older = rows.filter((row) => !cipher.isCurrent(row.diet_sealed));
      const resealed = older.map((row) => {
        const municipalityId = numberId<MunicipalityId>(row.municipality_id);
        const diet = openDiet(cipher, municipalityId, row.pupil_id, row.diet_sealed);
        return { municipalityId, pupilId: row.pupil_id, sealed: sealDiet(cipher, municipalityId, row.pupil_id, diet) };
      });
      if (resealed.length > 0) {
        await tx.query({
          name: 'write_sealed_diets',
          text: `update pupils set diet_sealed = r.sealed
                 from jsonb_to_recordset($1::jsonb) as r ("municipalityId" bigint, "pupilId" uuid, sealed text)
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
