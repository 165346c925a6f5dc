import { expect, test } from '@jest/globals';
import { readCitizen } from './read-citizen.ts';
import { findMethod, levelsFrom, type OpenidMethod, PRESETS } from './sign-in-method.ts';

const L2 = 'https://www.spid.gov.it/SpidL2';
const CLAIM = 'https://attributes.eid.gov.it/fiscal_number';
const SPID: OpenidMethod = {
  ...PRESETS.spid,
  key: 'spid',
  kind: 'spid',
  registration: { kind: 'federation', trustAnchor: 'https://anchor.example', trustAnchorJwks: null, issuers: null },
  acrAccepted: levelsFrom([L2]),
  municipalityIds: null,
};
const names = { given_name: 'Aurora', family_name: 'Esempio' };

test('a citizen is read from the fiscal number and the two names', () => {
  expect(readCitizen(SPID, { ...names, [CLAIM]: 'TINIT-SMPRRA86C54H501M' }, L2)).toEqual({
    ok: true,
    value: { codiceFiscale: 'SMPRRA86C54H501M', displayName: 'Aurora Esempio' },
  });
});

test.each([
  ['omocodia', 'TINIT-RSSMRA80A01H50MM'],
  ['lower case', 'TINIT-smprra86c54h501m'],
  ['provisional', 'TINIT-12345678903'],
])('a codice fiscale is accepted in its form: %s', (_form, value) => {
  expect(readCitizen(SPID, { ...names, [CLAIM]: value }, L2).ok).toBe(true);
});

test.each([
  ['absent', undefined],
  ['without its prefix', 'SMPRRA86C54H501M'],
  ['of another country', 'TINFR-1234567890123'],
  ['too short', 'TINIT-SMPRRA86C54'],
  ['no text', 12345678903],
  ['with something after it', 'TINIT-SMPRRA86C54H501M; drop'],
])('an identity has no codice fiscale when the claim is %s', (_how, value) => {
  const answer = readCitizen(SPID, { ...names, [CLAIM]: value }, L2);
  expect(answer).toEqual({ ok: false, refusal: { kind: 'no_codice_fiscale' } });
});

test.each([['https://www.spid.gov.it/SpidL1'], [null], ['']])(
  'a level that was not asked for is refused: %s',
  (acr) => {
    const answer = readCitizen(SPID, { ...names, [CLAIM]: 'TINIT-SMPRRA86C54H501M' }, acr);
    expect(answer).toEqual({ ok: false, refusal: { kind: 'level_too_low' } });
  },
);

test('a provider that knows no levels is asked for none', () => {
  const plain = { ...SPID, acrValues: [], acrAccepted: [], codiceFiscaleClaim: 'cf', codiceFiscalePrefix: '' };
  expect(readCitizen(plain, { ...names, cf: 'SMPRRA86C54H501M' }, null).ok).toBe(true);
});

test('a level above the one asked for is accepted, and where the lowest is asked for all are', () => {
  const claims = { ...names, [CLAIM]: 'TINIT-SMPRRA86C54H501M' };
  expect(readCitizen(SPID, claims, 'https://www.spid.gov.it/SpidL3').ok).toBe(true);
  expect(levelsFrom(['https://www.spid.gov.it/SpidL1'])).toHaveLength(3);
  expect(levelsFrom(['a level of our own'])).toEqual(['a level of our own']);
  expect(levelsFrom([])).toEqual([]);
});

test('the identity of a company signs nobody in, whatever else it says', () => {
  const claims = { ...names, [CLAIM]: 'TINIT-SMPRRA86C54H501M' };
  for (const claim of SPID.companyClaims) {
    const answer = readCitizen(SPID, { ...claims, [claim]: 'VATIT-12345670017' }, L2);
    expect(answer).toEqual({ ok: false, refusal: { kind: 'legal_person' } });
  }
});

test('a code whose control character is wrong is no codice fiscale', () => {
  const answer = readCitizen(SPID, { ...names, [CLAIM]: 'TINIT-SMPRRA86C54H501N' }, L2);
  expect(answer).toEqual({ ok: false, refusal: { kind: 'no_codice_fiscale' } });
});

test('a method is found only in the municipalities that offer it', () => {
  const here = { ...SPID, municipalityIds: [1] };
  expect(findMethod([here], 'spid', 1)).toBe(here);
  expect(findMethod([here], 'spid', 2)).toBeNull();
  expect(findMethod([SPID], 'cie', 1)).toBeNull();
});
