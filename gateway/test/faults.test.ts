import { eventually, freePort } from '@campanella/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openBrowser, send } from './browser.ts';
import { sendJson } from './upstream.ts';
import { signedInBrowser, startWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ UPSTREAM_READ_WITHIN_MS: '300' });
}, 60_000);
afterAll(async () => world.close());
beforeEach(() => {
  world.upstream.received.length = 0;
  world.upstream.answer = sendJson;
  world.anagrafica.isAway = false;
});

const api = () => `${world.url}/api/ledger/balances`;

test('a service that hangs is answered for in Italian, in time, without its address', async () => {
  const { browser } = await signedInBrowser(world);
  world.upstream.answer = () => undefined;
  const answer = await browser.ask(api());
  expect([answer.status, answer.json()]).toMatchObject([
    503,
    { kind: 'service_away', title: expect.stringContaining('Servizio') },
  ]);
  expect(answer.headers['retry-after']).toBeDefined();
  expect(answer.text).not.toContain('127.0.0.1');
});

test('a service that breaks off before it answers is answered for', async () => {
  const { browser } = await signedInBrowser(world);
  world.upstream.answer = (response) => response.socket?.destroy();
  expect((await browser.ask(api())).status).toBe(503);
});

test('a service that breaks off in the middle gives a broken answer, never a complete wrong one', async () => {
  const { browser } = await signedInBrowser(world);
  world.upstream.answer = (response) => {
    response.setHeader('content-length', '1000');
    response.write('{"balanceCents":1');
    setImmediate(() => response.socket?.destroy());
  };
  await expect(browser.ask(api())).rejects.toThrow();
});

test('while anagrafica is away a signed-in parent keeps the token, and nobody else gets one', async () => {
  const { browser } = await signedInBrowser(world);
  await browser.ask(api());
  world.anagrafica.isAway = true;
  expect((await browser.ask(api())).status).toBe(200);
  expect((await browser.ask(`${world.url}/api/session`)).json()).toMatchObject({ signedIn: true, hasPupils: true });

  const late = openBrowser();
  expect((await world.signIn(late, 'lampo.difantasia')).status).toBe(303);
  world.upstream.received.length = 0;
  const refused = await late.ask(api());
  expect([refused.status, refused.json()['kind']]).toEqual([503, 'service_away']);
  expect(world.upstream.received).toEqual([]);

  world.anagrafica.isAway = false;
  expect((await late.ask(api())).status).toBe(200);
});

test('while Redis is away nobody is let in or signed out; pages are served; afterwards sessions are as they were', async () => {
  const { browser } = await signedInBrowser(world);
  await world.redis.kill();

  const data = await eventually(
    async () => {
      const answer = await browser.ask(api());
      expect(answer.status).toBe(503);
      return answer;
    },
    { withinMs: 5_000 },
  );
  expect(data.json()['kind']).toBe('sessions_away');
  expect((await browser.ask(`${world.url}/api/session`)).status).toBe(503);
  const signIn = await send(`${world.url}/login/spid`);
  expect([signIn.status, signIn.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
  expect(signIn.text).toContain('Riprova tra qualche minuto');
  expect((await send(`${world.url}/`)).status).toBe(200);
  expect(browser.cookies.has('campanella_session')).toBe(true);

  await world.redis.restart();
  await eventually(async () => (await send(`${world.url}/login/nessuno`)).status === 404, {
    withinMs: 10_000,
  });
  const again = await signedInBrowser(world);
  expect((await again.browser.ask(api())).status).toBe(200);
}, 30_000);

test('an address that asks too often to sign in is told to wait', async () => {
  const limited = await startWorld({ SIGN_IN_LIMIT: '3' });
  try {
    const statuses: number[] = [];
    for (const _ of [1, 2, 3, 4]) statuses.push((await send(`${limited.url}/login/spid`)).status);
    expect(statuses).toEqual([303, 303, 303, 429]);
    expect((await send(`${limited.url}/api/session`)).status).toBe(200);
  } finally {
    await limited.close();
  }
}, 60_000);

test('a provider that goes away in the middle is said to be away, and the next sign-in starts anew', async () => {
  const own = await startWorld();
  try {
    const browser = openBrowser();
    const callback = await own.atProvider(browser, await own.begin(browser), 'aurora.esempio');
    await own.provider.kill('SIGKILL');
    expect((await browser.ask(callback)).location).toBe('/accedi?errore=provider_away&return=%2Fconto-corrente');
    expect((await browser.ask(callback)).location).toBe('/accedi?errore=expired');
  } finally {
    await own.close();
  }
}, 60_000);

test('a service that is not there at all is answered for', async () => {
  const own = await startWorld({ LEDGER_HTTP_URL: `http://127.0.0.1:${await freePort()}` });
  try {
    const signedIn = await signedInBrowser(own);
    expect((await signedIn.browser.ask(`${own.url}/api/ledger/balances`)).status).toBe(503);
    expect((await signedIn.browser.ask(`${own.url}/api/anagrafica/pupils`)).status).toBe(200);
  } finally {
    await own.close();
  }
}, 60_000);

test('while identity is down the sign-in says so, and comes back with it', async () => {
  const { browser } = await signedInBrowser(world);
  await world.identity.kill('SIGKILL');
  expect((await openBrowser().ask(`${world.url}/login/spid?return=/conto-corrente`)).location).toBe(
    '/accedi?errore=unavailable&return=%2Fconto-corrente',
  );
  expect((await browser.ask(api())).status).toBe(200);
}, 30_000);
