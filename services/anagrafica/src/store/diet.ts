import type { FieldCipher } from '@campanella/field-encryption';
import { type MunicipalityId, type ServiceDate, serviceDate, serviceDateAt } from '@campanella/vocabulary';
import { z } from 'zod';
import { ALWAYS, DIET_KINDS, type Diet, type DietVersion, dietByCode, dietCodeOn, dietsOf } from '../domain/diet.ts';
import { openJson, sealJson } from './sealed-json.ts';

/** Longest diet code: every code is padded to it, so that the sealed text's length tells nothing. */
const DIET_LENGTH = 20;
/**
 * What is recorded of a pupil's diets is padded to a multiple of it, none at all too: so many characters hold about fifteen versions, more than
 * years at school make, and the sealed text's length tells nothing.
 */
export const DIETS_LENGTH_STEP = 1_024;

/** The sealed columns of a pupil. */
export interface SealedDiets {
  /** The code in force when the row was written, for older releases that run beside this one. */
  readonly diet_sealed: string;
  /** Every version; null where only an older release has written the row. */
  readonly diets_sealed: string | null;
}

const day = z.string().transform((text) => serviceDate(text));
const SealedContent = z.object({
  code: z.string(),
  versions: z.array(
    z.object({
      at: z.coerce.date().nullable(),
      by: z.object({ name: z.string(), source: z.enum(['office', 'command', 'import']) }).nullable(),
      diets: z.array(z.tuple([z.string(), z.enum(DIET_KINDS), z.string(), day, day.nullable()])),
    }),
  ),
});

/** Seals all that was recorded of a pupil's diets: the sealed columns of all pupils look alike. */
export function sealDiets(
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  pupilId: string,
  versions: readonly DietVersion[],
  today: ServiceDate,
): SealedDiets & { readonly diets_sealed: string } {
  const code = dietCodeOn(dietsOf(versions), today);
  const content: z.input<typeof SealedContent> = {
    code,
    versions: versions.map(({ recordedAt, recordedBy, diets }) => ({
      at: recordedAt,
      by: recordedBy,
      diets: diets.map(({ dietCode, kind, reference, validity }) => [
        ...([dietCode, kind, reference] as const),
        ...([validity.from, validity.until] as const),
      ]),
    })),
  };
  return {
    diet_sealed: cipher.encrypt(code.padEnd(DIET_LENGTH), contextOf('diet_sealed', municipalityId, pupilId)),
    diets_sealed: sealJson(cipher, contextOf('diets_sealed', municipalityId, pupilId), content, DIETS_LENGTH_STEP),
  };
}

/** Opens what {@link sealDiets} sealed for the same pupil. @throws FieldCipherError for another pupil's, or an altered one */
export function openDiets(
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  pupilId: string,
  sealed: SealedDiets,
): readonly DietVersion[] {
  const code = cipher.decrypt(sealed.diet_sealed, contextOf('diet_sealed', municipalityId, pupilId)).trimEnd();
  if (sealed.diets_sealed === null) return code === '' ? [] : [byOlderRelease(code, ALWAYS)];
  const content = SealedContent.parse(
    openJson(cipher, contextOf('diets_sealed', municipalityId, pupilId), sealed.diets_sealed),
  );
  const versions = content.versions.map(({ at, by, diets }): DietVersion => {
    const told = diets.map(
      ([dietCode, kind, reference, from, until]): Diet => ({ dietCode, kind, reference, validity: { from, until } }),
    );
    return { recordedAt: at, recordedBy: by, diets: told };
  });
  if (code === content.code) return versions;
  // An older release, which knows one code only, has changed it since: no diet that the office gave may go by that.
  const since = versions.at(-1)?.recordedAt;
  return [...versions, byOlderRelease(code, since === undefined || since === null ? ALWAYS : serviceDateAt(since))];
}

function byOlderRelease(code: string, from: ServiceDate): DietVersion {
  return { recordedAt: null, recordedBy: null, diets: [dietByCode(code, from)] };
}

function contextOf(column: keyof SealedDiets, municipalityId: MunicipalityId, pupilId: string): string {
  return `pupils.${column}/${municipalityId}/${pupilId}`;
}
