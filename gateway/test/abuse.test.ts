import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openBrowser, send } from './browser.ts';
import { signedInBrowser, startWorld, type World } from './world.ts';

let world: World;
let session: { cookie: string; csrfToken: string };

beforeAll(async () => {
  world = await startWorld();
  const { browser, csrfToken } = await signedInBrowser(world);
  session = { cookie: `campanella_session=${browser.cookies.get('campanella_session')}`, csrfToken };
}, 60_000);
afterAll(async () => world.close());
beforeEach(() => {
  world.upstream.received.length = 0;
});

const api = () => `${world.url}/api/ledger/balances`;

/** Tokens as somebody outside would make them. */
async function forgedTokens(): Promise<[string, string][]> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const claims = { municipality_id: 1, role: 'guardian', pupil_ids: ['01938f00-0000-7000-8000-000000000001'] };
  const sign = (audience: string, expires: string) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', jwk: { kty: 'OKP' } })
      .setIssuer('campanella-identity')
      .setAudience(audience)
      .setSubject('01938f00-0000-7000-8000-0000000000aa')
      .setExpirationTime(expires)
      .sign(privateKey);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  expect(await exportJWK(publicKey)).toMatchObject({ kty: 'OKP' });
  return [
    ['another key', await sign('campanella', '5m')],
    ['expired', await sign('campanella', '-5m')],
    ['another audience', await sign('other', '5m')],
    ['alg none', `${part({ alg: 'none' })}.${part({ ...claims, iss: 'campanella-identity', aud: 'campanella' })}.`],
    ['rubbish', 'not-a-token'],
  ];
}

test('a token from outside opens nothing and reaches no service', async () => {
  for (const [, token] of await forgedTokens()) {
    const answer = await send(api(), { headers: { authorization: `Bearer ${token}` } });
    expect([answer.status, answer.json()['kind']]).toEqual([401, 'signed_out']);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  }
  expect(world.upstream.received).toEqual([]);
});

test('a token from outside does not replace that of the session', async () => {
  for (const [, token] of await forgedTokens()) {
    await send(api(), { headers: { cookie: session.cookie, authorization: `Bearer ${token}` } });
    expect(world.upstream.received.at(-1)?.headers.authorization).not.toContain(token);
  }
});

test('identity, forwarding and hop-by-hop headers from outside reach no service', async () => {
  const spoofed = {
    'x-forwarded-for': '10.0.0.1',
    'x-forwarded-host': 'altrove.example',
    'x-forwarded-user': 'sindaco',
    forwarded: 'for=10.0.0.1',
    'x-real-ip': '10.0.0.1',
    'x-identity': 'sindaco',
    'x-municipality-id': '2',
    'x-original-url': '/api/ledger/all',
    'x-http-method-override': 'DELETE',
    'proxy-authorization': 'Basic eDp4',
    te: 'trailers',
    traceparent: '00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01',
    'x-request-id': 'chosen-outside',
  };
  await send(api(), { headers: { ...spoofed, cookie: session.cookie } });
  const [received] = world.upstream.received;
  expect(received?.headers.host).toBe(new URL(world.upstream.url).host);
  for (const [name, value] of Object.entries(spoofed))
    expect([name, received?.headers[name]]).not.toEqual([name, value]);
});

test.each([
  ['another site', { origin: 'https://altrove.example' }],
  ['another site that hides', { origin: 'null' }],
  ['another site, by fetch metadata', { 'sec-fetch-site': 'cross-site' }],
  ['a sibling site', { 'sec-fetch-site': 'same-site' }],
])('a change from %s is refused although it has the token', async (_from, headers) => {
  const given = { ...headers, cookie: session.cookie, 'x-csrf-token': session.csrfToken };
  for (const path of ['/logout', '/api/attendance/absences']) {
    const answer = await send(`${world.url}${path}`, { method: 'POST', headers: given });
    expect([answer.status, answer.json()['kind']]).toEqual([403, 'cross_site']);
  }
  expect(world.upstream.received).toEqual([]);
});

test.each([
  ['none', {}],
  ['another', { 'x-csrf-token': 'A'.repeat(43) }],
  ['an empty one', { 'x-csrf-token': '' }],
])('a change with %s in place of the CSRF token is refused', async (_what, headers) => {
  for (const path of ['/logout', '/api/attendance/absences']) {
    const given = { ...headers, cookie: session.cookie, origin: world.url };
    const answer = await send(`${world.url}${path}`, { method: 'POST', headers: given });
    expect([answer.status, answer.json()['kind']]).toEqual([403, 'csrf_token']);
  }
  expect(world.upstream.received).toEqual([]);
});

test('a change from our own page with the token reaches its service, body and all', async () => {
  const body = '{"days":["2026-11-24"]}';
  const headers = {
    cookie: session.cookie,
    origin: world.url,
    'sec-fetch-site': 'same-origin',
    'x-csrf-token': session.csrfToken,
    'content-type': 'application/json',
  };
  const answer = await send(`${world.url}/api/attendance/absences`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
  expect(world.upstream.received).toMatchObject([{ method: 'POST', url: '/api/attendance/absences', body }]);
  expect(world.upstream.received[0]?.headers['x-csrf-token']).toBeUndefined();
});

test.each([
  ['unknown', 'A'.repeat(43)],
  ['malformed', '../../etc/passwd'],
  ['empty', ''],
  ['very long', 'A'.repeat(4_000)],
])('a session cookie that is %s is no session', async (_what, value) => {
  expect((await send(api(), { headers: { cookie: `campanella_session=${value}` } })).status).toBe(401);
  expect(world.upstream.received).toEqual([]);
});

test.each([
  '/api/ledger/../anagrafica/pupils',
  '/api/ledger/%2e%2e/x',
  '/api//ledger/x',
  '/api/ledger/a%2fb',
  '/..%5cetc',
  '/%00',
])('a path trick is refused: %s', async (path) => {
  expect((await send(`${world.url}${path}`, { headers: { cookie: session.cookie } })).status).toBe(400);
  expect(world.upstream.received).toEqual([]);
});

test.each(['TRACE', 'OPTIONS', 'PROPFIND'])('the method %s is refused', async (method) => {
  const headers = { cookie: session.cookie, 'x-csrf-token': session.csrfToken };
  expect((await send(api(), { method, headers })).status).toBe(405);
  expect(world.upstream.received).toEqual([]);
});

test('a body that is too big, of unknown length, or on a read is refused before any service', async () => {
  const headers = { cookie: session.cookie, 'x-csrf-token': session.csrfToken };
  const url = `${world.url}/api/attendance/absences`;
  expect((await send(url, { method: 'POST', headers: { ...headers, 'content-length': '104857600' } })).status).toBe(
    413,
  );
  const chunked = { ...headers, 'transfer-encoding': 'chunked' };
  expect((await send(url, { method: 'POST', headers: chunked })).status).toBe(411);
  expect((await send(api(), { headers: { cookie: session.cookie }, body: 'x' })).status).toBe(400);
  expect(world.upstream.received).toEqual([]);
});

test('headers that are too many or too big are refused', async () => {
  const answer = await send(api(), { headers: { cookie: session.cookie, 'x-fill': 'x'.repeat(20_000) } });
  expect(answer.status).toBe(431);
});

test('an unknown host is nobody’s site, whatever the path', async () => {
  for (const path of ['/', '/api/session', '/login/spid', '/api/ledger/balances']) {
    const answer = await send(`${world.url}${path}`, { headers: { host: 'altrove.example', cookie: session.cookie } });
    expect(answer.status).toBe(421);
    expect(answer.text).not.toContain('altrove');
  }
  expect(world.upstream.received).toEqual([]);
});

test('an unknown service is not found', async () => {
  const answer = await send(`${world.url}/api/nothing/here`, { headers: { cookie: session.cookie } });
  expect([answer.status, answer.json()['kind']]).toEqual([404, 'not_found']);
});

test('every answer carries the security headers', async () => {
  for (const path of ['/', '/api/session', '/api/ledger/balances', '/nessuna.png', '/login/nessuno']) {
    const { headers } = await send(`${world.url}${path}`);
    const policy = String(headers['content-security-policy']);
    expect(policy).not.toMatch(/script-src[^;]*'unsafe/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(headers['x-powered-by']).toBeUndefined();
  }
});

test('the portal: the page is asked for again, hashed files never, unknown pages are the page, unknown files are not', async () => {
  const page = await send(`${world.url}/`);
  expect([page.status, page.headers['cache-control']]).toEqual([200, 'no-cache']);
  const deep = await send(`${world.url}/refezione/elenco?da=2026-11-01`);
  expect([deep.status, deep.text]).toEqual([200, page.text]);
  const asset = await send(`${world.url}/assets/index-4f3a2b1c.js`);
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await send(`${world.url}/assets/index-00000000.js`)).status).toBe(404);
  expect((await send(`${world.url}/.secret`)).status).toBe(404);
  expect((await send(`${world.url}/refezione`, { method: 'POST' })).status).toBe(405);
});

test('the gateway logs no codice fiscale, name, cookie or token', async () => {
  const browser = openBrowser();
  await world.signIn(browser, 'aurora.esempio');
  await browser.ask(api());
  for (const process of [world.gateway, world.identity]) {
    const log = process.output();
    expect(log).not.toMatch(/SMPRRA|Aurora|eyJ[\w-]+\.|code=|state=/);
    expect(log).not.toContain(browser.cookies.get('campanella_session'));
  }
});
