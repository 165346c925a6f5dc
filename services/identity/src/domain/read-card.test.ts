import { describe, expect, test } from '@jest/globals';
import { type CardSubject, readCard, tlsRefusal } from './read-card.ts';

const SUBJECT: CardSubject = {
  country: 'IT',
  commonName: 'SMPRRA86C54H501M/7400123400000001.aBcDeFgHiJk=',
  serialNumber: null,
  givenName: 'Aurora',
  surname: 'Esempio',
};
const read = (more: Partial<CardSubject>) => {
  const card = readCard({ ...SUBJECT, ...more });
  return card.ok ? `${card.value.codiceFiscale} ${card.value.displayName}` : card.refusal.kind;
};

describe('the holder of a card is read from its subject', () => {
  test.each<[string, Partial<CardSubject>, string]>([
    ['by the common name', {}, 'SMPRRA86C54H501M Aurora Esempio'],
    ['in lower case', { commonName: 'smprra86c54h501m/1.x' }, 'SMPRRA86C54H501M Aurora Esempio'],
    ['without a name', { givenName: null, surname: null }, 'SMPRRA86C54H501M Titolare della carta'],
    [
      'by the serial number',
      { commonName: 'Aurora Esempio', serialNumber: 'TINIT-SMPRRA86C54H501M' },
      'SMPRRA86C54H501M Aurora Esempio',
    ],
    ['of another country', { country: 'FR' }, 'no_codice_fiscale'],
    ['without a country', { country: null }, 'no_codice_fiscale'],
    ['with a wrong control character', { commonName: 'SMPRRA86C54H501N/1.x' }, 'no_codice_fiscale'],
    ['with the code elsewhere in the common name', { commonName: 'x/SMPRRA86C54H501M' }, 'no_codice_fiscale'],
    [
      'with a serial number of another country',
      { commonName: 'A', serialNumber: 'TINFR-SMPRRA86C54H501M' },
      'no_codice_fiscale',
    ],
    ['with nothing', { commonName: null }, 'no_codice_fiscale'],
  ])('%s', (_how, more, expected) => {
    expect(read(more)).toBe(expected);
  });
});

test.each([
  ['CERT_REVOKED', 'revoked'],
  ['CERT_HAS_EXPIRED', 'expired'],
  ['CERT_NOT_YET_VALID', 'expired'],
  ['INVALID_PURPOSE', 'not_for_sign_in'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'untrusted'],
  ['UNABLE_TO_GET_CRL', 'untrusted'],
  ['CRL_HAS_EXPIRED', 'untrusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted'],
])('a handshake that fails with %s is told as %s', (code, kind) => {
  expect(tlsRefusal(code)).toBe(kind);
});
