import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { SESSION_IDLE_MS, SESSION_LONGEST_MS } from '../src/domain/session.ts';
import { openBrowser, send } from './browser.ts';
import { comeBack, type Gateway, type Gateways, signedIn, startGateways } from './gateways.ts';
import { PERSON } from './identity-contract.ts';

let world: Gateways;
let gateway: Gateway;
let other: Gateway;

beforeAll(async () => {
  world = await startGateways();
  [gateway, other] = [await world.start(), await world.start()];
}, 60_000);
afterAll(async () => world.close());
beforeEach(() => {
  world.identity.isAway = false;
  world.identity.personId = PERSON;
  world.identity.calls.length = 0;
});

const everywhere = (csrfToken: string, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { origin: gateway.url, 'x-csrf-token': csrfToken, ...headers },
});
const statusOf = async (url: string, cookie: string) =>
  (await send(`${url}/api/ledger/balances`, { headers: { cookie } })).status;
const isRemoved = (lines: string[] | undefined) =>
  (lines ?? []).some((line) => /^campanella_session=; .*Max-Age=0/.test(line));

test('signing out everywhere ends every session of the person on every gateway at once, and the sign-ins at the providers', async () => {
  const here = await signedIn(gateway.url);
  const devices = [await signedIn(gateway.url), await signedIn(other.url), await signedIn(other.url)];
  world.identity.personId = '01938f00-0000-7000-8000-0000000000cc';
  const somebody = await signedIn(other.url);

  const answer = await here.browser.ask(`${gateway.url}/logout/everywhere`, everywhere(here.csrfToken));

  expect([answer.status, answer.json()]).toEqual([200, { redirectUrl: 'http://provider.invalid/leave' }]);
  expect(here.browser.cookies.has('campanella_session')).toBe(false);
  for (const { cookie } of [here, ...devices]) {
    for (const { url } of [gateway, other]) expect(await statusOf(url, cookie)).toBe(401);
  }
  expect(await statusOf(other.url, somebody.cookie)).toBe(200);
  expect(world.identity.callsOf('endAllSignIns')).toEqual([{ municipalityId: 1, personId: PERSON }]);
  expect(world.identity.callsOf('endSignIn')).toMatchObject([{ postLogoutRedirectUri: `${gateway.url}/` }]);
});

test('who signed out everywhere signs in again, and the sessions of before stay ended', async () => {
  const before = await signedIn(other.url);
  const { browser, csrfToken } = await signedIn(gateway.url);
  await browser.ask(`${gateway.url}/logout/everywhere`, everywhere(csrfToken));
  await comeBack(gateway.url, browser, 'ok');
  expect((await browser.ask(`${gateway.url}/api/session`)).json()).toMatchObject({ signedIn: true });
  expect(await statusOf(gateway.url, before.cookie)).toBe(401);
});

test('while identity is away the sessions end all the same', async () => {
  const device = await signedIn(other.url);
  const { browser, csrfToken, cookie } = await signedIn(gateway.url);
  world.identity.isAway = true;
  const answer = await browser.ask(`${gateway.url}/logout/everywhere`, everywhere(csrfToken));
  expect([answer.status, answer.json()]).toEqual([200, { redirectUrl: '/' }]);
  for (const one of [device.cookie, cookie]) expect(await statusOf(other.url, one)).toBe(401);
});

test('signing out everywhere needs the session, its CSRF token and our own origin', async () => {
  const { browser, csrfToken, cookie } = await signedIn(gateway.url);
  const url = `${gateway.url}/logout/everywhere`;
  const answers = [
    await send(url, everywhere(csrfToken)),
    await browser.ask(url, everywhere('A'.repeat(43))),
    await browser.ask(url, everywhere(csrfToken, { origin: 'https://altrove.example' })),
    await browser.ask(url, { headers: { 'x-csrf-token': csrfToken } }),
  ];
  expect(answers.slice(0, 3).map((answer) => [answer.status, answer.json()['kind']])).toEqual([
    [401, 'signed_out'],
    [403, 'csrf_token'],
    [403, 'cross_site'],
  ]);
  expect(await statusOf(gateway.url, cookie)).toBe(200);
  expect(world.identity.callsOf('endAllSignIns')).toEqual([]);
});

test('signing out ends this session on every gateway at once, and no other device’s', async () => {
  const device = await signedIn(other.url);
  const { browser, csrfToken, cookie } = await signedIn(gateway.url);
  const answer = await browser.ask(`${gateway.url}/logout`, everywhere(csrfToken));
  expect([answer.status, isRemoved(answer.headers['set-cookie'])]).toEqual([200, true]);
  for (const { url } of [gateway, other]) expect(await statusOf(url, cookie)).toBe(401);
  expect(await statusOf(gateway.url, device.cookie)).toBe(200);
  expect(world.identity.callsOf('endAllSignIns')).toEqual([]);
});

/** Lets time pass for every session that there is: what was to happen in so many milliseconds happens now. */
async function passTime(change: (redis: Redis, key: string) => Promise<unknown>): Promise<void> {
  const redis = new Redis(world.redis.url);
  try {
    const keys = await redis.keys('gateway:session:*');
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) await change(redis, key);
  } finally {
    redis.disconnect();
  }
}

test('a session unused for half an hour is over: 401, and its cookie is taken away', async () => {
  const { cookie } = await signedIn(gateway.url);
  await passTime(async (redis, key) => {
    expect(await redis.pttl(key)).toBeGreaterThan(SESSION_IDLE_MS - 60_000);
    await redis.pexpire(key, (await redis.pttl(key)) - SESSION_IDLE_MS);
  });
  const answer = await send(`${gateway.url}/api/ledger/balances`, { headers: { cookie } });
  expect([answer.status, isRemoved(answer.headers['set-cookie'])]).toEqual([401, true]);
});

test('a session in use is over 8 hours after the sign-in: 401, and the page was told when', async () => {
  const { browser, cookie } = await signedIn(gateway.url);
  const shorten = (ms: number) =>
    passTime(async (redis, key) => {
      const session = JSON.parse((await redis.get(key)) ?? '{}');
      await redis.set(key, JSON.stringify({ ...session, endsAtMs: session.endsAtMs - ms }), 'KEEPTTL');
    });
  await shorten(SESSION_LONGEST_MS - 600_000);
  const { expiresAt } = (await browser.ask(`${gateway.url}/api/session`)).json();
  expect(Date.parse(String(expiresAt)) - Date.now()).toBeLessThanOrEqual(600_000);
  expect(await statusOf(gateway.url, cookie)).toBe(200);
  await shorten(600_000);
  expect(await statusOf(gateway.url, cookie)).toBe(401);
});

test.each([
  ['of a session that ended', () => 'A'.repeat(43)],
  ['that is garbage', () => '../../etc/passwd'],
  ['that is empty', () => ''],
  ['that is very long', () => 'A'.repeat(4_000)],
])('a cookie %s is refused and taken from the browser', async (_what, value) => {
  const headers = { cookie: `other=1; campanella_session=${value()}` };
  const refused = await send(`${gateway.url}/api/ledger/balances`, { headers });
  expect([refused.status, refused.json()['kind']]).toEqual([401, 'signed_out']);
  expect(isRemoved(refused.headers['set-cookie'])).toBe(true);
  const session = await send(`${gateway.url}/api/session`, { headers });
  expect([session.status, session.json()['signedIn'], isRemoved(session.headers['set-cookie'])]).toEqual([
    200,
    false,
    true,
  ]);
});

test('two session cookies of which one was planted are none, and are taken from the browser', async () => {
  const { cookie } = await signedIn(gateway.url);
  const headers = { cookie: `campanella_session=${'A'.repeat(43)}; ${cookie}` };
  const answer = await send(`${gateway.url}/api/ledger/balances`, { headers });
  expect([answer.status, isRemoved(answer.headers['set-cookie'])]).toEqual([401, true]);
});

test('a browser without a cookie, or with a good one, is given none back', async () => {
  const { cookie } = await signedIn(gateway.url);
  expect((await send(`${gateway.url}/api/session`)).headers['set-cookie']).toBeUndefined();
  expect((await send(`${gateway.url}/api/session`, { headers: { cookie } })).headers['set-cookie']).toBeUndefined();
});

test('a session id that somebody planted before the sign-in opens nothing after it', async () => {
  const planted = 'A'.repeat(43);
  const browser = openBrowser();
  browser.cookies.set('campanella_session', planted);
  await comeBack(gateway.url, browser, 'ok');
  const own = browser.cookies.get('campanella_session') ?? '';
  expect(own).toMatch(/^[\w-]{43}$/);
  expect(own).not.toBe(planted);
  expect(await statusOf(gateway.url, `campanella_session=${planted}`)).toBe(401);
  expect(await statusOf(gateway.url, `campanella_session=${own}`)).toBe(200);
});

test('an attacker’s own session, planted in a browser, does not become that of who signs in there', async () => {
  const attacker = await signedIn(gateway.url);
  world.identity.personId = '01938f00-0000-7000-8000-0000000000dd';
  const victim = openBrowser();
  victim.cookies.set('campanella_session', attacker.cookie.split('=')[1] ?? '');
  await comeBack(gateway.url, victim, 'ok');
  expect(await statusOf(gateway.url, attacker.cookie)).toBe(401);
  expect((await victim.ask(`${gateway.url}/api/session`)).json()).toMatchObject({ signedIn: true });
});

test('a session of one municipality is none at another, on the same gateway', async () => {
  const towns = await world.start({ MUNICIPALITY_HOSTS: JSON.stringify({ '127.0.0.1:1': 1, '127.0.0.1:2': 2 }) });
  const { cookie } = await signedIn(gateway.url);
  const at = (host: string) => send(`${towns.url}/api/ledger/balances`, { headers: { cookie, host } });
  expect((await at('127.0.0.1:1')).status).toBe(200);
  const answer = await at('127.0.0.1:2');
  expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
  expect((await at('127.0.0.1:1')).status).toBe(200);
});

test('over https both cookies are bound to the host, the scheme and all paths, out of reach of scripts and other sites', async () => {
  const host = 'servizi.vallefinta.example';
  const behindTls = await world.start({ PUBLIC_SCHEME: 'https', MUNICIPALITY_HOSTS: JSON.stringify({ [host]: 1 }) });
  const begun = await send(`${behindTls.url}/login/spid`, { headers: { host } });
  const [signIn = ''] = begun.headers['set-cookie'] ?? [];
  expect(signIn).toMatch(/^__Host-campanella_sign_in=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$/);
  const [cookie = ''] = signIn.split(';');
  const state = cookie.slice(cookie.indexOf('=') + 1).split('.')[0];
  const back = await send(`${behindTls.url}/login/callback?state=${state}&code=ok`, { headers: { host, cookie } });
  expect(back.headers['set-cookie']?.at(-1)).toMatch(
    /^__Host-campanella_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
  );
  const plain = `campanella_session=${/session=([\w-]+)/.exec(back.headers['set-cookie']?.at(-1) ?? '')?.[1]}`;
  const answer = await send(`${behindTls.url}/api/ledger/balances`, { headers: { host, cookie: plain } });
  expect(answer.status).toBe(401);
});

test('while Redis is away nobody is signed out: not here, not everywhere', async () => {
  const { browser, csrfToken } = await signedIn(gateway.url);
  await world.redis.kill();
  try {
    for (const path of ['/logout', '/logout/everywhere']) {
      const answer = await browser.ask(`${gateway.url}${path}`, everywhere(csrfToken));
      expect([answer.status, answer.json()['kind'], answer.headers['set-cookie']]).toEqual([
        503,
        'sessions_away',
        undefined,
      ]);
    }
    expect(world.identity.callsOf('endAllSignIns')).toEqual([]);
  } finally {
    await world.redis.restart();
  }
});
