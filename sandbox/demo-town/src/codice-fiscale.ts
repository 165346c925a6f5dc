import { codiceFiscaleControl } from '@campanella/vocabulary';

/** What a codice fiscale is made of. */
export interface Birth {
  readonly givenName: string;
  readonly familyName: string;
  readonly sex: 'F' | 'M';
  /** YYYY-MM-DD. */
  readonly bornOn: string;
  /** Cadastral code of the place of birth, e.g. `H501`. */
  readonly birthplaceCode: string;
}

const MONTHS = 'ABCDEHLMPRST';
/**
 * Computes the codice fiscale of an invented person, by the rules of D.M. 23 December 1976.
 *
 * @returns 16 characters, control character included. Two people may get the same one: the caller sees to that.
 */
export function codiceFiscaleOf(birth: Birth): string {
  const [year, month, day] = birth.bornOn.split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined) throw new RangeError('bornOn must be YYYY-MM-DD');
  const days = String(birth.sex === 'F' ? day + 40 : day).padStart(2, '0');
  const years = String(year % 100).padStart(2, '0');
  const names = `${familyNameCode(birth.familyName)}${givenNameCode(birth.givenName)}`;
  const body = `${names}${years}${MONTHS[month - 1]}${days}${birth.birthplaceCode}`;
  return body + codiceFiscaleControl(body);
}

function letters(name: string): { consonants: string; vowels: string } {
  const plain = name
    .normalize('NFD')
    .toUpperCase()
    .replaceAll(/[^A-Z]/g, '');
  return { consonants: plain.replaceAll(/[AEIOU]/g, ''), vowels: plain.replaceAll(/[^AEIOU]/g, '') };
}

function familyNameCode(name: string): string {
  const { consonants, vowels } = letters(name);
  return `${consonants}${vowels}XXX`.slice(0, 3);
}

function givenNameCode(name: string): string {
  const { consonants, vowels } = letters(name);
  // With four consonants or more the second one is left out.
  const chosen = consonants.length > 3 ? `${consonants.charAt(0)}${consonants.slice(2)}` : consonants;
  return `${chosen}${vowels}XXX`.slice(0, 3);
}
