import { describe, expect, test } from '@jest/globals';
import { parseBadgeNumber, parseId, parseNumberId, parseServiceCode } from './ids.ts';

describe('ids', () => {
  test('a UUID is taken in lower case only, so that one id has one spelling', () => {
    expect(parseId('0198f3a0-0000-7000-8000-000000000001')).toBe('0198f3a0-0000-7000-8000-000000000001');
    expect(parseId('0198F3A0-0000-7000-8000-000000000001')).toBeNull();
    expect(parseId('')).toBeNull();
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('%p is no number id', (value) => {
    expect(parseNumberId(value)).toBeNull();
  });

  test('a badge number is made upper case, and refuses what is no badge', () => {
    expect(parseBadgeNumber('0100cda4ec')).toBe('0100CDA4EC');
    for (const text of ['', '123', 'ABC DEF', 'x'.repeat(65), '12;34']) expect(parseBadgeNumber(text)).toBeNull();
  });

  test('a service code is letters and underscores', () => {
    expect(parseServiceCode('school_meals')).toBe('school_meals');
    for (const text of ['', 'a', 'School', 'meals-1', '_x']) expect(parseServiceCode(text)).toBeNull();
  });
});
