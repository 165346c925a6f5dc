import { expect, test } from '@jest/globals';
import { findProvider, type ProviderProfile } from './provider-profile.ts';
import { readCitizen } from './read-citizen.ts';

const L2 = 'https://www.spid.gov.it/SpidL2';
const CLAIM = 'https://attributes.eid.gov.it/fiscal_number';
const SPID: ProviderProfile = {
  key: 'spid',
  issuer: 'https://idp.example',
  clientId: 'campanella',
  scope: 'openid',
  acrValues: [L2],
  prompt: 'login',
  codiceFiscaleClaim: CLAIM,
  codiceFiscalePrefix: 'TINIT-',
  claimsParameter: true,
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
  ['omocodia', 'TINIT-SMPRRA86C54H50MM'],
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
  const plain = { ...SPID, acrValues: [], codiceFiscaleClaim: 'cf', codiceFiscalePrefix: '' };
  expect(readCitizen(plain, { ...names, cf: 'SMPRRA86C54H501M' }, null).ok).toBe(true);
});

test('a provider is found only in the municipalities that offer it', () => {
  const here = { ...SPID, municipalityIds: [1] };
  expect(findProvider([here], 'spid', 1)).toBe(here);
  expect(findProvider([here], 'spid', 2)).toBeNull();
  expect(findProvider([SPID], 'cie', 1)).toBeNull();
});
