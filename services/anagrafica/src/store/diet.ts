import type { FieldCipher } from '@campanella/field-encryption';
import type { MunicipalityId } from '@campanella/vocabulary';

/** Longest diet code: every code is padded to it, so that the sealed text's length tells nothing. */
const DIET_LENGTH = 20;

/** Seals a pupil's diet code (empty for the ordinary menu): all sealed diets look alike. */
export function sealDiet(
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  pupilId: string,
  dietCode: string,
): string {
  return cipher.encrypt(dietCode.padEnd(DIET_LENGTH), contextOf(municipalityId, pupilId));
}

/** Opens what {@link sealDiet} sealed for the same pupil. @throws FieldCipherError for another pupil's, or an altered one */
export function openDiet(cipher: FieldCipher, municipalityId: MunicipalityId, pupilId: string, sealed: string): string {
  return cipher.decrypt(sealed, contextOf(municipalityId, pupilId)).trimEnd();
}

function contextOf(municipalityId: MunicipalityId, pupilId: string): string {
  return `pupils.diet_sealed/${municipalityId}/${pupilId}`;
}
