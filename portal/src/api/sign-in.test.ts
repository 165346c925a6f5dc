import { expect, test } from '@jest/globals';
import { parseCompanyAnswer, parseSignInMethods } from './sign-in.ts';

const spid = {
  key: 'spid',
  kind: 'spid',
  label: 'Entra con SPID',
  providers: [{ issuer: 'https://alfa.example', name: 'Alfa' }],
};
const company = { key: '', kind: 'company', label: 'Entra con LOGIN', providers: [] };

test('methods keep the order in which the municipality has them', () => {
  expect(parseSignInMethods({ methods: [company, spid] })).toEqual([company, spid]);
  expect(parseSignInMethods({ methods: [] })).toEqual([]);
});

test('a method of a kind or a form that the portal does not know is not shown, the others are', () => {
  const strange = [{ ...spid, kind: 'wallet' }, { ...spid, key: '' }, { ...spid, providers: 'x' }, null, 'spid'];
  expect(parseSignInMethods({ methods: [...strange, spid] })).toEqual([spid]);
  const half = { ...spid, providers: [{ issuer: 1, name: 'x' }, ...spid.providers] };
  expect(parseSignInMethods({ methods: [half] })).toEqual([spid]);
});

test.each([null, {}, { methods: {} }, []])('an answer of another shape is no list of methods: %j', (body) => {
  expect(parseSignInMethods(body)).toBeNull();
});

test('a company that is signed in goes where the gateway says, on this site only', () => {
  expect(parseCompanyAnswer(200, { redirectUrl: '/ricariche-pagopa' }, null)).toEqual({
    kind: 'signed_in',
    redirectUrl: '/ricariche-pagopa',
  });
  for (const redirectUrl of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)']) {
    expect(parseCompanyAnswer(200, { redirectUrl }, null)).toEqual({ kind: 'signed_in', redirectUrl: '/' });
  }
});

test.each([
  [401, { kind: 'wrong_credentials' }, null, { kind: 'wrong_credentials' }],
  [422, { kind: 'natural_person' }, null, { kind: 'natural_person' }],
  [429, { kind: 'too_many_attempts' }, '840', { kind: 'too_many_attempts', retryAfterS: 840 }],
  [429, { kind: 'too_many_attempts' }, 'Wed, 21 Oct', { kind: 'too_many_attempts', retryAfterS: null }],
  [
    422,
    { kind: 'invalid_request', fields: { partitaIva: 'x', return: 'y', password: 3 } },
    null,
    { kind: 'invalid_request', fields: { partitaIva: 'x' } },
  ],
])('%d with %j is the refusal it names', (status, body, retryAfter, answer) => {
  expect(parseCompanyAnswer(status, body, retryAfter)).toEqual(answer);
});

test.each([
  [503, { kind: 'service_away' }],
  [403, { kind: 'cross_site' }],
  [500, null],
  [200, {}],
])('%d with %j says neither yes nor no', (status, body) => {
  expect(parseCompanyAnswer(status, body, null)).toBeNull();
});
