import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { PresentCertificateRequest } from '@campanella/proto/identity/v1/identity';
import { type Authority, eventually, freePort, type IssuedCertificate, makeAuthority } from '@campanella/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openBrowser, send } from './browser.ts';
import { type ListenerFiles, showCard, writeListenerFiles } from './cards.ts';
import { type Gateway, type Gateways, signedIn, startGateways } from './gateways.ts';

const PATH = '/login/cns/1?state=state1';

let world: Gateways;
let gateway: Gateway;
let port: number;
let authority: Authority;
let second: Authority;
let card: IssuedCertificate;
let files: ListenerFiles;

/** Revokes cards of the first authority, and waits until the listener knows. */
async function replaceLists(text: string, known: () => Promise<boolean>): Promise<void> {
  await files.replace('crl.pem', text);
  await eventually(known, { withinMs: 15_000 });
}

beforeAll(async () => {
  [world, authority, second] = await Promise.all([
    startGateways(),
    makeAuthority('Autorita delle carte'),
    makeAuthority('Altra autorita accettata'),
  ]);
  card = await authority.issue();
  const lists = `${await second.revoke([])}${await authority.revoke([])}`;
  files = await writeListenerFiles(`${authority.pem}${second.pem}`, lists);
  port = await freePort();
  gateway = await world.start({ CNS_PORT: `${port}`, ...files.environment });
}, 60_000);
afterAll(async () => {
  await world.close();
  await files.close();
});
beforeEach(() => {
  world.identity.isAway = false;
  world.identity.calls.length = 0;
  world.identity.presented = ({ state }) => `${gateway.url}/login/callback?state=${state}&code=ok`;
});

const presented = () => world.identity.callsOf('presentCertificate') as PresentCertificateRequest[];
/** Shows a card for a sign-in of its own. @returns what identity is told */
const toldOf = async (shown: IssuedCertificate | undefined) => {
  const state = randomUUID();
  const answer = await showCard(files, port, `/login/cns/1?state=${state}`, { card: shown });
  expect(answer.status).toBe(303);
  const told = presented().find((request) => request.state === state);
  return { tlsError: told?.tlsError, certificateDer: told?.certificateDer };
};
const tlsErrorOf = async (shown: IssuedCertificate | undefined) => (await toldOf(shown)).tlsError;

test('the certificate of a valid card reaches identity, and the browser goes where identity says', async () => {
  const answer = await showCard(files, port, PATH, { card });
  expect([answer.status, answer.location]).toEqual([303, `${gateway.url}/login/callback?state=state1&code=ok`]);
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', connection: 'close' });
  expect(presented()).toEqual([
    { municipalityId: 1, state: 'state1', certificateDer: card.der, tlsError: '', sourceAddress: '127.0.0.1' },
  ]);
});

test('a card of every accepted authority is accepted, each by its own list', async () => {
  const other = await second.issue();
  expect(await toldOf(other)).toEqual({ tlsError: '', certificateDer: other.der });
});

test.each<[string, string, () => Promise<IssuedCertificate>]>([
  ['of another authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', async () => (await makeAuthority('Altrove')).issue()],
  ['that has expired', 'CERT_HAS_EXPIRED', () => authority.issue({ validFromDays: -60, validDays: -1 })],
  ['that is not valid yet', 'CERT_NOT_YET_VALID', () => authority.issue({ validFromDays: 1 })],
  ['that is not for people', 'INVALID_PURPOSE', () => authority.issue({ usage: 'serverAuth' })],
])('a card %s gets a page, and identity is told why it was not accepted', async (_which, tlsError, make) => {
  const shown = await make();
  expect(await toldOf(shown)).toEqual({ tlsError, certificateDer: shown.der });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a card that somebody else signed in the name of our authority is never shown to identity as a good one, with %s',
  async (version) => {
    const forged = await (await makeAuthority('Autorita delle carte')).issue();
    // OpenSSL's complaint about the signature may end the connection before the page.
    const { status } = await showCard(files, port, PATH, { card: forged, version }).catch(() => ({ status: 0 }));
    await tlsErrorOf(undefined);
    expect([0, 303, 400]).toContain(status);
    const shown = presented().filter(({ certificateDer }) => certificateDer.equals(forged.der));
    expect(shown.filter(({ tlsError }) => tlsError !== 'CERT_SIGNATURE_FAILURE')).toEqual([]);
  },
);

test('a browser without a card gets a page, and identity is told that there was none', async () => {
  expect(await toldOf(undefined)).toEqual({ tlsError: expect.stringMatching(/./), certificateDer: Buffer.alloc(0) });
});

test('a card that is revoked while the gateway runs is refused, without a restart, also by who could resume', async () => {
  const lost = await authority.issue();
  const before = await showCard(files, port, PATH, { card: lost, version: 'TLSv1.2' });
  expect(presented().at(-1)?.tlsError).toBe('');
  const others = await second.revoke([]);
  await replaceLists(`${others}${await authority.revoke([lost])}`, async () => (await tlsErrorOf(lost)) !== '');
  expect(await tlsErrorOf(lost)).toBe('CERT_REVOKED');
  expect(await tlsErrorOf(card)).toBe('');
  world.identity.calls.length = 0;
  await showCard(files, port, PATH, { card: lost, session: before.session, version: 'TLSv1.2' });
  expect(presented().map(({ tlsError }) => tlsError)).toEqual(['CERT_REVOKED']);

  // A torn file, or one that holds no list at all, does not bring the card back.
  const torn = (await authority.revoke([])).slice(0, -30);
  for (const text of [torn, '', 'not PEM']) {
    const seen = gateway.output().split('cannot be used').length;
    await files.replace('crl.pem', text);
    await eventually(() => gateway.output().split('cannot be used').length > seen, { withinMs: 15_000 });
    expect(await tlsErrorOf(lost)).toBe('CERT_REVOKED');
  }
  await replaceLists(`${others}${await authority.revoke([])}`, async () => (await tlsErrorOf(lost)) === '');
}, 60_000);

test('a list whose next update is over, or that is missing, refuses the cards of its authority and no others', async () => {
  const others = await second.revoke([]);
  const neighbour = await second.issue();
  const stale = await authority.revoke([], -1);
  await replaceLists(`${others}${stale}`, async () => (await tlsErrorOf(card)) === 'CRL_HAS_EXPIRED');
  expect(await tlsErrorOf(neighbour)).toBe('');
  await replaceLists(others, async () => (await tlsErrorOf(card)) === 'UNABLE_TO_GET_CRL');
  expect(await tlsErrorOf(neighbour)).toBe('');
  await replaceLists(`${others}${await authority.revoke([])}`, async () => (await tlsErrorOf(card)) === '');
}, 60_000);

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a %s session is never resumed: every request shows its card',
  async (version) => {
    const first = await showCard(files, port, PATH, { card, version });
    const again = await showCard(files, port, PATH, { card, version, session: first.session });
    const without = await showCard(files, port, PATH, { version, session: first.session });
    expect([again.isResumed, without.isResumed]).toEqual([false, false]);
    expect(presented().map(({ certificateDer }) => certificateDer.length > 0)).toEqual([true, true, false]);
  },
);

test('old TLS is refused', async () => {
  await expect(showCard(files, port, PATH, { card, version: 'TLSv1.1' })).rejects.toThrow();
  expect(presented()).toEqual([]);
});

const FORGED = {
  'x-client-cert': 'MIIB',
  'x-client-certificate': 'MIIB',
  'x-ssl-client-cert': 'MIIB',
  'x-ssl-client-verify': 'SUCCESS',
  'x-ssl-client-s-dn': 'CN=SMPRRA86C54H501M/6090000000000001.abc',
  'ssl-client-cert': 'MIIB',
  'x-forwarded-client-cert': 'Hash=00;Subject="CN=SMPRRA86C54H501M"',
  'client-cert': ':MIIB:',
  'x-forwarded-for': '10.0.0.1',
};

test('no header carries a certificate: not to the card listener, not to the portal’s, not to a service', async () => {
  await showCard(files, port, PATH, { headers: FORGED });
  const stranger = await (await makeAuthority('Altrove')).issue();
  await showCard(files, port, PATH, { card: stranger, headers: FORGED });
  expect(presented()).toEqual([
    expect.objectContaining({ certificateDer: Buffer.alloc(0), sourceAddress: '127.0.0.1' }),
    expect.objectContaining({ certificateDer: stranger.der, tlsError: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }),
  ]);
  world.identity.calls.length = 0;
  for (const path of [PATH, '/login/cns', '/api/session']) await send(`${gateway.url}${path}`, { headers: FORGED });
  expect(presented()).toEqual([]);
  expect((await send(`${gateway.url}/api/session`, { headers: FORGED })).json()['signedIn']).toBe(false);

  const { cookie } = await signedIn(gateway.url);
  await send(`${gateway.url}/api/ledger/balances`, { headers: { ...FORGED, cookie } });
  const received = Object.keys(world.upstream.received.at(-1)?.headers ?? {});
  expect(received).toContain('authorization');
  for (const name of Object.keys(FORGED)) expect(received).not.toContain(name);
});

test.each([
  '/',
  '/index.html',
  '/api/session',
  '/login/callback?state=state1&code=ok',
  '/login/spid',
  '/login/cns',
  '/login/cns/1',
  '/login/cns/1?state=',
  '/login/cns/1?state=state1&state=state2',
  '/login/cns/1?state=state1&certificate=x',
  '/login/cns/1/?state=state1',
  '/LOGIN/CNS/1?state=state1',
  '/login/cns/01?state=state1',
  '/login/cns/2?state=state1',
  '/login/cns/1%20?state=state1',
  '/login/cns/../cns/1?state=state1',
  `/login/cns/1?state=${'a'.repeat(300)}`,
  '/metrics',
])('the card listener serves one address and not %s', async (path) => {
  const answer = await showCard(files, port, path, { card });
  expect(answer.status).toBe(404);
  if (!path.startsWith('/api/')) expect(answer.text).toContain(`href="${gateway.url}/"`);
  expect(world.identity.calls).toEqual([]);
});

test.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])('the card listener refuses %s', async (method) => {
  const answer = await showCard(files, port, PATH, { card, method });
  expect([answer.status, answer.headers.allow]).toEqual([405, 'GET']);
  expect(world.identity.calls).toEqual([]);
});

test('every answer of the card listener has the security headers', async () => {
  for (const path of [PATH, '/', '/login/cns/2?state=x']) {
    const { headers } = await showCard(files, port, path, { card });
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers['set-cookie']).toBeUndefined();
  }
});

test('a card signs in the browser that began, and no other one', async () => {
  const browser = openBrowser();
  const other = openBrowser();
  await browser.ask(`${gateway.url}/login/cns?return=/refezione`);
  await other.ask(`${gateway.url}/login/cns`);
  const [state] = (browser.cookies.get('campanella_sign_in') ?? '').split('.');
  const { location } = await showCard(files, port, `/login/cns/1?state=${state}`, { card });
  expect((await other.ask(location)).location).toBe('/accedi?errore=expired');
  expect((await other.ask(`${gateway.url}/api/session`)).json()['signedIn']).toBe(false);
  expect((await browser.ask(location)).location).toBe('/refezione');
  expect((await browser.ask(`${gateway.url}/api/session`)).json()['signedIn']).toBe(true);
});

test('a sign-in that is over, and an identity that is away, lead to the page that says so', async () => {
  expect((await showCard(files, port, '/login/cns/1?state=unknown', { card })).location).toBe(
    `${gateway.url}/accedi?errore=expired`,
  );
  world.identity.isAway = true;
  expect((await showCard(files, port, PATH, { card })).location).toBe(`${gateway.url}/accedi?errore=unavailable`);
});

test.each(['https://altrove.example/login/callback?state=x', '//altrove.example', '/login/callback', 'javascript:0'])(
  'nobody with a card is sent to %s',
  async (redirectUrl) => {
    world.identity.presented = () => redirectUrl;
    const answer = await showCard(files, port, PATH, { card });
    expect([answer.status, answer.location]).toEqual([500, '']);
  },
);

test('an address that shows cards too often is told to wait', async () => {
  const own = await freePort();
  const REDIS_URL = `${world.redis.url}/1`;
  const MUNICIPALITY_HOSTS = JSON.stringify({ [gateway.host]: 1 });
  await world.start({ CNS_PORT: `${own}`, ...files.environment, SIGN_IN_LIMIT: '2', REDIS_URL, MUNICIPALITY_HOSTS });
  const statuses: number[] = [];
  for (const _ of [1, 2, 3]) statuses.push((await showCard(files, own, PATH, { card })).status);
  expect(statuses).toEqual([303, 303, 429]);
});

test('connections of one address at once are bounded, and those that ended do not count', async () => {
  const idle: Socket[] = [];
  const open = async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    idle.push(socket);
    return socket;
  };
  for (let index = 0; index < 32; index += 1) await open();
  const beyond = await open();
  await eventually(() => beyond.closed || beyond.readableEnded || beyond.destroyed, { withinMs: 5_000 });
  await expect(showCard(files, port, PATH, { card })).rejects.toThrow();
  for (const socket of idle) socket.destroy();
  await eventually(async () => (await showCard(files, port, PATH, { card })).status === 303, { withinMs: 5_000 });
  for (let index = 0; index < 40; index += 1) await showCard(files, port, PATH, { card });
});

test('a handshake that never begins does not hold up the stop', async () => {
  const own = await freePort();
  const stopping = await world.start({ CNS_PORT: `${own}`, ...files.environment });
  const socket = connect(own, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  await stopping.kill('SIGTERM');
  expect(await stopping.exited).toBe(0);
  socket.destroy();
});

test('a card listener without its files, or with files it cannot use, does not start', async () => {
  const { CNS_CRL_FILE, ...without } = files.environment;
  const own = `${await freePort()}`;
  await expect(world.start({ CNS_PORT: own, ...without })).rejects.toThrow(/CNS_CRL_FILE/);
  const noList = { CNS_CRL_FILE: files.environment['CNS_CA_FILE'] ?? '' };
  await expect(world.start({ CNS_PORT: own, ...files.environment, ...noList })).rejects.toThrow(/no whole X509 CRL/);
  const noKey = { CNS_TLS_KEY_FILE: files.environment['CNS_CA_FILE'] ?? '' };
  await expect(world.start({ CNS_PORT: own, ...files.environment, ...noKey })).rejects.toThrow();
  expect(CNS_CRL_FILE).toBeDefined();
});

test('no codice fiscale of a card is in the log', async () => {
  await showCard(files, port, PATH, { card });
  world.identity.isAway = true;
  await showCard(files, port, PATH, { card });
  expect(gateway.output()).not.toMatch(/SMPRRA|BEGIN CERT|state1/);
});

test('while Redis is away no card is taken', async () => {
  await world.redis.kill();
  try {
    const answer = await showCard(files, port, PATH, { card });
    expect([answer.status, answer.location]).toEqual([503, '']);
    expect(world.identity.calls).toEqual([]);
  } finally {
    await world.redis.restart();
  }
});
