import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWK, jwtVerify } from 'jose';
import { CLIENT_ID, type IdentityWorld, startIdentityWorld } from './identity-world.ts';
import { type Script, scriptedKey } from './scripted-federation.ts';

let world: IdentityWorld;
beforeAll(async () => {
  world = await startIdentityWorld();
});
afterAll(() => world.close());
afterEach(() => world.federation.reset());

const MINUTE_MS = 60_000;
const bend = (part: Partial<Script>) => Object.assign(world.federation.script, part);

/** Resolves anew: whatever is in the cache is too old. */
async function resolve(jwks: { keys: readonly JWK[] } | null = null): Promise<unknown> {
  world.later(11 * MINUTE_MS);
  const anchor = {
    entityId: world.federation.anchor,
    jwks: jwks === null ? null : { keys: jwks.keys.map((key) => ({ ...key })) },
  };
  try {
    return (await world.chains.resolve(anchor, world.federation.issuer, 'openid_provider')).metadata;
  } finally {
  }
}

test('a provider is offered by the name its organisation has in the federation', () => {
  expect(world.listMethods()).toEqual([
    {
      key: 'spid',
      kind: 'spid',
      label: 'Entra con SPID',
      providers: [{ issuer: world.federation.issuer, name: 'Identità Copione' }],
    },
  ]);
});

test("the metadata that counts is under the anchor's policy", async () => {
  expect(await resolve()).toMatchObject({ subject_types_supported: ['pairwise'], issuer: world.federation.issuer });
});

test("the anchor's own keys, where they were handed over, are the only ones believed", async () => {
  expect(await resolve({ keys: [world.federation.keys.anchor.publicJwk] })).toBeDefined();
  await expect(resolve({ keys: [(await scriptedKey('anchor')).publicJwk] })).rejects.toThrow(world.federation.anchor);
});

const past = () => Math.floor(world.now().getTime() / 1000) - 120;

describe('no trust comes of a chain', () => {
  test.each<[string, () => Partial<Script>, RegExp]>([
    [
      'whose provider the anchor vouches for with another key',
      () => ({ aboutProvider: (c) => ({ ...c, jwks: { keys: [world.federation.keys.anchor.publicJwk] } }) }),
      /signature|key/i,
    ],
    [
      'whose statement about the provider has expired',
      () => ({ aboutProvider: (c) => ({ ...c, exp: past() }) }),
      /exp/,
    ],
    [
      'whose provider speaks for somebody else',
      () => ({ providerStatement: (c) => ({ ...c, sub: 'https://else.example' }) }),
      /sub/,
    ],
    [
      'whose provider names another superior',
      () => ({ providerStatement: (c) => ({ ...c, authority_hints: ['https://else.example'] }) }),
      /.+/,
    ],
    [
      'whose provider names no superior',
      () => ({ providerStatement: (c) => ({ ...c, authority_hints: [] }) }),
      /leads to no statement/,
    ],
    [
      'whose statement names a claim as critical that we do not know',
      () => ({ aboutProvider: (c) => ({ ...c, crit: ['new_rule'] }) }),
      /crit/,
    ],
    [
      'whose policy uses a critical operator that we do not know',
      () => ({ aboutProvider: (c) => ({ ...c, metadata_policy_crit: ['regexp'] }) }),
      /policy_unknown/,
    ],
    [
      'whose provider breaks the policy',
      () => ({
        aboutProvider: (c) => ({
          ...c,
          metadata_policy: {
            openid_provider: { subject_types_supported: { subset_of: ['public_only'], essential: true } },
          },
        }),
      }),
      /policy_broken:subject_types_supported/,
    ],
    [
      'whose provider has no trust mark',
      () => ({ providerStatement: (c) => ({ ...c, trust_marks: [] }) }),
      /trust mark/,
    ],
    [
      'whose trust mark is for somebody else',
      () => ({ trustMark: (c) => ({ ...c, sub: 'https://else.example' }) }),
      /trust mark/,
    ],
    ['whose trust mark has expired', () => ({ trustMark: (c) => ({ ...c, exp: past() }) }), /trust mark/],
    [
      'whose trust mark is of a type the anchor does not let its issuer give',
      () => ({ anchorStatement: (c) => ({ ...c, trust_mark_issuers: {} }) }),
      /trust mark/,
    ],
    [
      'whose anchor allows other types only',
      () => ({
        anchorStatement: (c) => ({ ...c, constraints: { allowed_leaf_entity_types: ['openid_relying_party'] } }),
      }),
      /type_not_allowed/,
    ],
    [
      'whose anchor calls itself by another name',
      () => ({ anchorStatement: (c) => ({ ...c, iss: 'https://else.example', sub: 'https://else.example' }) }),
      /iss/,
    ],
  ])('%s', async (_how, script, reason) => {
    bend(script());
    await expect(resolve()).rejects.toThrow(reason);
  });
});

test('a provider whose anchor withdrew its trust is not spoken with any more, at the next look', async () => {
  bend({ providerStatement: (claims) => ({ ...claims, trust_marks: [] }) });
  world.later(11 * MINUTE_MS);
  await expect(world.begin()).rejects.toThrow('spid');
  world.federation.reset();
  expect((await world.signIn()).ok).toBe(true);
});

test('while the anchor is away a chain that is valid is used on, and when it has expired it is not', async () => {
  await resolve();
  bend({ isAnchorDown: true });
  world.later(20 * MINUTE_MS);
  await expect(world.begin()).resolves.toBeDefined();
  world.later(41 * MINUTE_MS);
  await expect(world.begin()).rejects.toThrow('spid');
  // Away, and offered still: the page says that it does not answer, not that it does not exist.
  await world.directory.refresh();
  expect(world.listMethods()[0]?.providers).toHaveLength(1);
});

describe('what we say of ourselves', () => {
  const own = async () => {
    const party = world.parties.find(1);
    if (party === null) throw new Error('no relying party');
    return world.parties.entityConfiguration(party);
  };

  test('is signed with a federation key that is in it, has the form the rules ask for, and the trust mark our superior gave', async () => {
    const jwt = await own();
    expect(decodeProtectedHeader(jwt)).toMatchObject({ typ: 'entity-statement+jwt', alg: 'RS256' });
    const { jwks } = decodeJwt<{ jwks: { keys: JWK[] } }>(jwt);
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(jwks), { issuer: CLIENT_ID, subject: CLIENT_ID });
    expect(payload).toMatchObject({
      authority_hints: [world.federation.anchor],
      trust_marks: [{ id: `${world.federation.anchor}/openid_relying_party/public/` }],
      metadata: {
        federation_entity: {
          organization_name: 'Comune di Vallefinta',
          contacts: ['protocollo@pec.vallefinta.example'],
          federation_resolve_endpoint: `${CLIENT_ID}/resolve`,
        },
        openid_relying_party: {
          client_id: CLIENT_ID,
          application_type: 'web',
          client_registration_types: ['automatic'],
          redirect_uris: [`${CLIENT_ID}/login/callback`],
          response_types: ['code'],
          subject_type: 'pairwise',
          token_endpoint_auth_method: 'private_key_jwt',
          id_token_signed_response_alg: 'RS256',
          userinfo_signed_response_alg: 'RS256',
          userinfo_encrypted_response_alg: 'RSA-OAEP-256',
          userinfo_encrypted_response_enc: 'A256CBC-HS512',
        },
      },
    });
    expect(Number(payload.exp)).toBeGreaterThan(Number(payload.iat));
  });

  test('holds no private key, and the federation keys are other ones than those of the protocol', async () => {
    const text = await own();
    const claims = decodeJwt<{ jwks: { keys: JWK[] }; metadata: { openid_relying_party: { jwks: { keys: JWK[] } } } }>(
      text,
    );
    const [federation, protocol] = [claims.jwks.keys, claims.metadata.openid_relying_party.jwks.keys];
    for (const key of [...federation, ...protocol]) expect(Object.keys(key)).not.toContain('d');
    const kids = new Set(federation.map(({ kid }) => kid));
    expect(protocol.some(({ kid }) => kids.has(kid))).toBe(false);
    expect(new Set(protocol.map(({ use }) => use))).toEqual(new Set(['sig', 'enc']));
  });

  test('goes on being signed with the key our superior knows, when the next one is due and nobody has taken it over', async () => {
    const { kid } = decodeProtectedHeader(await own());
    world.later(366 * 24 * 60 * MINUTE_MS);
    await world.keys.refresh();
    expect(world.keys.inUse('federation').kid).not.toBe(kid);
    expect(decodeProtectedHeader(await own()).kid).toBe(kid);
  });

  test('of a provider to others: the metadata that counts, its chain and its trust marks', async () => {
    const party = world.parties.find(1);
    if (party === null) throw new Error('no relying party');
    const { issuer, anchor } = world.federation;
    const jwt = await world.parties.resolveAnswer(party, issuer, anchor, 'openid_provider');
    const claims = decodeJwt(jwt ?? '');
    expect(claims).toMatchObject({ iss: CLIENT_ID, sub: issuer, metadata: { openid_provider: { issuer } } });
    expect(claims['trust_chain']).toHaveLength(3);
    expect(claims['trust_marks']).toHaveLength(1);
  });
});
