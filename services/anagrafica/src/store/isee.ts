import type { FieldCipher } from '@campanella/field-encryption';
import { type MunicipalityId, serviceDate } from '@campanella/vocabulary';
import { z } from 'zod';
import type { IseeCertification } from '../domain/isee.ts';
import { openJson, sealJson } from './sealed-json.ts';

/** The certifications of a household are padded to a multiple of it, none at all too: so many characters hold some ten of them. */
const ISEE_LENGTH_STEP = 512;

const day = z.string().transform((text) => serviceDate(text));
const SealedContent = z.array(z.tuple([z.int(), z.string(), day, day.nullable()]));

/** Seals a household's certifications: all households look alike. */
export function sealIsee(
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  householdId: string,
  certifications: readonly IseeCertification[],
): string {
  const content = certifications.map(({ iseeCents, reference, validity: { from, until } }) => [
    ...[iseeCents, reference, from, until],
  ]);
  return sealJson(cipher, contextOf(municipalityId, householdId), content, ISEE_LENGTH_STEP);
}

/** Opens what {@link sealIsee} sealed for the same household; null is none. @throws FieldCipherError for an altered one */
export function openIsee(
  cipher: FieldCipher,
  municipalityId: MunicipalityId,
  householdId: string,
  sealed: string | null,
): readonly IseeCertification[] {
  if (sealed === null) return [];
  const content = SealedContent.parse(openJson(cipher, contextOf(municipalityId, householdId), sealed));
  return content.map(([iseeCents, reference, from, until]) => ({ iseeCents, reference, validity: { from, until } }));
}

function contextOf(municipalityId: MunicipalityId, householdId: string): string {
  return `households.isee_sealed/${municipalityId}/${householdId}`;
}
