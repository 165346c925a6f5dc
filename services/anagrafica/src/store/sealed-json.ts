import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { FieldCipher } from '@campanella/field-encryption';

/**
 * Seals a value so that its length tells nothing: compressed, and padded to a multiple of `lengthStep` characters.
 *
 * @param context where the value lives, as {@link FieldCipher.encrypt} takes it
 */
export function sealJson(cipher: FieldCipher, context: string, value: unknown, lengthStep: number): string {
  const text = deflateRawSync(JSON.stringify(value)).toString('base64');
  return cipher.encrypt(text.padEnd(Math.ceil(text.length / lengthStep) * lengthStep), context);
}

/** Opens what {@link sealJson} sealed for the same place. @throws FieldCipherError for another place's, or an altered one */
export function openJson(cipher: FieldCipher, context: string, sealed: string): unknown {
  const text = cipher.decrypt(sealed, context).trimEnd();
  return JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString());
}
