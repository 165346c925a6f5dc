import { describe, expect, test } from '@jest/globals';
import { applyMetadataPolicy } from './metadata-policy.ts';

const apply = (value: unknown, operators: object) =>
  applyMetadataPolicy(value === undefined ? {} : { parameter: value }, { parameter: operators })['parameter'];

describe('a metadata policy', () => {
  test('leaves parameters alone that it does not name', () => {
    expect(applyMetadataPolicy({ one: 1 }, { two: { default: 2 } })).toEqual({ one: 1, two: 2 });
  });

  test.each([
    ['value replaces', ['a'], { value: ['b'] }, ['b']],
    ['value sets', undefined, { value: true }, true],
    ['value null removes', ['a'], { value: null }, undefined],
    ['add unites', ['a'], { add: ['a', 'b'] }, ['a', 'b']],
    ['add sets', undefined, { add: 'b' }, ['b']],
    ['default fills', undefined, { default: 'a' }, 'a'],
    ['default respects', 'b', { default: 'a' }, 'b'],
    ['one_of admits', 'a', { one_of: ['a', 'b'] }, 'a'],
    ['one_of lets absence pass', undefined, { one_of: ['a'], essential: false }, undefined],
    ['subset_of keeps what is allowed', ['a', 'c'], { subset_of: ['a', 'b'] }, ['a']],
    ['subset_of removes what is empty', ['c'], { subset_of: ['a'] }, undefined],
    ['superset_of admits more', ['a', 'b'], { superset_of: ['a'] }, ['a', 'b']],
  ])('%s', (_rule, value, operators, expected) => {
    expect(apply(value, operators)).toEqual(expected);
  });

  test.each([
    ['one_of', 'c', { one_of: ['a', 'b'] }],
    ['superset_of', ['b'], { superset_of: ['a'] }],
    ['superset_of after subset_of', ['a', 'b'], { subset_of: ['b'], superset_of: ['a'] }],
    ['essential', undefined, { essential: true }],
    ['essential after an empty subset_of', ['c'], { subset_of: ['a'], essential: true }],
  ])('refuses by %s', (_operator, value, operators) => {
    expect(() => apply(value, operators)).toThrow(
      expect.objectContaining({ code: 'unauthorized_client', message: expect.stringContaining('parameter') }),
    );
  });
});
