import { hasElevenDigits } from './eleven-digits.ts';

declare const brand: unique symbol;

/** A well-formed codice fiscale of a person: 16 upper-case characters, or the 11 digits of a provisional one; its control character is right. */
export type CodiceFiscale = string & { readonly [brand]: 'CodiceFiscale' };

// Seven of the digits may have been replaced by letters where two people would share a code (omocodia).
const SHAPE = /^[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$/;
const OMOCODIA = 'LMNPQRSTUV';
const MONTHS = 'ABCDEHLMPRST';
const DAYS_MAX = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const PLACES = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
// Values of the characters in odd places (first, third, …), in the order of PLACES.
const ODD = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22,
  25, 24, 23,
];

/**
 * Takes a text as the codice fiscale of a person, in any case and with spaces around it.
 *
 * Checked: shape with omocodia, a day of birth that its month has, and the control character; for the provisional code that a person has
 * until the final one is given, eleven digits of which the last is the control digit. Not checked: whether the place of birth exists,
 * nor whether the code was ever given to anyone (only the Agenzia delle Entrate knows). A company's code has the shape of a provisional
 * one: nobody can tell them apart by looking.
 *
 * @returns null for any other text
 * @see D.M. 23 December 1976, articles 2 to 8
 */
export function parseCodiceFiscale(text: string): CodiceFiscale | null {
  const upper = text.trim().toUpperCase();
  if (hasElevenDigits(upper)) return upper as CodiceFiscale;
  if (!SHAPE.test(upper)) return null;
  const month = MONTHS.indexOf(upper.charAt(8));
  const days = Number(digits(upper.slice(9, 11)));
  const day = days > 40 ? days - 40 : days; // women's days are counted from 41
  if (day < 1 || day > (DAYS_MAX[month] ?? 0)) return null;
  return codiceFiscaleControl(upper.slice(0, 15)) === upper.charAt(15) ? (upper as CodiceFiscale) : null;
}

function digits(text: string): string {
  return text.replaceAll(/[L-V]/g, (letter) => String(OMOCODIA.indexOf(letter)));
}

/** The control character that ends a codice fiscale. @param body its first 15 characters, `0-9` and `A-Z` */
export function codiceFiscaleControl(body: string): string {
  let sum = 0;
  for (let index = 0; index < body.length; index += 1) {
    const place = PLACES.indexOf(body.charAt(index));
    sum += index % 2 === 0 ? (ODD[place] ?? 0) : place < 10 ? place : place - 10;
  }
  return String.fromCharCode(65 + (sum % 26));
}
