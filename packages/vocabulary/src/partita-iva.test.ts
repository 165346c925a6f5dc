import { describe, expect, test } from '@jest/globals';
import { parsePartitaIva } from './partita-iva.ts';

describe('a partita IVA', () => {
  test('has exactly one right control digit', () => {
    const right = [...'0123456789'].filter((digit) => parsePartitaIva(`1234567001${digit}`) !== null);
    expect(right).toEqual(['7']);
  });

  test.each([['12345670017'], ['IT12345670017'], ['it 12345670017'], ['  12345670017 ']])('%j is taken', (text) => {
    expect(parsePartitaIva(text)).toBe('12345670017');
  });

  test.each([
    ['empty', ''],
    ['of ten digits', '1234567001'],
    ['of twelve digits', '123456700170'],
    ['with a wrong control digit', '12345670018'],
    ['of zeros', '00000000000'],
    ['of an office that never was', '12345672005'],
    ['with a letter', '1234567OO17'],
    ['with digits of another script', '１2345670017'],
    ['a codice fiscale', 'RSSMRA80A01H501U'],
  ])('that is %s is refused', (_fault, text) => {
    expect(parsePartitaIva(text)).toBeNull();
  });

  test('with two neighbouring digits swapped is refused, but for 0 and 9', () => {
    const code = '12345670017';
    for (let place = 0; place < 10; place += 1) {
      const [a = '', b = ''] = [code.charAt(place), code.charAt(place + 1)];
      if (a === b || `${a}${b}` === '09' || `${a}${b}` === '90') continue;
      expect(parsePartitaIva(`${code.slice(0, place)}${b}${a}${code.slice(place + 2)}`)).toBeNull();
    }
  });
});
