import { describe, expect, test } from '@jest/globals';
import { accountKey, addressKey, readCredentials } from './company-credentials.ts';

const read = (username: string, password = 'secret') => {
  const read = readCredentials(username, password);
  return read.ok ? read.value.partitaIva : read.refusal.kind;
};

describe('what was typed', () => {
  test.each([
    ['a partita IVA', '12345670017', '12345670017'],
    ['one with its country and spaces', ' IT 12345670017 ', '12345670017'],
    ['one with a wrong control digit, as an unknown account', '12345670018', null],
    ['any other text, as an unknown account', 'admin', null],
    ['a codice fiscale', 'SMPRRA86C54H501M', 'natural_person'],
    ['a codice fiscale in lower case', ' smprra86c54h501m', 'natural_person'],
    ['an impossible codice fiscale, as an unknown account', 'SMPRRA86C54H501N', null],
  ])('%s is read as such', (_what, username, expected) => {
    expect(read(username)).toBe(expected);
  });

  test('an empty or endless password is wrong without being looked at', () => {
    expect(read('12345670017', '')).toBe('wrong_credentials');
    expect(read('12345670017', 'x'.repeat(201))).toBe('wrong_credentials');
  });
});

test('one account counts as one, however it is written', () => {
  expect(accountKey('IT12345670017')).toBe(accountKey(' 12345670017'));
  expect(accountKey('Admin ')).toBe(accountKey('admin'));
  expect(accountKey('admin')).not.toBe(accountKey('12345670017'));
});

test.each([
  ['192.0.2.7', '192.0.2.8', false],
  ['192.0.2.7', '192.0.2.7', true],
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['2001:db8::1', '2001:db8:0:0:9::1', true],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.8', false],
])('the addresses %s and %s count as one: %s', (one, other, isOne) => {
  expect(addressKey(one) === addressKey(other)).toBe(isOne);
});
