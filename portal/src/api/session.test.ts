import { expect, test } from '@jest/globals';
import { parseSession } from './session.ts';

const municipality = {
  name: 'Vallefinta',
  websiteUrl: 'https://www.vallefinta.example',
  officeContact: 'Ufficio Scuola',
};

test('a visitor and a signed-in person are told apart', () => {
  expect(parseSession({ signedIn: false, municipality })).toEqual({ signedIn: false, municipality });
  const person = { signedIn: true, municipality, displayName: 'Aurora Esempio', hasPupils: true, csrfToken: 't' };
  expect(parseSession({ ...person, expiresAt: 'x' })).toEqual(person);
});

test.each([null, 'x', {}, { signedIn: true }, { signedIn: true, municipality }, { signedIn: false, municipality: {} }])(
  'an answer of another shape is no session: %j',
  (body) => expect(parseSession(body)).toBeNull(),
);

test('a link of the municipality that would run a script is not kept', () => {
  const hostile = { ...municipality, websiteUrl: 'javascript:alert(1)' };
  expect(parseSession({ signedIn: false, municipality: hostile })?.municipality.websiteUrl).toBe('/');
});
