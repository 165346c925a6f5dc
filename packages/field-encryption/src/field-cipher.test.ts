import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FieldCipherError, openFieldCipher } from './field-cipher.ts';

const key = () => randomBytes(32).toString('base64');
const kindOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof FieldCipherError) return error.kind;
    throw error;
  }
  return 'opened';
};

describe('a field cipher', () => {
  const cipher = openFieldCipher(key());

  test('opens what it sealed, for any text and any context', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        expect(cipher.decrypt(cipher.encrypt(text, context), context)).toBe(text);
      }),
    );
  });

  test('does not open in another context', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (text, context, other) => {
        fc.pre(context !== other);
        const sealed = cipher.encrypt(text, context);
        expect(kindOf(() => cipher.decrypt(sealed, other))).toBe('not_authentic');
      }),
    );
  });

  test('does not open once any byte is altered', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, position, mask) => {
        const [format, keyId, encoded] = cipher.encrypt(text, 'here').split('.');
        const body = Buffer.from(encoded ?? '', 'base64url');
        const at = position % body.length;
        body[at] = (body[at] ?? 0) ^ mask;
        const altered = `${format}.${keyId}.${body.toString('base64url')}`;
        expect(kindOf(() => cipher.decrypt(altered, 'here'))).toBe('not_authentic');
      }),
    );
  });

  test('never seals the same text to the same result, and never shows it', () => {
    const sealed = new Set(Array.from({ length: 100 }, () => cipher.encrypt('SENZA-GLUTINE', 'here')));
    expect(sealed.size).toBe(100);
    expect([...sealed].some((one) => one.includes('GLUTINE'))).toBe(false);
  });

  test('opens under an old key and seals under the first, so that keys can be rotated', () => {
    const [older, newer] = [key(), key()];
    const before = openFieldCipher(older).encrypt('text', 'here');
    const rotating = openFieldCipher(`${newer}, ${older}`);
    expect(rotating.decrypt(before, 'here')).toBe('text');
    expect(rotating.isCurrent(before)).toBe(false);
    const after = rotating.encrypt('text', 'here');
    expect(rotating.isCurrent(after)).toBe(true);
    expect(openFieldCipher(newer).decrypt(after, 'here')).toBe('text');
    expect(kindOf(() => openFieldCipher(newer).decrypt(before, 'here'))).toBe('unknown_key');
  });

  test.each(['', 'plain', 'f1.00000000.', 'f1.00000000.AAAA', 'f2.00000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])(
    'says that %j is not a sealed field',
    (text) => expect(kindOf(() => cipher.decrypt(text, 'here'))).toBe('malformed'),
  );

  test.each([
    ['missing', ''],
    ['too short', randomBytes(16).toString('base64')],
    ['not base64', `${'!'.repeat(4)}${randomBytes(32).toString('base64')}`],
    ['empty among others', `${key()},`],
  ])('refuses a key that is %s', (_fault, keys) => {
    expect(kindOf(() => openFieldCipher(keys))).toBe('invalid_key');
  });

  test('refuses the same key twice, and never repeats a key in its message', () => {
    const twice = key();
    expect(kindOf(() => openFieldCipher(`${twice},${twice}`))).toBe('invalid_key');
    expect(() => openFieldCipher(`${twice}AAAA`)).toThrow(
      /^field encryption key 1 must be 32 bytes in base64 \(make one with: openssl rand -base64 32\)$/,
    );
  });

  test('refuses a text beyond its bound', () => {
    expect(() => cipher.encrypt('x'.repeat(256 * 1024 + 1), 'here')).toThrow(RangeError);
  });
});
