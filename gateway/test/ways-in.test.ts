import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Authority, freePort, type IssuedCertificate, makeAuthority } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { AURORA } from './anagrafica.ts';
import { type Browser, openBrowser, send } from './browser.ts';
import { type ListenerFiles, showCard, writeListenerFiles } from './cards.ts';
import { startWorld, type World } from './world.ts';

const COMPANIES = fileURLToPath(new URL('../../services/identity/src/companies.ts', import.meta.url));
const PARTITA_IVA = '12345670017';

let world: World;
let cnsPort: number;
let authority: Authority;
let stranger: Authority;
let revoked: IssuedCertificate;
let files: ListenerFiles;
let password: string;

beforeAll(async () => {
  [authority, stranger] = await Promise.all([makeAuthority('Autorita delle carte'), makeAuthority('Altrove')]);
  revoked = await authority.issue();
  files = await writeListenerFiles(authority.pem, await authority.revoke([revoked]));
  cnsPort = await freePort();
  world = await startWorld({ CNS_PORT: `${cnsPort}`, ...files.environment }, ({ url, providerUrl }) => ({
    provider: { RELYING_PARTIES: url },
    identity: {
      CNS_CA_FILE: files.environment['CNS_CA_FILE'] ?? '',
      RELYING_PARTIES: JSON.stringify([
        {
          municipalityIds: [1],
          clientId: url,
          organizationName: 'Comune di Vallefinta',
          homepageUri: url,
          policyUri: `${url}/privacy`,
          logoUri: `${url}/logo.svg`,
          contacts: ['protocollo@pec.vallefinta.example'],
          authorityHints: [`${providerUrl}/agid`, `${providerUrl}/interno`],
          ipaCode: 'c_vallefinta',
        },
      ]),
      SIGN_IN_PROVIDERS: JSON.stringify([
        { key: 'spid', kind: 'spid', trustAnchor: `${providerUrl}/agid` },
        { key: 'cie', kind: 'cie', trustAnchor: `${providerUrl}/interno` },
        { key: 'cns', kind: 'certificate', certificateUrl: `https://127.0.0.1:${cnsPort}` },
        { key: 'company', kind: 'company' },
      ]),
    },
  }));
  const add = ['add', '--municipality', '1', '--partita-iva', PARTITA_IVA, '--name', 'Cooperativa Esempio'];
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', COMPANIES, ...add], {
    env: { PATH: process.env['PATH'] ?? '', ...world.identityEnvironment },
  });
  password = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '{}').password;
}, 90_000);
afterAll(async () => {
  await world.close();
  await files.close();
});

const sessionOf = async (browser: Browser) => (await browser.ask(`${world.url}/api/session`)).json();

/** Signs in with a card, as a browser would. @returns where it ends */
async function signInWithCard(browser: Browser, card: IssuedCertificate | undefined): Promise<string> {
  const { location } = await browser.ask(`${world.url}/login/cns?return=/refezione`);
  const target = new URL(location);
  expect(target.origin).toBe(`https://127.0.0.1:${cnsPort}`);
  const shown = await showCard(files, cnsPort, `${target.pathname}${target.search}`, { card });
  return (await browser.ask(shown.location)).location;
}

test('the page learns every way in, in the order of the configuration', async () => {
  const { methods } = (await send(`${world.url}/api/sign-in-methods`)).json();
  expect(methods).toMatchObject([
    { key: 'spid', kind: 'spid', label: 'Entra con SPID' },
    { key: 'cie', kind: 'cie', label: 'Entra con CIE' },
    { key: 'cns', kind: 'certificate', label: 'Entra con CNS/CIE' },
    { kind: 'company', label: 'Entra con LOGIN' },
  ]);
});

test.each([
  ['SPID', 'spid', '/spid/alfa'],
  ['CIE', 'cie', '/cie'],
])('a parent signs in with %s, by federation', async (_name, method, provider) => {
  const browser = openBrowser();
  const idp = method === 'spid' ? `&idp=${encodeURIComponent(`${world.providerUrl}${provider}`)}` : '';
  const { location } = await browser.ask(`${world.url}/login/${method}?return=/refezione${idp}`);
  expect(location).toContain(`${world.providerUrl}${provider}/`);
  const callback = await world.atProvider(browser, location, 'aurora.esempio');
  expect((await browser.ask(callback)).location).toBe('/refezione');
  expect(await sessionOf(browser)).toMatchObject({ signedIn: true, hasPupils: true, role: 'guardian' });
});

test('a provider that is in no federation of ours is not found', async () => {
  const idp = encodeURIComponent('https://altrove.example');
  expect((await send(`${world.url}/login/spid?idp=${idp}`)).status).toBe(404);
});

test('a parent signs in with a card, and is the same person as with SPID', async () => {
  const browser = openBrowser();
  expect(await signInWithCard(browser, await authority.issue({ commonName: `${AURORA}/7400123400000001.x` }))).toBe(
    '/refezione',
  );
  expect(await sessionOf(browser)).toMatchObject({ signedIn: true, hasPupils: true, role: 'guardian' });
});

test.each<[string, () => Promise<IssuedCertificate | undefined>]>([
  ['revoked', async () => revoked],
  ['untrusted', () => stranger.issue()],
  ['expired', () => authority.issue({ validFromDays: -60, validDays: -1 })],
  ['not_for_sign_in', () => authority.issue({ usage: 'serverAuth' })],
  ['no_certificate', async () => undefined],
])('a card that is %s leads to its page and to no session', async (code, card) => {
  const browser = openBrowser();
  expect(await signInWithCard(browser, await card())).toBe(
    `/accedi?errore=certificate_refused&codice=${code}&return=%2Frefezione`,
  );
  expect(await sessionOf(browser)).toMatchObject({ signedIn: false });
});

test('a card is shown once for a sign-in, and its way back works once', async () => {
  const browser = openBrowser();
  const card = await authority.issue();
  const target = new URL((await browser.ask(`${world.url}/login/cns`)).location);
  const path = `${target.pathname}${target.search}`;
  const shown = await showCard(files, cnsPort, path, { card });
  expect((await showCard(files, cnsPort, path, { card })).location).toBe(`${world.url}/accedi?errore=expired`);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const answers = await Promise.all([1, 2, 3].map(() => send(shown.location, { headers: { cookie } })));
  expect(answers.filter(({ location }) => location === '/')).toHaveLength(1);
});

test('a company signs in with the password that the operator gave it, and with no other', async () => {
  const browser = openBrowser();
  const form = (partitaIva: string, typed: string) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: world.url },
    body: JSON.stringify({ partitaIva, password: typed, return: '/pagamenti' }),
  });
  const url = `${world.url}/login/company`;
  const answers = [
    await browser.ask(url, form(PARTITA_IVA, 'non è questa')),
    await browser.ask(url, form('07643520567', password)),
    await browser.ask(url, form(AURORA, password)),
  ];
  expect(answers.map((answer) => [answer.status, answer.json()['kind']])).toEqual([
    [401, 'wrong_credentials'],
    [401, 'wrong_credentials'],
    [422, 'natural_person'],
  ]);
  expect(browser.cookies.has('campanella_session')).toBe(false);
  const signedIn = await browser.ask(url, form(` IT ${PARTITA_IVA}`, password));
  expect([signedIn.status, signedIn.json()]).toEqual([200, { redirectUrl: '/pagamenti' }]);
  expect(await sessionOf(browser)).toMatchObject({ signedIn: true, displayName: 'Cooperativa Esempio' });
});

test('who leaves everywhere is out on every device, whatever way each signed in', async () => {
  const [phone, desk] = [openBrowser(), openBrowser()];
  await signInWithCard(phone, await authority.issue());
  const idp = encodeURIComponent(`${world.providerUrl}/spid/beta`);
  const { location } = await desk.ask(`${world.url}/login/spid?idp=${idp}`);
  await desk.ask(await world.atProvider(desk, location, 'aurora.esempio'));
  const { csrfToken } = await sessionOf(desk);
  const headers = { origin: world.url, 'x-csrf-token': String(csrfToken) };
  expect((await desk.ask(`${world.url}/logout/everywhere`, { method: 'POST', headers })).status).toBe(200);
  for (const browser of [phone, desk]) expect(await sessionOf(browser)).toMatchObject({ signedIn: false });
});

test('the federations read of the gateway’s host that it is a relying party, signed by itself', async () => {
  const answer = await send(`${world.url}/.well-known/openid-federation`);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/entity-statement+jwt']);
  const keys = createLocalJWKSet(decodeJwt(answer.text)['jwks'] as JSONWebKeySet);
  const { payload } = await jwtVerify(answer.text, keys, { issuer: world.url, subject: world.url });
  expect(payload).toMatchObject({
    authority_hints: [`${world.providerUrl}/agid`, `${world.providerUrl}/interno`],
    metadata: { openid_relying_party: { redirect_uris: [`${world.url}/login/callback`] } },
  });
  const query = new URLSearchParams({ sub: `${world.providerUrl}/spid/alfa`, anchor: `${world.providerUrl}/agid` });
  const resolved = await send(`${world.url}/resolve?${query}`);
  expect([resolved.status, resolved.headers['content-type']]).toEqual([200, 'application/resolve-response+jwt']);
  expect(decodeJwt(resolved.text)).toMatchObject({ iss: world.url, sub: `${world.providerUrl}/spid/alfa` });
  const unknown = await send(`${world.url}/resolve?sub=https%3A%2F%2Faltrove.example&anchor=x`);
  expect([unknown.status, unknown.json()['error']]).toEqual([404, 'not_found']);
});
