import { expect, test } from '@jest/globals';
import { looksLikePerson, waitMinutes } from './company-login.ts';

test.each(['FNTCMP80A01H501X', 'fntcmp80a01h501x', ' FNT CMP 80A01 H501X ', 'FNTCMPULAL1H5LMX'])(
  '%s is taken for the codice fiscale of a person',
  (username) => expect(looksLikePerson(username)).toBe(true),
);

test.each(['', '01234567890', 'IT01234567890', 'FNTCMP80A01H501', 'FNTCMP80A01H501XX', 'mensa-fittizia'])(
  '%s is not',
  (username) => expect(looksLikePerson(username)).toBe(false),
);

test.each([
  [null, null],
  [0, 1],
  [1, 1],
  [60, 1],
  [61, 2],
  [900, 15],
])('%s seconds are told as %s minutes', (seconds, minutes) => {
  expect(waitMinutes(seconds)).toBe(minutes);
});
