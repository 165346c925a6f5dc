import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyPolicy, joinPolicies, type MetadataPolicy } from './metadata-policy.ts';

const apply = (metadata: Record<string, unknown>, policy: MetadataPolicy) => {
  const applied = applyPolicy(metadata, policy);
  return applied.ok ? applied.value : `${applied.refusal.kind} ${applied.refusal.parameter}`;
};

describe('each operator does what the specification says of it', () => {
  test.each<[string, unknown, Record<string, unknown>, unknown]>([
    ['value sets', 'a', { value: 'b' }, { p: 'b' }],
    ['value null removes', 'a', { value: null }, {}],
    ['add adds what is not there', ['a'], { add: ['a', 'b'] }, { p: ['a', 'b'] }],
    ['add makes a list where there was none', undefined, { add: ['b'] }, { p: ['b'] }],
    ['default is for what is absent', undefined, { default: 'd' }, { p: 'd' }],
    ['default leaves what is there', 'a', { default: 'd' }, { p: 'a' }],
    ['one_of lets one of them through', 'a', { one_of: ['a', 'b'] }, { p: 'a' }],
    ['one_of refuses another', 'c', { one_of: ['a', 'b'] }, 'policy_broken p'],
    ['one_of says nothing of what is absent', undefined, { one_of: ['a'] }, {}],
    ['subset_of keeps what is allowed', ['a', 'c'], { subset_of: ['a', 'b'] }, { p: ['a'] }],
    ['subset_of of nothing in common removes', ['c'], { subset_of: ['a'] }, {}],
    [
      'subset_of of nothing in common breaks what is essential',
      ['c'],
      { subset_of: ['a'], essential: true },
      'policy_broken p',
    ],
    ['subset_of reads a text of words as a list', 'openid profile', { subset_of: ['openid'] }, { p: 'openid' }],
    [
      'superset_of lets through what has them all',
      ['a', 'b', 'c'],
      { superset_of: ['a', 'b'] },
      { p: ['a', 'b', 'c'] },
    ],
    ['superset_of refuses what lacks one', ['a'], { superset_of: ['a', 'b'] }, 'policy_broken p'],
    ['essential refuses what is absent', undefined, { essential: true }, 'policy_broken p'],
    ['essential is satisfied by a default', undefined, { essential: true, default: 'd' }, { p: 'd' }],
    ['an operator that is not known is passed over', 'a', { regexp: '^b$' }, { p: 'a' }],
  ])('%s', (_rule, given, rules, expected) => {
    expect(apply(given === undefined ? {} : { p: given }, { p: rules })).toEqual(expected);
  });

  test('what no policy speaks of stays', () => {
    expect(apply({ p: 'a', q: 'b' }, { p: { value: 'c' } })).toEqual({ p: 'c', q: 'b' });
  });
});

describe('the policies of two superiors are joined', () => {
  const join = (higher: Record<string, unknown>, lower: Record<string, unknown>) => {
    const joined = joinPolicies([{ p: higher }, { p: lower }]);
    return joined.ok ? joined.value['p'] : joined.refusal.kind;
  };

  test.each<[string, Record<string, unknown>, Record<string, unknown>, unknown]>([
    ['equal values', { value: ['a'] }, { value: ['a'] }, { value: ['a'] }],
    ['other values contradict', { value: 'a' }, { value: 'b' }, 'policy_contradiction'],
    ['other defaults contradict', { default: 'a' }, { default: 'b' }, 'policy_contradiction'],
    ['additions add up', { add: ['a'] }, { add: ['b'] }, { add: ['a', 'b'] }],
    ['one_of narrows', { one_of: ['a', 'b'] }, { one_of: ['b', 'c'] }, { one_of: ['b'] }],
    ['one_of with nothing in common contradicts', { one_of: ['a'] }, { one_of: ['b'] }, 'policy_contradiction'],
    ['subset_of narrows', { subset_of: ['a', 'b'] }, { subset_of: ['b', 'c'] }, { subset_of: ['b'] }],
    ['superset_of widens what is asked', { superset_of: ['a'] }, { superset_of: ['b'] }, { superset_of: ['a', 'b'] }],
    ['essential stays essential', { essential: true }, { essential: false }, { essential: true }],
    [
      'objects are equal whatever the order of their members',
      { value: { a: 1, b: 2 } },
      { value: { b: 2, a: 1 } },
      { value: { a: 1, b: 2 } },
    ],
  ])('%s', (_rule, higher, lower, expected) => {
    expect(join(higher, lower)).toEqual(expected);
  });

  test('a critical operator that is not known stops everything', () => {
    expect(joinPolicies([{}], ['regexp'])).toEqual({
      ok: false,
      refusal: { kind: 'policy_unknown', parameter: 'regexp' },
    });
    expect(joinPolicies([{}], ['subset_of']).ok).toBe(true);
  });

  test('a lower superior never lets through what a higher one refuses', () => {
    const words = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 });
    const rules = fc.record({ one_of: words, subset_of: words, superset_of: words }, { requiredKeys: [] });
    fc.assert(
      fc.property(rules, rules, words, (higher, lower, given) => {
        const joined = joinPolicies([{ p: higher }, { p: lower }]);
        if (!joined.ok) return;
        const together = applyPolicy({ p: given }, joined.value);
        const alone = applyPolicy({ p: given }, { p: higher });
        if (!alone.ok) expect(together.ok).toBe(false);
        else if (together.ok) {
          const allowed = alone.value['p'];
          const list = together.value['p'];
          for (const word of Array.isArray(list) ? list : []) expect(allowed).toContain(word);
        }
      }),
    );
  });
});
