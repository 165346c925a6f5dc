import type { BadgeNumber } from '@campanella/vocabulary';
import type { BadgeCoding } from './reading.ts';

/**
 * Forms under which readers of different make write the same card, as keys that two of them share.
 * `32:` holds the low four bytes, `24:` the low three (all that Wiegand-26 carries).
 */
export type AliasKey = `32:${string}` | `24:${string}`;

/**
 * Aliases of a number read in a known coding, the most telling first. `0100CDA4EC`, `0013477100`, `00CDA4EC` and `CDA4EC`
 * are one card. A text (barcode, stripe, MIFARE) has none.
 */
export function aliasesOf(number: BadgeNumber, coding: BadgeCoding): readonly AliasKey[] {
  switch (coding) {
    case 'em40':
      return fromLow32(number.slice(-8));
    case 'bits32':
      return fromLow32(number);
    case 'decimal32':
      return fromLow32(Number(number).toString(16).padStart(8, '0').toUpperCase());
    case 'bits24':
      return [`24:${number}`];
    case 'text':
      return [];
  }
}

/**
 * Aliases of a registered number, whose coding nobody noted: every coding it can be in. Ten decimal digits may be either a
 * hexadecimal or a decimal number; both are offered, and the directory refuses an alias that leads to two badges.
 */
export function aliasesOfRegistered(number: BadgeNumber): readonly AliasKey[] {
  const codings: BadgeCoding[] = [];
  if (/^[0-9A-F]{10}$/.test(number)) codings.push('em40');
  if (/^\d{10}$/.test(number) && Number(number) < 2 ** 32) codings.push('decimal32');
  if (/^[0-9A-F]{8}$/.test(number)) codings.push('bits32');
  if (/^[0-9A-F]{6}$/.test(number)) codings.push('bits24');
  return [...new Set(codings.flatMap((coding) => aliasesOf(number, coding)))];
}

function fromLow32(eightHexDigits: string): AliasKey[] {
  return [`32:${eightHexDigits}`, `24:${eightHexDigits.slice(-6)}`];
}
