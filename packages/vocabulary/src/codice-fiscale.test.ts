import { describe, expect, test } from '@jest/globals';
import { parseCodiceFiscale } from './codice-fiscale.ts';

describe('a codice fiscale', () => {
  test.each(['SMPRRA86C54H501M', 'PRVZFR81S02F205P', 'RSSMRA80A01H501U'])('%s is taken', (text) => {
    expect(parseCodiceFiscale(text)).toBe(text);
  });

  test('is taken in lower case and with spaces around it', () => {
    expect(parseCodiceFiscale(' rssmra80a01h501u ')).toBe('RSSMRA80A01H501U');
  });

  test('is taken where letters stand for digits, by the rules of omocodia', () => {
    expect(parseCodiceFiscale('RSSMRA80A01H50MM')).toBe('RSSMRA80A01H50MM');
  });

  test('is taken where it is a provisional one of eleven digits', () => {
    expect(parseCodiceFiscale(' 12345678903 ')).toBe('12345678903');
  });

  test.each([
    ['empty', ''],
    ['too short', 'RSSMRA80A01H501'],
    ['with a wrong control character', 'RSSMRA80A01H501V'],
    ['with a day that no month has', 'RSSMRA80A32H501C'],
    ['with 30 February', 'RSSMRA80B30H501X'],
    ['with a month letter that is none', 'RSSMRA80F01H501G'],
    ['of eleven digits with a wrong control digit', '12345678901'],
    ['of eleven zeros', '00000000000'],
    ['with a character outside ASCII', 'RSSMRÀ80A01H501U'],
  ])('that is %s is refused', (_fault, text) => {
    expect(parseCodiceFiscale(text)).toBeNull();
  });

  test('any single wrong letter or digit in it is found or gives a well-formed other code, never an exception', () => {
    const code = 'SMPRRA86C54H501M';
    let taken = 0;
    for (let place = 0; place < code.length; place += 1) {
      for (const character of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ') {
        const altered = code.slice(0, place) + character + code.slice(place + 1);
        if (altered !== code && parseCodiceFiscale(altered) !== null) taken += 1;
      }
    }
    // The control character finds every single slip of a letter among letters or a digit among digits.
    expect(taken).toBe(0);
  });
});
