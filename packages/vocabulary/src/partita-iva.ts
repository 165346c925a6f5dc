import { hasElevenDigits } from './eleven-digits.ts';

declare const brand: unique symbol;

/** A well-formed partita IVA: 11 digits, of which the last is the control digit. */
export type PartitaIva = string & { readonly [brand]: 'PartitaIva' };

/** Offices that gave partite IVA: the provinces', 120 and 121 (Rome and Milan), 888 and 999. */
function isOffice(code: number): boolean {
  return (code >= 1 && code <= 100) || [120, 121, 888, 999].includes(code);
}

/**
 * Takes a text as a partita IVA, with or without `IT` before it and with spaces around it.
 *
 * Checked: eleven digits, a number that is not zero, the office that gave it (eighth to tenth digit), the control digit. Not checked:
 * whether it is in use (only the Agenzia delle Entrate and VIES know).
 *
 * @returns the eleven digits; null for any other text
 * @see D.P.R. 633/1972, article 35
 */
export function parsePartitaIva(text: string): PartitaIva | null {
  const plain = text
    .trim()
    .toUpperCase()
    .replace(/^IT\s?/, '');
  return hasElevenDigits(plain) && isOffice(Number(plain.slice(7, 10))) ? (plain as PartitaIva) : null;
}
