import { createHash } from 'node:crypto';
import { v5 as uuidV5 } from 'uuid';

const NAMESPACE = '6f1d4b1e-6d0a-5a3e-9a57-6b1d7a0c2f11';

/** A UUID that is the same for the same words, on every machine and run. */
export function idOf(...words: readonly (string | number)[]): string {
  return uuidV5(words.join('/'), NAMESPACE);
}

/** A number from 0 up to 1, the same for the same words; 32 bits of it are well spread. */
export function chance(...words: readonly (string | number)[]): number {
  // FNV-1a and a final mix: a hundred times quicker than a cryptographic hash, and here nothing is secret.
  let hash = 0x811c9dc5;
  const text = words.join('/');
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}

/** A whole number from 0 up to a bound, the same for the same words. */
export function below(bound: number, ...words: readonly (string | number)[]): number {
  return Math.floor(chance(...words) * bound);
}

/** One of a list, the same for the same words. */
export function oneOf<Item>(items: readonly [Item, ...Item[]], ...words: readonly (string | number)[]): Item {
  return items[below(items.length, ...words)] ?? items[0];
}

/** A UUIDv7 of an instant whose random part is made of the words: sent again, it is the same. */
export function timedIdOf(instantMs: number, ...words: readonly (string | number)[]): string {
  const time = instantMs.toString(16).padStart(12, '0');
  const rest = createHash('sha256').update(words.join('/')).digest('hex');
  const variant = '89ab'.charAt(Number.parseInt(rest.charAt(3), 16) % 4);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-${variant}${rest.slice(4, 7)}-${rest.slice(7, 19)}`;
}

/** A secret of 32 bytes in base64url, the same for the same words: for the sandbox only, where nothing is worth hiding. */
export function sandboxSecretOf(...words: readonly (string | number)[]): string {
  return createHash('sha256').update(words.join('/')).digest('base64url');
}
