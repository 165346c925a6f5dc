import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import type { default as Library } from 'codice-fiscale-js';
import { demoCitizens } from './citizens.ts';
import { codiceFiscaleOf } from './codice-fiscale.ts';

// The package's types name a default export, but what it has is a named one.
const { CodiceFiscale }: { CodiceFiscale: typeof Library.default } = createRequire(import.meta.url)(
  'codice-fiscale-js',
);

const BIRTHPLACES = { H501: ['Roma', 'RM'], F205: ['Milano', 'MI'], L219: ['Torino', 'TO'] } as const;

describe('the codici fiscali of invented people', () => {
  test.each([
    ['Nuvola', 'Esempio', 'F', '2016-02-29', 'H501'],
    ['Zefiro', 'Fo', 'M', '2019-12-31', 'F205'],
    ['Leone', "D'Inventati", 'M', '2018-07-01', 'L219'],
    ['Bo', 'Difantasia', 'F', '2020-10-09', 'H501'],
  ] as const)('that of %s %s agrees with codice-fiscale-js', (givenName, familyName, sex, bornOn, birthplaceCode) => {
    const [birthplace, birthplaceProvincia] = BIRTHPLACES[birthplaceCode];
    const [year, month, day] = bornOn.split('-').map(Number);
    const expected = new CodiceFiscale({
      name: givenName,
      surname: familyName,
      gender: sex,
      day: day ?? 0,
      month: month ?? 0,
      year: year ?? 0,
      birthplace,
      birthplaceProvincia,
    });
    expect(codiceFiscaleOf({ givenName, familyName, sex, bornOn, birthplaceCode })).toBe(expected.toString());
  });

  test('every demo citizen has a valid one of their own', () => {
    expect(demoCitizens.every((citizen) => CodiceFiscale.check(citizen.codiceFiscale))).toBe(true);
    expect(new Set(demoCitizens.map((citizen) => citizen.codiceFiscale)).size).toBe(demoCitizens.length);
    expect(new Set(demoCitizens.map((citizen) => citizen.username)).size).toBe(demoCitizens.length);
  });
});
