import { Role, SignInMethodKind } from '@campanella/proto/identity/v1/identity';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openBrowser, send } from './browser.ts';
import { comeBack, type Gateway, type Gateways, signedIn, startGateways } from './gateways.ts';

let world: Gateways;
let gateway: Gateway;

beforeAll(async () => {
  world = await startGateways();
  gateway = await world.start();
}, 60_000);
afterAll(async () => world.close());
beforeEach(() => {
  world.identity.isAway = false;
  world.identity.calls.length = 0;
});

test('a page learns how people sign in, in identity’s order, without a session; identity is asked once a minute', async () => {
  const own = await world.start();
  world.identity.methods = [
    {
      key: 'spid',
      kind: SignInMethodKind.SPID,
      label: 'Entra con SPID',
      providers: [{ issuer: 'https://alfa.example', name: 'Alfa' }],
    },
    { key: 'cie', kind: SignInMethodKind.CIE, label: 'Entra con CIE', providers: [] },
    { key: 'regione', kind: SignInMethodKind.OPENID, label: 'Entra con il portale regionale', providers: [] },
    { key: 'cns', kind: SignInMethodKind.CERTIFICATE, label: 'Entra con CNS', providers: [] },
    { key: '', kind: SignInMethodKind.COMPANY, label: 'Entra con LOGIN', providers: [] },
    { key: 'nuovo', kind: SignInMethodKind.UNSPECIFIED, label: 'Di domani', providers: [] },
  ];
  const answers = await Promise.all([1, 2, 3].map(() => send(`${own.url}/api/sign-in-methods`)));
  for (const answer of answers) {
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(answer.json()).toEqual({
      methods: [
        {
          key: 'spid',
          kind: 'spid',
          label: 'Entra con SPID',
          providers: [{ issuer: 'https://alfa.example', name: 'Alfa' }],
        },
        { key: 'cie', kind: 'cie', label: 'Entra con CIE', providers: [] },
        { key: 'regione', kind: 'openid', label: 'Entra con il portale regionale', providers: [] },
        { key: 'cns', kind: 'certificate', label: 'Entra con CNS', providers: [] },
        { key: '', kind: 'company', label: 'Entra con LOGIN', providers: [] },
      ],
    });
  }
  world.identity.isAway = true;
  expect((await send(`${own.url}/api/sign-in-methods`)).status).toBe(200);
  expect(world.identity.callsOf('listSignInMethods')).toEqual([{ municipalityId: 1 }]);
});

test('while identity is away and never said how people sign in, a page is told so', async () => {
  world.identity.isAway = true;
  const own = await world.start();
  const answer = await send(`${own.url}/api/sign-in-methods`);
  expect([answer.status, answer.json()['kind']]).toEqual([503, 'service_away']);
});

test('the chosen provider and the browser’s address reach identity', async () => {
  const idp = 'https://alfa.example/oidc?x=1';
  const answer = await send(`${gateway.url}/login/spid?idp=${encodeURIComponent(idp)}&return=/refezione`);
  expect([answer.status, answer.location]).toEqual([303, 'http://provider.invalid/authorize']);
  expect(world.identity.callsOf('beginSignIn')).toEqual([
    {
      municipalityId: 1,
      provider: 'spid',
      issuer: idp,
      redirectUri: `${gateway.url}/login/callback`,
      sourceAddress: '127.0.0.1',
    },
  ]);
  await comeBack(gateway.url, openBrowser(), 'ok');
  expect(world.identity.callsOf('completeSignIn')).toMatchObject([{ sourceAddress: '127.0.0.1' }]);
});

test('the browser’s address is the one that the trusted proxy saw, never one that the browser claims', async () => {
  const behindProxy = await world.start({ TRUSTED_PROXY_HOPS: '1' });
  const forwarded = { 'x-forwarded-for': '198.51.100.7, ::ffff:203.0.113.9' };
  await send(`${gateway.url}/login/spid`, { headers: forwarded });
  await send(`${behindProxy.url}/login/spid`, { headers: forwarded });
  await send(`${behindProxy.url}/login/spid`, { headers: { 'x-forwarded-for': 'no address' } });
  const addresses = world.identity.callsOf('beginSignIn').map((request) => Reflect.get(request, 'sourceAddress'));
  expect(addresses).toEqual(['127.0.0.1', '203.0.113.9', '']);
});

test.each([
  ['method', '/login/nessuno'],
  ['provider', '/login/spid?idp=https%3A%2F%2Fsconosciuto.example'],
])('an unknown %s is not found', async (_what, path) => {
  expect((await send(`${gateway.url}${path}`)).status).toBe(404);
});

test.each([
  ['/login/SPID'],
  ['/login/spid%00'],
  ['/login/spid?idp=javascript:alert(1)'],
  ['/login/spid?idp=https%3A%2F%2Fa.example&idp=https%3A%2F%2Fb.example'],
  [`/login/spid?idp=https%3A%2F%2F${'a'.repeat(600)}.example`],
])('what cannot be a method or a provider never reaches identity: %s', async (path) => {
  expect((await send(`${gateway.url}${path}`)).status).toBeGreaterThanOrEqual(400);
  expect(world.identity.calls).toEqual([]);
});

test.each([
  ['CANCELLED', 'errore=cancelled'],
  ['CANCELLED:nr25', 'errore=cancelled&codice=nr25'],
  ['EXPIRED', 'errore=expired'],
  ['PROVIDER_ERROR:nr19', 'errore=provider_error&codice=nr19'],
  ['PROVIDER_ERROR:level_too_low', 'errore=provider_error&codice=level_too_low'],
  ['PROVIDER_ERROR:nr99', 'errore=provider_error'],
  ['PROVIDER_ERROR:server_error <script>', 'errore=provider_error'],
  ['PROVIDER_AWAY', 'errore=provider_away'],
  ['NO_CODICE_FISCALE', 'errore=no_codice_fiscale'],
  ['LEGAL_PERSON', 'errore=legal_person'],
  ...['untrusted', 'revoked', 'expired', 'not_for_sign_in', 'no_certificate'].map((code) => [
    `CERTIFICATE_REFUSED:${code}`,
    `errore=certificate_refused&codice=${code}`,
  ]),
  ['of a newer identity', 'errore=provider_error'],
])('the failure %s leads to its own page and to no session', async (code, query) => {
  const browser = openBrowser();
  const answer = await comeBack(gateway.url, browser, code, '/refezione');
  expect([answer.status, answer.location]).toEqual([303, `/accedi?${query}&return=%2Frefezione`]);
  expect(browser.cookies.has('campanella_session')).toBe(false);
});

test('a HEAD neither begins a sign-in nor uses one up', async () => {
  const browser = openBrowser();
  await browser.ask(`${gateway.url}/login/spid`);
  const [state] = (browser.cookies.get('campanella_sign_in') ?? '').split('.');
  const callback = `${gateway.url}/login/callback?state=${state}&code=ok`;
  for (const url of [`${gateway.url}/login/spid`, callback]) {
    const answer = await browser.ask(url, { method: 'HEAD' });
    expect([answer.status, answer.headers['allow'], answer.headers['set-cookie']]).toEqual([405, 'GET', undefined]);
  }
  expect(world.identity.callsOf('completeSignIn')).toEqual([]);
  expect((await browser.ask(callback)).location).toBe('/');
});

test('while identity is away a sign-in ends on the page that says so', async () => {
  const browser = openBrowser();
  await browser.ask(`${gateway.url}/login/spid`);
  const [state] = (browser.cookies.get('campanella_sign_in') ?? '').split('.');
  world.identity.isAway = true;
  expect((await browser.ask(`${gateway.url}/login/callback?state=${state}&code=ok`)).location).toBe(
    '/accedi?errore=unavailable',
  );
  expect((await send(`${gateway.url}/login/spid`)).location).toBe('/accedi?errore=unavailable');
  expect(browser.cookies.has('campanella_session')).toBe(false);
});

test.each([
  [Role.UNSPECIFIED, 'guardian'],
  [Role.GUARDIAN, 'guardian'],
  [Role.OFFICE, 'office'],
  [Role.SCHOOL, 'school'],
  [Role.SRE, 'sre'],
])('a page is told the role %s as %s', async (role, told) => {
  world.identity.role = role;
  const { browser } = await signedIn(gateway.url);
  expect((await browser.ask(`${gateway.url}/api/session`)).json()).toMatchObject({ signedIn: true, role: told });
});
