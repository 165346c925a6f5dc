import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { AURORA, PUPILS } from './anagrafica.ts';
import { openBrowser, send } from './browser.ts';
import { signedInBrowser, startWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(async () => world.close());
beforeEach(() => {
  world.upstream.received.length = 0;
});

const api = () => `${world.url}/api/ledger/balances`;

test('a parent signs in at the provider and comes back to the page they wanted', async () => {
  const browser = openBrowser();
  const start = new URL(await world.begin(browser, '/refezione?da=2026-11-01'));
  expect(start.origin).toBe(world.providerUrl);
  expect(Object.fromEntries(start.searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    acr_values: 'https://www.spid.gov.it/SpidL2',
    redirect_uri: `${world.url}/login/callback`,
  });

  const callback = await world.atProvider(browser, start.href, 'aurora.esempio');
  const answer = await browser.ask(callback);

  expect([answer.status, answer.location]).toEqual([303, '/refezione?da=2026-11-01']);
  expect((await browser.ask(`${world.url}/api/session`)).json()).toMatchObject({
    signedIn: true,
    displayName: 'Aurora Esempio',
    hasPupils: true,
    csrfToken: expect.stringMatching(/^[\w-]{43}$/),
    municipality: {
      name: 'Vallefinta',
      websiteUrl: 'https://www.vallefinta.example',
      officeContact: 'scuola@vallefinta.example',
    },
  });
});

test('a service receives the internal identity token, signed by identity, and no cookie', async () => {
  const { browser } = await signedInBrowser(world);
  const answer = await browser.ask(`${api()}?service=school_meals`);

  expect([answer.status, answer.text]).toEqual([200, '{"here":true}']);
  const [received] = world.upstream.received;
  expect(received?.url).toBe('/api/ledger/balances?service=school_meals');
  expect(received?.headers.cookie).toBeUndefined();
  const token = received?.headers.authorization?.replace('Bearer ', '') ?? '';
  const jwks = createRemoteJWKSet(new URL(`${world.identityHttpUrl}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(token, jwks, { issuer: 'campanella-identity', audience: 'campanella' });
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'EdDSA', kid: expect.any(String) });
  expect(payload).toMatchObject({ municipality_id: 1, role: 'guardian', pupil_ids: PUPILS });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(300);
  expect(JSON.stringify(payload)).not.toContain(AURORA);
});

test('what a service sets on the browser stays with the gateway', async () => {
  const { browser } = await signedInBrowser(world);
  const { headers } = await browser.ask(api());
  expect(headers['set-cookie']).toBeUndefined();
  expect(headers['x-powered-by']).toBeUndefined();
  expect(headers['cache-control']).toBe('no-store');
});

test('a person who answers for no pupil is signed in and told so', async () => {
  const { browser } = await signedInBrowser(world, 'orso.fittizi');
  expect((await browser.ask(`${world.url}/api/session`)).json()).toMatchObject({ signedIn: true, hasPupils: false });
});

test('the same person is the same person at the next sign-in', async () => {
  const subjects: unknown[] = [];
  for (const _ of [1, 2]) {
    const { browser } = await signedInBrowser(world);
    await browser.ask(api());
    const token = world.upstream.received.at(-1)?.headers.authorization?.split('.')[1] ?? '';
    subjects.push(JSON.parse(Buffer.from(token, 'base64url').toString()).sub);
  }
  expect(subjects[0]).toBe(subjects[1]);
});

test('whoever gives up at the provider reads so, and is not signed in', async () => {
  const browser = openBrowser();
  const answer = await world.signIn(browser, null);
  expect([answer.status, answer.location]).toEqual([
    303,
    '/accedi?errore=cancelled&codice=nr25&return=%2Fconto-corrente',
  ]);
  expect((await browser.ask(`${world.url}/api/session`)).json()).toMatchObject({ signedIn: false });
});

test('an answer of the provider is good once', async () => {
  const browser = openBrowser();
  const callback = await world.atProvider(browser, await world.begin(browser), 'aurora.esempio');
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  expect((await send(callback, { headers: { cookie } })).location).toBe('/conto-corrente');
  expect((await send(callback, { headers: { cookie } })).location).toBe(
    '/accedi?errore=expired&return=%2Fconto-corrente',
  );
});

test('two answers at once sign in once', async () => {
  const browser = openBrowser();
  const callback = await world.atProvider(browser, await world.begin(browser), 'aurora.esempio');
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const answers = await Promise.all(Array.from({ length: 8 }, () => send(callback, { headers: { cookie } })));
  expect(answers.filter(({ location }) => location === '/conto-corrente')).toHaveLength(1);
});

test("another browser's answer signs nobody in, and is still good for its own", async () => {
  const [victim, attacker] = [openBrowser(), openBrowser()];
  const callback = await world.atProvider(attacker, await world.begin(attacker), 'lampo.difantasia');
  await world.begin(victim);
  expect((await victim.ask(callback)).location).toBe('/accedi?errore=expired&return=%2Fconto-corrente');
  expect((await victim.ask(`${world.url}/api/session`)).json()).toMatchObject({ signedIn: false });
  expect((await openBrowser().ask(callback)).location).toBe('/accedi?errore=expired');
  expect((await attacker.ask(callback)).location).toBe('/conto-corrente');
});

test.each([
  ['another code', (url: URL) => url.searchParams.set('code', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')],
  ['no code', (url: URL) => url.searchParams.delete('code')],
  ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://altrove.example')],
])('an answer with %s is refused', async (_what, change) => {
  const browser = openBrowser();
  const callback = new URL(await world.atProvider(browser, await world.begin(browser), 'aurora.esempio'));
  change(callback);
  expect((await browser.ask(callback.href)).location).toMatch(/^\/accedi\?errore=provider_error/);
});

test('a session gets a new id at sign-in, and the one before ends', async () => {
  const browser = openBrowser();
  const planted = 'A'.repeat(43);
  browser.cookies.set('campanella_session', planted);
  await world.signIn(browser, 'aurora.esempio');
  const first = browser.cookies.get('campanella_session') ?? '';
  expect(first).not.toBe(planted);
  await world.signIn(browser, 'aurora.esempio');
  expect(browser.cookies.get('campanella_session')).not.toBe(first);
  for (const old of [planted, first]) {
    expect((await send(api(), { headers: { cookie: `campanella_session=${old}` } })).status).toBe(401);
  }
});

test('after signing out the cookie opens nothing, and the provider can be left too', async () => {
  const { browser, csrfToken } = await signedInBrowser(world);
  const cookie = `campanella_session=${browser.cookies.get('campanella_session')}`;
  const answer = await browser.ask(`${world.url}/logout`, { method: 'POST', headers: { 'x-csrf-token': csrfToken } });

  expect(answer.status).toBe(200);
  const redirectUrl = new URL(String(answer.json()['redirectUrl']));
  expect(redirectUrl.origin).toBe(world.providerUrl);
  expect(redirectUrl.searchParams.get('post_logout_redirect_uri')).toBe(`${world.url}/`);
  expect(browser.cookies.has('campanella_session')).toBe(false);
  const refused = await send(api(), { headers: { cookie } });
  expect([refused.status, refused.json()['kind']]).toEqual([401, 'signed_out']);
  expect(world.upstream.received).toEqual([]);
});

test('the session cookie is out of reach of scripts and of other sites', async () => {
  const browser = openBrowser();
  const answer = await world.signIn(browser, 'aurora.esempio');
  const line = answer.headers['set-cookie']?.find((text) => text.startsWith('campanella_session='));
  expect(line).toMatch(/^campanella_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
});

test.each(['https://altrove.example', '//altrove.example', '/\\altrove.example', '/login/spid', 'javascript:alert(1)'])(
  'a sign-in that would end at %s does not begin',
  async (returnTo) => {
    const answer = await send(`${world.url}/login/spid?return=${encodeURIComponent(returnTo)}`);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
  },
);

test('a return path planted in the cookie leads home at the most', async () => {
  const browser = openBrowser();
  const callback = await world.atProvider(browser, await world.begin(browser), 'aurora.esempio');
  const [state] = (browser.cookies.get('campanella_sign_in') ?? '').split('.');
  browser.cookies.set('campanella_sign_in', `${state}.${Buffer.from('//altrove.example').toString('base64url')}`);
  expect((await browser.ask(callback)).location).toBe('/');
});

test('an unknown provider is a page not found', async () => {
  expect((await send(`${world.url}/login/nessuno`)).status).toBe(404);
});
