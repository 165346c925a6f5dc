import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import { CLIENT_ID, type IdentityWorld, startIdentityWorld } from './identity-world.ts';
import { read, sealTo } from './scripted-federation.ts';

let world: IdentityWorld;
beforeAll(async () => {
  world = await startIdentityWorld();
});
afterAll(() => world.close());
afterEach(() => world.federation.reset());

const clientKeys = () =>
  createLocalJWKSet({ keys: world.keys.published('client').map(({ publicJwk }) => ({ ...publicJwk }) as JWK) });

test('the request is a signed object with all that SPID and CIE ask for, and repeats beside it what they want repeated', async () => {
  const { url, state } = await world.begin();
  expect(`${url.origin}${url.pathname}`).toBe(`${world.federation.issuer}/authorization`);
  const { payload, protectedHeader } = await jwtVerify(url.searchParams.get('request') ?? '', clientKeys(), {
    issuer: CLIENT_ID,
    audience: world.federation.issuer,
    algorithms: ['RS256'],
    requiredClaims: ['exp', 'iat', 'jti'],
  });
  expect(protectedHeader.kid).toBe(world.keys.inUse('client').kid);
  expect(payload).toMatchObject({
    client_id: CLIENT_ID,
    redirect_uri: `${CLIENT_ID}/login/callback`,
    response_type: 'code',
    scope: 'openid',
    state,
    acr_values: 'https://www.spid.gov.it/SpidL2',
    prompt: 'consent login',
    code_challenge_method: 'S256',
    ui_locales: 'it',
    claims: {
      userinfo: {
        'https://attributes.eid.gov.it/fiscal_number': { essential: true },
        given_name: { essential: true },
        family_name: { essential: true },
        'https://attributes.eid.gov.it/company_fiscal_number': null,
      },
    },
  });
  expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(300);
  for (const secret of [payload['state'], payload['nonce']]) expect(secret).toMatch(/^[\w-]{32,}$/);
  for (const name of ['client_id', 'scope', 'response_type', 'code_challenge', 'code_challenge_method']) {
    expect(url.searchParams.get(name)).toBe(payload[name]);
  }
});

test('two sign-ins share neither state, nonce, challenge nor request id', async () => {
  const [one, other] = [await world.begin(), await world.begin()];
  for (const name of ['state', 'nonce', 'code_challenge', 'jti']) {
    expect(one.request[name]).not.toBe(other.request[name]);
  }
});

test('the code is redeemed with the verifier of its challenge and an assertion of ours, used once', async () => {
  const { state, request } = await world.begin();
  await world.complete(state, { code: String(request['nonce']) });
  await world.signIn();
  const forms = world.federation.asked.filter(({ path }) => path === '/idp/token').map(({ form }) => form);
  expect(forms).toHaveLength(2);
  const assertions = await Promise.all(
    forms.map((form) =>
      jwtVerify(form.get('client_assertion') ?? '', clientKeys(), {
        issuer: CLIENT_ID,
        subject: CLIENT_ID,
        audience: `${world.federation.issuer}/token`,
        requiredClaims: ['exp', 'iat', 'jti'],
      }),
    ),
  );
  expect(new Set(assertions.map(({ payload }) => payload.jti)).size).toBe(2);
  const verifier = forms[0]?.get('code_verifier') ?? '';
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url');
  expect(digest).toBe(request['code_challenge']);
});

test('a provider that is not offered is not spoken with', async () => {
  await expect(world.begin('https://elsewhere.example')).rejects.toThrow('unknown_provider');
});

test('the log has a line for each attempt, with ids and address and no attribute, and the messages are sealed beside it', async () => {
  const { state, request } = await world.begin();
  const done = await world.complete(state, { code: String(request['nonce']) });
  if (!done.ok) throw new Error('not signed in');
  const line = (await world.log()).find(({ signInId }) => signInId === done.value.signInId);
  expect(line).toMatchObject({
    provider: 'spid',
    issuer: world.federation.issuer,
    outcome: 'signed_in',
    acr: 'https://www.spid.gov.it/SpidL2',
    requestId: request['jti'],
    responseId: 'id-token-1',
    personId: done.value.personId,
    sourceAddress: '192.0.2.7',
  });
  expect(JSON.stringify(line)).not.toMatch(/Aurora|SMPRRA/);
  const messages = await world.messages(done.value.signInId);
  expect(messages.map(({ kind }) => kind)).toEqual([
    'trust_chain',
    'authentication_request',
    'authentication_response',
    'token_request',
    'token_response',
    'userinfo_request',
    'userinfo_response',
  ]);
  expect(JSON.parse(messages[0]?.text ?? '')).toHaveLength(3);
  // Opened, and still signed by the provider: readable when our key of today is long gone.
  expect(read(messages[6]?.text ?? '')).toMatchObject({ iss: world.federation.issuer, given_name: 'Aurora' });
  const { rows } = await world.database.query<{ line: string }>({
    text: 'select row_to_json(m)::text as line from sign_in_messages m',
  });
  for (const row of rows) expect(row.line).not.toMatch(/Aurora|SMPRRA|eyJ/);
});

test('messages and lines of the log cannot be edited, nor removed before 24 months', async () => {
  await world.signIn();
  for (const table of ['sign_in_log', 'sign_in_messages']) {
    const update = world.database.query({ text: `update ${table} set municipality_id = 2` });
    await expect(update).rejects.toThrow('never edited');
    await expect(world.database.query({ text: `delete from ${table}` })).rejects.toThrow('24 months');
  }
});

test('leaving revokes the access token at the provider, once, with an assertion of ours', async () => {
  const done = await world.signIn();
  if (!done.ok) throw new Error('not signed in');
  await world.leave(done.value.signInId);
  await world.leave(done.value.signInId);
  const revoked = world.federation.asked.filter(({ path }) => path === '/idp/revocation');
  expect(revoked).toHaveLength(1);
  expect(revoked[0]?.form.get('token')).toMatch(/^access-/);
  await jwtVerify(revoked[0]?.form.get('client_assertion') ?? '', clientKeys(), { issuer: CLIENT_ID });
  const kinds = (await world.messages(done.value.signInId)).map(({ kind }) => kind);
  expect(kinds.slice(-2)).toEqual(['revocation_request', 'revocation_response']);
});

test('leaving everywhere ends and revokes every sign-in of the person, and leaving works while the provider is away', async () => {
  const first = await world.signIn();
  await world.signIn();
  if (!first.ok) throw new Error('not signed in');
  world.federation.script.isDown = true;
  expect(await world.leaveEverywhere(first.value.personId)).toBeGreaterThanOrEqual(2);
  expect(await world.leaveEverywhere(first.value.personId)).toBe(0);
});

test('a new key of ours is published before it is used, and the old one still opens what was sealed to it', async () => {
  const before = world.keys.inUse('encryption');
  const { state, request } = await world.begin();
  // The provider goes on using the key it knows, a minute after the next one is in use.
  const sealToBefore = (jws: string) => sealTo({ ...before.publicJwk, kid: before.kid, kty: 'RSA' }, jws);
  Object.assign(world.federation.script, { seal: sealToBefore });
  const next = world.keys.published('encryption').find(({ kid }) => kid !== before.kid);
  const isPublishedBefore = next !== undefined && next.activeFrom > world.now();
  expect(isPublishedBefore).toBe(true);
  expect((await world.complete(state, { code: String(request['nonce']) })).ok).toBe(true);
  world.later(Number(next?.activeFrom) - world.now().getTime() + 60_000);
  await world.keys.refresh();
  expect(world.keys.inUse('encryption').kid).toBe(next?.kid);
  expect((await world.signIn()).ok).toBe(true);
});
