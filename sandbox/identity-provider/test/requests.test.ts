import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerMetadata } from 'openid-client';
import { choose, openBrowser } from './citizen.ts';
import { type Deviation, type Key, makeKey, resolveProvider, signJwt } from './relying-party.ts';
import { startWorld, type World } from './world.ts';

let world: World;
let alfa: ServerMetadata;
let cie: ServerMetadata;
let foreignKey: Key;

beforeAll(async () => {
  world = await startWorld();
  [alfa, cie, foreignKey] = await Promise.all([
    resolveProvider(world.agid, world.alfa),
    resolveProvider(world.interno, world.cie),
    makeKey('sig'),
  ]);
}, 60_000);
afterAll(async () => world.close());

/** Where the provider sends the browser at once must be ours. @returns the error */
const sentBack = async (url: URL) => {
  const callback = new URL((await openBrowser().ask(url.href)).location ?? 'about:blank');
  expect(callback.origin + callback.pathname).toBe(world.party.redirectUri);
  expect(callback.searchParams.get('code')).toBeNull();
  return callback.searchParams.get('error');
};

const AURORA = { username: 'aurora.esempio' };
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a request that is not authentic is sent back, to the registered address alone', () => {
  const cases: readonly (readonly [string, string, () => Deviation])[] = [
    ['no request object', 'invalid_request', () => ({ query: { request: null } })],
    [
      'an unsigned one',
      'invalid_request_object',
      () => ({ object: (claims) => `${encode({ alg: 'none', kid: 'x' })}.${encode(claims)}.` }),
    ],
    ['the key of somebody else', 'invalid_request_object', () => ({ key: foreignKey })],
    [
      'the key id of another key',
      'invalid_request_object',
      () => ({ key: { ...foreignKey, kid: world.party.published.signingKey.kid } }),
    ],
    ['another audience', 'invalid_request_object', () => ({ request: { aud: world.cie } })],
    ['another issuer', 'invalid_request_object', () => ({ request: { iss: world.stranger.id } })],
    ['no issuer', 'invalid_request_object', () => ({ request: { iss: undefined } })],
    [
      'another client inside',
      'invalid_request_object',
      () => ({ request: { client_id: world.stranger.id }, query: { client_id: world.party.id } }),
    ],
  ];
  test.each(cases)('%s', async (_what, error, deviate) => {
    const { url } = await world.party.begin(alfa, deviate());
    expect(await sentBack(url)).toBe(error);
  });

  test('an expired one', async () => {
    const { published, id } = world.party;
    const expired = await signJwt(published.signingKey, undefined, { iss: id, aud: world.alfa, client_id: id }, -60);
    const { url } = await world.party.begin(alfa, { query: { request: expired } });
    expect(await sentBack(url)).toBe('invalid_request_object');
  });
});

describe('an authentic request against the rules is sent back with its error', () => {
  const cases: readonly (readonly [string, string, Deviation])[] = [
    ['the scope profile', 'invalid_scope', { request: { scope: 'openid profile' } }],
    ['no PKCE', 'invalid_request', { request: { code_challenge: undefined, code_challenge_method: undefined } }],
    ['PKCE plain', 'invalid_request', { request: { code_challenge_method: 'plain' } }],
    ['a short nonce', 'invalid_request', { request: { nonce: 'x'.repeat(31) } }],
    ['a short state', 'invalid_request', { request: { state: 'x'.repeat(31) } }],
    ['no level', 'invalid_request', { request: { acr_values: undefined } }],
    ['another prompt', 'invalid_request', { request: { prompt: 'login' } }],
    ['claims in the id token', 'invalid_request', { request: { claims: { id_token: { given_name: null } } } }],
    ['claims that do not exist', 'invalid_request', { request: { claims: { userinfo: { shoe_size: null } } } }],
    [
      'a scope in the request object alone',
      'invalid_request',
      { request: { scope: 'openid profile' }, query: { scope: 'openid' } },
    ],
    ['scope not repeated', 'invalid_request', { query: { scope: null } }],
    ['another scope repeated', 'invalid_request', { query: { scope: 'openid offline_access' } }],
    ['response_type not repeated', 'invalid_request', { query: { response_type: null } }],
    ['code_challenge not repeated', 'invalid_request', { query: { code_challenge: null } }],
  ];
  test.each(cases)('SPID: %s', async (_what, error, deviation) => {
    const begun = await world.party.begin(alfa, deviation);
    expect(await sentBack(begun.url)).toBe(error);
  });

  test('CIE takes the scope profile, and response_type once', async () => {
    const query = { response_type: null };
    const begun = await world.party.begin(cie, { request: { scope: 'openid profile email' }, query });
    expect(new URL(await choose(begun.url, AURORA)).searchParams.get('code')).not.toBeNull();
  });
});

test('a request for a foreign redirect_uri gets a page and no redirect', async () => {
  const { url } = await world.party.begin(alfa, { request: { redirect_uri: 'http://127.0.0.1:9/elsewhere' } });
  const answer = await openBrowser().ask(url.href);
  expect([answer.status, answer.location]).toEqual([400, null]);
  expect(answer.text).toContain('<code>invalid_redirect_uri');
});

test('a request may come by POST', async () => {
  const begun = await world.party.begin(alfa);
  const form = Object.fromEntries(begun.url.searchParams);
  const answer = await openBrowser().ask(alfa.authorization_endpoint ?? '', form);
  expect(answer.location).toContain('/spid/alfa/interaction/');
});

describe('a client assertion is refused', () => {
  const redeem = async (claims: Record<string, unknown>, key = world.party.published.signingKey) => {
    const begun = await world.party.begin(alfa);
    const callback = new URL(await choose(begun.url, AURORA));
    const { id, redirectUri } = world.party;
    const own = { iss: id, sub: id, aud: alfa.token_endpoint ?? '', jti: `${Math.random()}`, ...claims };
    const answer = await fetch(alfa.token_endpoint ?? '', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: begun.verifier,
        client_id: id,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await signJwt(key, undefined, own),
      }),
    });
    return [answer.status, ((await answer.json()) as { error?: string }).error];
  };
  test('nothing of it is refused when it is right', async () => {
    expect(await redeem({})).toEqual([200, undefined]);
  });
  test('with the issuer as audience', async () => {
    expect(await redeem({ aud: world.alfa })).toEqual([401, 'invalid_client']);
  });
  test('with a foreign key', async () => {
    expect(await redeem({}, foreignKey)).toEqual([401, 'invalid_client']);
  });
  test('without an id', async () => {
    expect(await redeem({ jti: undefined })).toEqual([401, 'invalid_client']);
  });
  test('the second time', async () => {
    expect(await redeem({ jti: 'once' })).toEqual([200, undefined]);
    expect(await redeem({ jti: 'once' })).toEqual([401, 'invalid_client']);
  });
});

describe('a relying party', () => {
  beforeEach(async () => {
    await world.stranger.takeTrustMarks().catch(() => {});
  });

  test('that nobody onboarded is refused, and not even asked for its configuration', async () => {
    const { url } = await world.stranger.begin(alfa);
    const answer = await openBrowser().ask(url.href);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('invalid_client')]);
    expect(world.stranger.readCount()).toBe(0);
  });
});
