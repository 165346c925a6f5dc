import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as openid from 'openid-client';
import { choose, openBrowser } from './citizen.ts';
import { FISCAL_NUMBER, LEVEL_1, LEVEL_2, resolveProvider } from './relying-party.ts';
import { startWorld, type World } from './world.ts';

let world: World;
let providers: Record<'spid' | 'cie', openid.ServerMetadata>;

beforeAll(async () => {
  world = await startWorld();
  providers = {
    spid: await resolveProvider(world.agid, world.alfa),
    cie: await resolveProvider(world.interno, world.cie),
  };
}, 60_000);
afterAll(async () => world.close());

const AURORA = { username: 'aurora.esempio' };

describe.each(['spid', 'cie'] as const)('a relying party at a %s provider', (scheme) => {
  test('gets the citizen that the browser chose: id token, and userinfo signed and encrypted', async () => {
    const begun = await world.party.begin(providers[scheme]);
    const callback = await choose(begun.url, AURORA);
    expect(new URL(callback).searchParams.get('state')).toBe(begun.state);
    const { tokens, idToken, userinfo } = await world.party.redeem(providers[scheme], begun, callback);

    expect(idToken).toMatchObject({
      iss: providers[scheme].issuer,
      aud: world.party.id,
      acr: LEVEL_2,
      nonce: begun.nonce,
      at_hash: createHash('sha256').update(tokens.access_token).digest().subarray(0, 16).toString('base64url'),
      nbf: idToken.iat,
      jti: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(idToken).not.toHaveProperty('given_name');
    expect(userinfo).toMatchObject({
      sub: idToken.sub,
      given_name: 'Aurora',
      family_name: 'Esempio',
      [FISCAL_NUMBER]: expect.stringMatching(/^TINIT-[A-Z\d]{16}$/),
      exp: expect.any(Number),
    });
    expect(userinfo).not.toHaveProperty('email');
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'RS256' });
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: providers[scheme].issuer,
      aud: providers[scheme].userinfo_endpoint,
      client_id: world.party.id,
      sub: idToken.sub,
    });
  });

  test('gets userinfo as a JWE around a JWT, served as application/jose', async () => {
    const begun = await world.party.begin(providers[scheme]);
    const { tokens } = await world.party.redeem(providers[scheme], begun, await choose(begun.url, AURORA));
    const answer = await world.party.userinfo(providers[scheme], tokens.access_token);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/jose']);
    const { header } = await world.party.readUserinfo(providers[scheme], await answer.text());
    expect(header).toMatchObject({
      alg: 'RSA-OAEP-256',
      enc: 'A256CBC-HS512',
      cty: 'JWT',
      kid: world.party.keys.encryption.kid,
    });
  });

  test('cannot use an access token that it revoked', async () => {
    const begun = await world.party.begin(providers[scheme]);
    const { tokens } = await world.party.redeem(providers[scheme], begun, await choose(begun.url, AURORA));
    const config = await world.party.configuration(providers[scheme]);
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true });
    await openid.tokenRevocation(config, tokens.access_token);
    expect((await world.party.userinfo(providers[scheme], tokens.access_token)).status).toBe(401);
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
  });

  test('cannot use an access token with another signature, nor the id inside it', async () => {
    const begun = await world.party.begin(providers[scheme]);
    const { tokens } = await world.party.redeem(providers[scheme], begun, await choose(begun.url, AURORA));
    const [header, payload] = tokens.access_token.split('.');
    const forged = [header, payload, Buffer.alloc(256).toString('base64url')].join('.');
    for (const token of [forged, String(decodeJwt(tokens.access_token).jti)]) {
      expect((await world.party.userinfo(providers[scheme], token)).status).toBe(401);
    }
  });

  test('is answered anew each time: nobody stays signed in', async () => {
    const browser = openBrowser();
    const subjects: unknown[] = [];
    for (const username of ['aurora.esempio', 'orso.fittizi']) {
      const begun = await world.party.begin(providers[scheme], { request: { prompt: 'consent' } });
      const callback = await choose(begun.url, { username }, browser);
      subjects.push((await world.party.redeem(providers[scheme], begun, callback)).userinfo['given_name']);
    }
    expect(subjects).toEqual(['Aurora', 'Orso']);
    expect([...browser.cookies.keys()].filter((name) => name.includes('session'))).toEqual([]);
  });

  test('gets a code that is good once', async () => {
    const begun = await world.party.begin(providers[scheme]);
    const callback = await choose(begun.url, AURORA);
    await world.party.redeem(providers[scheme], begun, callback);
    await expect(world.party.redeem(providers[scheme], begun, callback)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('gets a refresh token, for offline_access, with which it reads userinfo again', async () => {
    const request = { scope: 'openid offline_access' };
    const begun = await world.party.begin(providers[scheme], { request });
    const { tokens } = await world.party.redeem(providers[scheme], begun, await choose(begun.url, AURORA));
    expect(decodeJwt(tokens.refresh_token ?? '')).toMatchObject({ aud: providers[scheme].token_endpoint });
    const config = await world.party.configuration(providers[scheme]);
    const again = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect((await world.party.userinfo(providers[scheme], again.access_token)).status).toBe(200);
  });
});

test('a citizen has another subject at every provider', async () => {
  const subjects: string[] = [];
  for (const provider of [providers.spid, await resolveProvider(world.agid, `${world.base}/spid/beta`)]) {
    const begun = await world.party.begin(provider);
    subjects.push((await world.party.redeem(provider, begun, await choose(begun.url, AURORA))).idToken.sub);
  }
  expect(new Set(subjects).size).toBe(2);
});

test('CIE names itself in the authorization response, SPID does not', async () => {
  for (const [scheme, iss] of [
    ['spid', null],
    ['cie', world.cie],
  ] as const) {
    for (const choice of [AURORA, 'cancel'] as const) {
      const begun = await world.party.begin(providers[scheme]);
      expect(new URL(await choose(begun.url, choice)).searchParams.get('iss')).toBe(iss);
    }
  }
});

test('CIE gives the claims of a scope in the id token too', async () => {
  const begun = await world.party.begin(providers.cie, { request: { scope: 'openid profile', claims: undefined } });
  const { idToken, userinfo } = await world.party.redeem(providers.cie, begun, await choose(begun.url, AURORA));
  expect(idToken).toMatchObject({ given_name: 'Aurora', birthdate: '1986-03-14' });
  expect(userinfo).toMatchObject({ given_name: 'Aurora', birthdate: '1986-03-14' });
});

test('userinfo takes GET alone at SPID, POST too at CIE', async () => {
  const statuses: number[] = [];
  for (const scheme of ['spid', 'cie'] as const) {
    const begun = await world.party.begin(providers[scheme]);
    const { tokens } = await world.party.redeem(providers[scheme], begun, await choose(begun.url, AURORA));
    statuses.push((await world.party.userinfo(providers[scheme], tokens.access_token, 'POST')).status);
  }
  expect(statuses).toEqual([405, 200]);
});

test('the level is the first that was asked', async () => {
  const begun = await world.party.begin(providers.spid, { request: { acr_values: `${LEVEL_1} ${LEVEL_2}` } });
  const { idToken } = await world.party.redeem(providers.spid, begun, await choose(begun.url, AURORA));
  expect(idToken['acr']).toBe(LEVEL_1);
});

test('a provider is found by its federation, not by OpenID Connect Discovery', async () => {
  expect((await fetch(`${world.alfa}/.well-known/openid-configuration`)).status).toBe(404);
});
