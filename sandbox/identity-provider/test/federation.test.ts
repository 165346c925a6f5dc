import { eventually } from '@campanella/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { choose, openBrowser } from './citizen.ts';
import { makeKey, resolveProvider } from './relying-party.ts';
import { startWorld, type World } from './world.ts';

let world: World;
let asPublished: World['party']['published'];

beforeAll(async () => {
  // One second: what is kept until a chain expires is read anew within the test.
  world = await startWorld({ STATEMENT_LIFETIME_S: '1' });
  asPublished = { ...world.party.published };
}, 60_000);
afterAll(async () => world.close());
afterEach(async () => {
  Object.assign(world.party.published, asPublished);
  await world.party.takeTrustMarks();
});

interface Statement extends JWTPayload {
  readonly jwks: { keys: JWK[] };
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly metadata_policy: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly authority_hints: readonly string[];
  readonly trust_marks: readonly { readonly id: string; readonly trust_mark: string }[];
  readonly trust_mark_issuers: Readonly<Record<string, readonly string[]>>;
  readonly constraints: object;
}

const get = async (url: string, query: Readonly<Record<string, string>> = {}) =>
  fetch(`${url}?${new URLSearchParams(query)}`);

// A statement of one second is verified as of the moment it was asked for: what follows on a slow machine takes longer.

const configurationOf = async (id: string) => {
  const currentDate = new Date();
  const answer = await get(`${id}/.well-known/openid-federation`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/entity-statement+jwt']);
  const jwt = await answer.text();
  const said = decodeJwt<Statement>(jwt);
  const options = { issuer: id, subject: id, typ: 'entity-statement+jwt', currentDate };
  await jwtVerify(jwt, createLocalJWKSet(said.jwks), options);
  return said;
};

const statementAbout = async (anchor: string, sub: string) => {
  const currentDate = new Date();
  const answer = await get(`${anchor}/fetch`, { sub });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/entity-statement+jwt']);
  const { jwks } = await configurationOf(anchor);
  const options = { issuer: anchor, subject: sub, typ: 'entity-statement+jwt', currentDate };
  return (await jwtVerify<Statement>(await answer.text(), createLocalJWKSet(jwks), options)).payload;
};

const errorOf = async (answer: Response) => {
  const body = (await answer.json()) as { error: string; error_description: string };
  expect(body.error_description).toEqual(expect.any(String));
  return [answer.status, body.error];
};

describe.each(['agid', 'interno'] as const)('the trust anchor %s', (name) => {
  const anchor = () => world[name];
  const member = () => (name === 'agid' ? world.alfa : world.cie);

  test('publishes what the rules demand of an anchor', async () => {
    const said = await configurationOf(anchor());
    expect(said.metadata['federation_entity']).toEqual({
      organization_name: expect.any(String),
      homepage_uri: expect.any(String),
      policy_uri: expect.any(String),
      logo_uri: expect.stringMatching(/\.svg$/),
      contacts: [expect.stringContaining('@')],
      federation_fetch_endpoint: `${anchor()}/fetch`,
      federation_list_endpoint: `${anchor()}/list`,
      federation_resolve_endpoint: `${anchor()}/resolve`,
      federation_trust_mark_status_endpoint: `${anchor()}/trust_mark_status`,
    });
    expect(said.constraints).toEqual({ max_path_length: 1 });
    expect(said.trust_mark_issuers[`${anchor()}/openid_relying_party/public/`]).toEqual([anchor()]);
    expect(said.authority_hints).toBeUndefined();
  });

  test('vouches for federation keys, and demands the protocol keys by policy', async () => {
    const [own, about] = [await configurationOf(member()), await statementAbout(anchor(), member())];
    expect(about.jwks).toEqual(own.jwks);
    expect(about.metadata_policy['openid_provider']?.['jwks']).toEqual({
      value: own.metadata['openid_provider']?.['jwks'],
    });
    const { keys: protocolKeys } = (own.metadata['openid_provider']?.['jwks'] ?? { keys: [] }) as Statement['jwks'];
    expect(protocolKeys).toHaveLength(1);
    expect(protocolKeys.map((key) => key.kid)).not.toContain(own.jwks.keys[0]?.kid);
    for (const key of [...protocolKeys, ...own.jwks.keys]) expect(key).not.toHaveProperty('d');
  });

  test('vouches for a relying party with the keys it publishes, a policy and a trust mark', async () => {
    const { party } = world;
    const about = await statementAbout(anchor(), party.id);
    expect(about.jwks.keys).toEqual([party.keys.federation.publicJwk]);
    const policy = about.metadata_policy['openid_relying_party'];
    expect(policy).toMatchObject({
      jwks: { value: { keys: [party.published.signingKey.publicJwk, party.keys.encryption.publicJwk] } },
      token_endpoint_auth_method: { one_of: ['private_key_jwt'], essential: true },
      response_types: { value: ['code'] },
      redirect_uris: { essential: true },
    });
    expect(Object.hasOwn(policy ?? {}, 'id_token_encrypted_response_alg')).toBe(name === 'interno');
    const [mark] = about.trust_marks;
    expect(mark?.id).toBe(`${anchor()}/openid_relying_party/public/`);
    const { jwks } = await configurationOf(anchor());
    const options = { issuer: anchor(), subject: party.id, typ: 'trust-mark+jwt' };
    const { payload } = await jwtVerify(mark?.trust_mark ?? '', createLocalJWKSet(jwks), options);
    expect(payload).toMatchObject({ id: mark?.id, organization_type: 'public', organization_name: 'Comune di Prova' });
  });

  test('lists its members by type', async () => {
    const list = async (type: string) => (await get(`${anchor()}/list`, { entity_type: type })).json();
    const providers = ['alfa', 'beta', 'gamma'].map((provider) => `${world.base}/spid/${provider}`);
    expect(await list('openid_provider')).toEqual(name === 'agid' ? providers : [world.cie]);
    expect(await list('openid_relying_party')).toEqual([world.party.id]);
    expect(await list('oauth_resource')).toEqual([]);
  });

  test('resolves a member: policy applied, valid trust marks, the chain', async () => {
    const answer = await get(`${anchor()}/resolve`, { sub: world.party.id, anchor: anchor() });
    expect(answer.headers.get('content-type')).toBe('application/resolve-response+jwt');
    const jwt = await answer.text();
    expect(decodeProtectedHeader(jwt).typ).toBe('resolve-response+jwt');
    const said = decodeJwt<Statement & { trust_chain: string[] }>(jwt);
    expect(said).toMatchObject({ iss: anchor(), sub: world.party.id });
    expect(said.metadata['openid_relying_party']).toMatchObject({
      client_id: world.party.id,
      response_types: ['code'],
    });
    expect(said.trust_marks.map((mark) => mark.id)).toEqual([`${anchor()}/openid_relying_party/public/`]);
    expect(said.trust_chain.map((link) => decodeJwt(link).iss)).toEqual([world.party.id, anchor(), anchor()]);
  });

  test('answers 404 for whom it does not know', async () => {
    for (const sub of [world.stranger.id, 'https://elsewhere.example', 'no url']) {
      expect(await errorOf(await get(`${anchor()}/fetch`, { sub }))).toEqual([404, 'not_found']);
      expect(await errorOf(await get(`${anchor()}/resolve`, { sub, anchor: anchor() }))).toEqual([404, 'not_found']);
    }
    expect(world.stranger.readCount()).toBe(0);
  });

  test('answers 400 for a request without its parameters', async () => {
    expect(await errorOf(await get(`${anchor()}/fetch`))).toEqual([400, 'invalid_request']);
    expect(await errorOf(await get(`${anchor()}/resolve`, { sub: member() }))).toEqual([400, 'invalid_request']);
    const status = await fetch(`${anchor()}/trust_mark_status`, { method: 'POST', body: new URLSearchParams() });
    expect(await errorOf(status)).toEqual([400, 'invalid_request']);
  });

  test('says of a trust mark whether it is active', async () => {
    const id = `${anchor()}/openid_relying_party/public/`;
    const isActive = async (form: Readonly<Record<string, string>>) => {
      const body = new URLSearchParams(form);
      return (await fetch(`${anchor()}/trust_mark_status`, { method: 'POST', body })).json();
    };
    const mark = (await statementAbout(anchor(), world.party.id)).trust_marks[0]?.trust_mark ?? '';
    expect(await isActive({ id, sub: world.party.id })).toEqual({ active: true });
    expect(await isActive({ trust_mark: mark })).toEqual({ active: true });
    expect(await isActive({ id, sub: world.stranger.id })).toEqual({ active: false });
    expect(await isActive({ id: `${anchor()}/openid_provider/private/`, sub: world.party.id })).toEqual({
      active: false,
    });
    expect(await isActive({ trust_mark: `${mark}x` })).toEqual({ active: false });
  });
});

describe('a provider', () => {
  test.each(['alfa', 'cie'] as const)(
    '%s publishes what the rules demand, and its anchor resolves it',
    async (name) => {
      const [id, anchor] = name === 'alfa' ? [world.alfa, world.agid] : [world.cie, world.interno];
      const said = await configurationOf(id);
      expect(said.authority_hints).toEqual([anchor]);
      expect(said.trust_marks.map((mark) => mark.id)).toEqual([
        `${anchor}/openid_provider/${name === 'cie' ? 'public' : 'private'}/`,
      ]);
      expect(said.metadata['federation_entity']).toMatchObject({ federation_resolve_endpoint: `${id}/resolve` });
      const resolved = await resolveProvider(anchor, id);
      expect(resolved).toMatchObject({
        issuer: id,
        scopes_supported:
          name === 'cie' ? ['openid', 'offline_access', 'profile', 'email'] : ['openid', 'offline_access'],
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
        code_challenge_methods_supported: ['S256'],
        subject_types_supported: ['pairwise'],
        claims_parameter_supported: true,
        request_parameter_supported: true,
        userinfo_encryption_alg_values_supported: ['RSA-OAEP', 'RSA-OAEP-256'],
        request_authentication_methods_supported: { authorization_endpoint: ['request_object'] },
      });
      for (const name of ['authorization', 'token', 'userinfo', 'introspection', 'revocation']) {
        expect(resolved[`${name}_endpoint`]).toBe(`${id}/${name}`);
      }
      const onlyCie = [
        'authorization_response_iss_parameter_supported',
        'revocation_endpoint_auth_methods_supported',
        'id_token_encryption_alg_values_supported',
      ];
      for (const parameter of onlyCie) expect(Object.hasOwn(resolved, parameter)).toBe(name === 'cie');
    },
  );

  test('resolves what it knows of others', async () => {
    const answer = await get(`${world.alfa}/resolve`, { sub: world.party.id, anchor: world.agid });
    expect(decodeJwt(await answer.text())).toMatchObject({ iss: world.alfa, sub: world.party.id });
    expect(await errorOf(await get(`${world.alfa}/resolve`, { sub: world.party.id, anchor: world.interno }))).toEqual([
      404,
      'not_found',
    ]);
  });

  test('has a logo and a policy page where it says', async () => {
    const entity = (await configurationOf(world.alfa)).metadata['federation_entity'];
    const logo = await fetch(String(entity?.['logo_uri']));
    expect([logo.status, logo.headers.get('content-type')]).toEqual([200, expect.stringContaining('image/svg+xml')]);
    expect((await fetch(String(entity?.['policy_uri']))).status).toBe(200);
  });
});

describe('automatic registration', () => {
  /** The page of a refusal, once the registration of before has expired. */
  const refusal = async () => {
    const alfa = await resolveProvider(world.agid, world.alfa);
    return eventually(
      async () => {
        const answer = await openBrowser().ask((await world.party.begin(alfa)).url.href);
        return answer.status === 400 ? answer.text : null;
      },
      { withinMs: 10_000 },
    );
  };

  test('asks for the trust mark of the anchor', async () => {
    await world.party.takeTrustMarks();
    Object.assign(world.party.published, { trustMarks: [] });
    expect(await refusal()).toMatch(/unauthorized_client: .*publishes no valid trust mark/);
  });

  test("does not take another subject's trust mark", async () => {
    const { trust_marks } = await statementAbout(world.agid, world.alfa);
    Object.assign(world.party.published, { trustMarks: trust_marks });
    expect(await refusal()).toMatch(/unauthorized_client/);
  });

  test('does not take the other anchor’s trust mark', async () => {
    const { trust_marks } = await statementAbout(world.interno, world.party.id);
    Object.assign(world.party.published, { trustMarks: trust_marks });
    expect(await refusal()).toMatch(/unauthorized_client/);
  });

  test.each([
    [
      'an algorithm that is not allowed',
      { userinfo_encrypted_response_alg: 'RSA1_5' },
      'userinfo_encrypted_response_alg',
    ],
    [
      'another client authentication',
      { token_endpoint_auth_method: 'client_secret_basic' },
      'token_endpoint_auth_method',
    ],
    ['explicit registration', { client_registration_types: ['explicit'] }, 'client_registration_types'],
    ['no authorization code', { grant_types: ['refresh_token'] }, 'grant_types'],
  ])('refuses by policy: %s', async (_what, change, parameter) => {
    Object.assign(world.party.published, { metadata: { ...asPublished.metadata, ...change } });
    expect(await refusal()).toContain(`unauthorized_client: metadata policy: ${parameter}`);
  });

  test.each([
    ['without redirect_uris', { redirect_uris: undefined }],
    ['with another client_id', { client_id: 'https://elsewhere.example' }],
    ['without keys', { jwks: { keys: [] } }],
    ['with a short key', { jwks: { keys: [{ kty: 'RSA', kid: 'short', n: 'AQAB'.repeat(40), e: 'AQAB' }] } }],
    ['with a private key', { jwks: { keys: [{ kty: 'EC', kid: 'open', d: 'AQAB' }] } }],
  ])('an anchor does not vouch for a configuration %s', async (_what, change) => {
    Object.assign(world.party.published, { metadata: { ...asPublished.metadata, ...change } });
    expect(await errorOf(await get(`${world.agid}/fetch`, { sub: world.party.id }))).toEqual([400, 'invalid_client']);
  });

  test('tells a relying party that is away', async () => {
    Object.assign(world.party.published, { isAway: true });
    expect(await refusal()).toContain('temporarily_unavailable');
    expect(await errorOf(await get(`${world.agid}/fetch`, { sub: world.party.id }))).toEqual([
      400,
      'temporarily_unavailable',
    ]);
    Object.assign(world.party.published, { isAway: false });
  });
});

describe('a registration', () => {
  let longer: World;
  beforeAll(async () => {
    longer = await startWorld();
  }, 60_000);
  afterAll(async () => longer.close());

  test('is kept until its chain expires, and renewed at once for a new key', async () => {
    const { party } = longer;
    const alfa = await resolveProvider(longer.agid, longer.alfa);
    const signIn = async () => {
      const begun = await party.begin(alfa);
      return party.redeem(alfa, begun, await choose(begun.url, { username: 'aurora.esempio' }));
    };
    await signIn();
    const before = party.readCount();
    await signIn();
    expect(party.readCount()).toBe(before);

    party.published.signingKey = await makeKey('sig');
    expect((await signIn()).userinfo['given_name']).toBe('Aurora');
    expect(party.readCount()).toBeGreaterThan(before);
  });
});
