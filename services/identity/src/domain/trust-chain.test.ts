import { describe, expect, test } from '@jest/globals';
import { concludeChain, type EntityStatement } from './trust-chain.ts';

const NOW = new Date('2026-11-23T10:00:00Z');
const inMinutes = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
const TYPE = 'openid_provider';

function statement(issuer: string, subject: string, more: Partial<EntityStatement> = {}): EntityStatement {
  return {
    issuer,
    subject,
    issuedAt: inMinutes(-1),
    expiresAt: inMinutes(60),
    jwks: { keys: [] },
    authorityHints: [],
    metadata: {},
    metadataPolicy: {},
    metadataPolicyCritical: [],
    maxPathLength: null,
    allowedLeafTypes: null,
    trustMarks: [],
    trustMarkIssuers: {},
    ...more,
  };
}

/** leaf ← intermediate ← anchor. */
function chainWith(more: {
  leaf?: Partial<EntityStatement>;
  aboutLeaf?: Partial<EntityStatement>;
  aboutMiddle?: Partial<EntityStatement>;
  anchor?: Partial<EntityStatement>;
}) {
  return {
    leaf: statement('leaf', 'leaf', { metadata: { [TYPE]: { scope: 'openid profile', name: 'Leaf' } }, ...more.leaf }),
    subordinates: [statement('middle', 'leaf', more.aboutLeaf), statement('anchor', 'middle', more.aboutMiddle)],
    anchor: statement('anchor', 'anchor', more.anchor),
  };
}

const conclude = (more: Parameters<typeof chainWith>[0]) => {
  const concluded = concludeChain(chainWith(more), TYPE, NOW);
  return concluded.ok ? concluded.value : concluded.refusal.code;
};

test('a chain comes to the metadata of its leaf, until the earliest of its statements ends', () => {
  expect(conclude({ aboutMiddle: { expiresAt: inMinutes(5) } })).toEqual({
    metadata: { scope: 'openid profile', name: 'Leaf' },
    expiresAt: inMinutes(5),
  });
});

test("every superior's policy counts, the anchor's first", () => {
  const concluded = conclude({
    aboutMiddle: { metadataPolicy: { [TYPE]: { scope: { subset_of: ['openid', 'email'] } } } },
    aboutLeaf: { metadataPolicy: { [TYPE]: { contacts: { default: ['middle@example'] } } } },
  });
  expect(concluded).toMatchObject({ metadata: { scope: 'openid', contacts: ['middle@example'] } });
});

test('what the immediate superior states of a leaf stands above what the leaf says, and not above the policy', () => {
  const concluded = conclude({
    aboutLeaf: { metadata: { [TYPE]: { name: 'As registered', scope: 'email' } } },
    aboutMiddle: { metadataPolicy: { [TYPE]: { scope: { one_of: ['email'] } } } },
  });
  expect(concluded).toMatchObject({ metadata: { name: 'As registered', scope: 'email' } });
});

describe('a chain comes to nothing', () => {
  test.each<[string, Parameters<typeof chainWith>[0], string]>([
    [
      'when its last superior is not the anchor',
      { anchor: { subject: 'another', issuer: 'another' } },
      'chain_ends_elsewhere',
    ],
    ['when a statement is about somebody else', { aboutMiddle: { subject: 'another' } }, 'chain_is_broken'],
    ["when the leaf's word has expired", { leaf: { expiresAt: NOW } }, 'statement_expired'],
    ["when the anchor's word has expired", { anchor: { expiresAt: inMinutes(-1) } }, 'statement_expired'],
    ['when the anchor allows no intermediate', { anchor: { maxPathLength: 0 } }, 'path_too_long'],
    ['when the anchor allows the intermediate no intermediate', { aboutMiddle: { maxPathLength: 0 } }, 'path_too_long'],
    [
      'when a superior allows other types only',
      { aboutLeaf: { allowedLeafTypes: ['openid_relying_party'] } },
      'type_not_allowed',
    ],
    ['when the leaf is no provider', { leaf: { metadata: {} } }, 'no_such_metadata'],
    [
      'when two superiors contradict each other',
      {
        aboutMiddle: { metadataPolicy: { [TYPE]: { name: { value: 'a' } } } },
        aboutLeaf: { metadataPolicy: { [TYPE]: { name: { value: 'b' } } } },
      },
      'policy_contradiction:name',
    ],
    [
      'when the leaf breaks a policy',
      { aboutMiddle: { metadataPolicy: { [TYPE]: { x: { essential: true } } } } },
      'policy_broken:x',
    ],
  ])('%s', (_how, more, code) => {
    expect(conclude(more)).toBe(code);
  });

  test('one intermediate is no fault where one is allowed, and the immediate superior sees none', () => {
    expect(conclude({ anchor: { maxPathLength: 1 }, aboutLeaf: { maxPathLength: 0 } })).toMatchObject({ metadata: {} });
  });
});
