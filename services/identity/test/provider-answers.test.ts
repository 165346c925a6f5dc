import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type IdentityWorld, startIdentityWorld } from './identity-world.ts';
import { type Script, scriptedKey, sealTo } from './scripted-federation.ts';

let world: IdentityWorld;
beforeAll(async () => {
  world = await startIdentityWorld();
});
afterAll(() => world.close());
afterEach(() => world.federation.reset());

const bend = (part: Partial<Script>) => Object.assign(world.federation.script, part);

/** Signs in, and says why not. */
async function refusal(): Promise<string> {
  const answer = await world.signIn();
  return answer.ok ? 'signed in' : `${answer.refusal.kind} ${answer.refusal.code}`.trim();
}

test('an answer with nothing wrong in it signs the citizen in', async () => {
  const answer = await world.signIn();
  expect(answer).toMatchObject({ ok: true, value: { displayName: 'Aurora Esempio' } });
});

const sooner = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** The same token with another header and no signature. */
const unsigned = (jwt: string) => `${encode({ alg: 'none' })}.${jwt.split('.')[1]}.`;
/** The same token with one claim changed, and the old signature. */
function tampered(jwt: string): string {
  const [header, payload = '', signature] = jwt.split('.');
  const claims: Record<string, unknown> = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  return `${header}.${encode({ ...claims, acr: 'https://www.spid.gov.it/SpidL3' })}.${signature}`;
}

describe('an id token is refused', () => {
  test('that was tampered with', async () => {
    bend({ idTokenText: tampered });
    expect(await refusal()).toMatch(/^provider_error/);
  });

  test('that is not signed (alg none)', async () => {
    bend({ idTokenText: unsigned });
    expect(await refusal()).toMatch(/^provider_error/);
  });

  test('that is signed with a key the federation does not vouch for', async () => {
    bend({ idTokenKey: await scriptedKey('protocol') });
    expect(await refusal()).toMatch(/^provider_error/);
  });

  test("that is signed with the provider's federation key instead of its protocol key", async () => {
    bend({ idTokenKey: world.federation.keys.federation });
    expect(await refusal()).toMatch(/^provider_error/);
  });

  test.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://another.example' }],
    ['for another audience', { aud: 'https://another.example' }],
    ['for us and others without saying for whom it is meant', { aud: ['http://127.0.0.1:7999', 'https://b.example'] }],
    ['with another nonce', { nonce: 'a'.repeat(43) }],
    ['without a nonce', { nonce: undefined }],
    ['that has expired', { exp: sooner(120), iat: sooner(400) }],
    ['that is an hour old', { iat: sooner(3_600) }],
    ['of the future', { iat: sooner(-3_600), nbf: sooner(-3_600) }],
    ['without a subject', { sub: undefined }],
    ['without at_hash', { at_hash: undefined }],
    ['whose at_hash is of another access token', { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['with a level below the one asked for', { acr: 'https://www.spid.gov.it/SpidL1' }],
    ['with a level that does not exist', { acr: 'https://www.spid.gov.it/SpidL9' }],
    ['without a level', { acr: undefined }],
  ])('%s', async (_how, claims) => {
    bend({ idToken: (right) => ({ ...right, ...claims }) });
    expect(await refusal()).toMatch(/^provider_error/);
  });

  test('that is missing', async () => {
    bend({ token: ({ id_token: _gone, ...rest }) => rest });
    expect(await refusal()).toMatch(/^provider_error/);
  });

  test('that belongs to an earlier sign-in (replayed)', async () => {
    let earlier = '';
    bend({
      idTokenText: (jwt) => {
        earlier ||= jwt;
        return earlier;
      },
    });
    expect(await refusal()).toBe('signed in');
    expect(await refusal()).toMatch(/^provider_error/);
  });
});

test('a key that the provider has just taken into use is learnt at once, by reading its chain again', async () => {
  const key = await scriptedKey('protocol of tomorrow');
  bend({
    idTokenKey: key,
    userinfoKey: key,
    providerStatement: (claims) => withProtocolKeys(claims, [world.federation.keys.protocol.publicJwk, key.publicJwk]),
  });
  // Chains are read anew every few seconds at the most.
  world.later(6_000);
  expect(await refusal()).toBe('signed in');
});

function withProtocolKeys(claims: Record<string, unknown>, keys: readonly unknown[]): Record<string, unknown> {
  const metadata = claims['metadata'] as { openid_provider: Record<string, unknown> };
  return { ...claims, metadata: { ...metadata, openid_provider: { ...metadata.openid_provider, jwks: { keys } } } };
}

test('a level above the one asked for is accepted', async () => {
  bend({ acr: 'https://www.spid.gov.it/SpidL3' });
  expect(await refusal()).toBe('signed in');
});

describe('userinfo is refused', () => {
  test('that is not encrypted', async () => {
    bend({ seal: async (jws) => jws });
    expect(await refusal()).toBe('provider_error userinfo_not_encrypted');
  });

  test('that is plain JSON', async () => {
    bend({ seal: async (jws) => Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8') });
    expect(await refusal()).toBe('provider_error userinfo_not_encrypted');
  });

  test('that is encrypted to another key', async () => {
    const { publicJwk } = await scriptedKey('of somebody else');
    bend({ seal: (jws) => sealTo({ ...publicJwk, use: 'enc' }, jws) });
    expect(await refusal()).toBe('provider_error userinfo_for_another_key');
  });

  test('that names our key but is encrypted to another', async () => {
    const { kid } = world.keys.inUse('encryption');
    const { publicJwk } = await scriptedKey(kid);
    bend({ seal: (jws) => sealTo({ ...publicJwk, use: 'enc', kid }, jws) });
    expect(await refusal()).toBe('provider_error userinfo_cannot_be_opened');
  });

  test.each([
    ['RSA-OAEP', 'A256CBC-HS512'],
    ['RSA-OAEP-256', 'A128GCM'],
  ])('that is encrypted with %s and %s, which we did not ask for', async (alg, enc) => {
    const { publicJwk, kid } = world.keys.inUse('encryption');
    bend({ seal: (jws) => sealTo({ ...publicJwk, kid, kty: 'RSA' }, jws, { alg, enc }) });
    expect(await refusal()).toBe('provider_error userinfo_cannot_be_opened');
  });

  test('whose ciphertext was tampered with', async () => {
    const right = world.federation.script.seal;
    bend({
      seal: async (jws) => {
        const parts = (await right(jws)).split('.');
        const text = parts[3] ?? '';
        parts[3] = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
        return parts.join('.');
      },
    });
    expect(await refusal()).toBe('provider_error userinfo_cannot_be_opened');
  });

  test('that is not signed (alg none) inside', async () => {
    const right = world.federation.script.seal;
    bend({ seal: (jws) => right(unsigned(jws)) });
    expect(await refusal()).toBe('provider_error userinfo_wrong_algorithm');
  });

  test('that was tampered with inside', async () => {
    const right = world.federation.script.seal;
    bend({ seal: (jws) => right(tampered(jws)) });
    expect(await refusal()).toBe('provider_error userinfo_not_signed_by_the_provider');
  });

  test('that is signed with a key the federation does not vouch for', async () => {
    bend({ userinfoKey: await scriptedKey('protocol') });
    expect(await refusal()).toBe('provider_error userinfo_not_signed_by_the_provider');
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['of another issuer', { iss: 'https://another.example' }, 'userinfo_wrong_iss'],
    ['for another audience', { aud: 'https://another.example' }, 'userinfo_wrong_aud'],
    ['about another subject', { sub: 'somebody-else' }, 'userinfo_wrong_sub'],
    ['without a subject', { sub: undefined }, 'userinfo_wrong_sub'],
    ['without an audience', { aud: undefined }, 'userinfo_wrong_aud'],
    ['without an end', { exp: undefined }, 'userinfo_wrong_exp'],
    ['that has expired', { exp: sooner(120) }, 'userinfo_expired'],
    ['that is an hour old', { iat: sooner(3_600) }, 'userinfo_expired'],
  ])('%s', async (_how, claims, code) => {
    bend({ userinfo: (right) => ({ ...right, ...claims }) });
    expect(await refusal()).toBe(`provider_error ${code}`);
  });

  test('that is longer than any real one', async () => {
    bend({ userinfo: (right) => ({ ...right, filler: 'x'.repeat(60_000) }) });
    expect(await refusal()).toBe('provider_error answer_too_long');
  });
});

test.each<[string, Record<string, unknown>, string]>([
  [
    'without a codice fiscale (eIDAS)',
    { 'https://attributes.eid.gov.it/fiscal_number': undefined },
    'no_codice_fiscale',
  ],
  [
    'with one that cannot be',
    { 'https://attributes.eid.gov.it/fiscal_number': 'TINIT-SMPRRA86C54H501X' },
    'no_codice_fiscale',
  ],
  ['of a company', { 'https://attributes.eid.gov.it/vat_number': 'VATIT-12345670017' }, 'legal_person'],
])('an identity %s is told as such', async (_how, claims, kind) => {
  bend({ userinfo: (right) => ({ ...right, ...claims }) });
  expect(await refusal()).toBe(kind);
});

describe('what a browser brings back', () => {
  test.each<[string, string, string, string]>([
    ['19', 'access_denied', 'ErrorCode nr19', 'provider_error nr19'],
    ['20', 'access_denied', 'ErrorCode nr20', 'provider_error nr20'],
    ['21', 'access_denied', 'ErrorCode nr21', 'provider_error nr21'],
    ['22', 'access_denied', 'ErrorCode nr22', 'cancelled nr22'],
    ['23', 'access_denied', 'ErrorCode nr23', 'provider_error nr23'],
    ['25', 'access_denied', 'ErrorCode nr25', 'cancelled nr25'],
    ['none', 'access_denied', 'no number', 'cancelled access_denied'],
    ['of the protocol', 'server_error', 'Mario was here', 'provider_error server_error'],
    ['of a provider that is overloaded', 'temporarily_unavailable', '', 'provider_away temporarily_unavailable'],
    ['of nobody', '<script>alert(1)</script>', '', 'provider_error unknown_error'],
  ])(
    'with the error %s is told by its number, and by nothing the provider wrote',
    async (_n, error, text, expected) => {
      const { state } = await world.begin();
      const answer = await world.complete(state, { error, error_description: text });
      expect(answer.ok ? '' : `${answer.refusal.kind} ${answer.refusal.code}`).toBe(expected);
    },
  );

  test('with the name of another provider is refused (mix-up)', async () => {
    const { state, request } = await world.begin();
    const answer = await world.complete(state, { code: String(request['nonce']), iss: 'https://another.example' });
    expect(answer).toMatchObject({ ok: false, refusal: { kind: 'provider_error' } });
    expect(world.federation.asked.filter(({ path }) => path === '/idp/token')).toHaveLength(0);
  });

  test('is used once: the second time there is no such sign-in', async () => {
    const { state, request } = await world.begin();
    const query = { code: String(request['nonce']) };
    const answers = await Promise.all([world.complete(state, query), world.complete(state, query)]);
    expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true]);
  });

  test('after ten minutes is too late', async () => {
    const { state, request } = await world.begin();
    world.later(10 * 60_000 + 1);
    const answer = await world.complete(state, { code: String(request['nonce']) });
    expect(answer).toMatchObject({ ok: false, refusal: { kind: 'expired' } });
  });

  test('finds a provider that is away told as such', async () => {
    const { state, request } = await world.begin();
    bend({ isDown: true });
    const answer = await world.complete(state, { code: String(request['nonce']) });
    expect(answer).toMatchObject({ ok: false, refusal: { kind: 'provider_away', code: 'unreachable' } });
  });
});
