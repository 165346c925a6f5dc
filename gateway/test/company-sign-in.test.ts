import { CompanyRefusal } from '@campanella/proto/identity/v1/identity';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Answer, type Ask, openBrowser, send } from './browser.ts';
import { type Gateway, type Gateways, signedIn, startGateways } from './gateways.ts';

const TYPED = { partitaIva: '01234567897', password: 'una frase lunga abbastanza', return: '/conto-corrente?mese=11' };

let world: Gateways;
let gateway: Gateway;

beforeAll(async () => {
  world = await startGateways();
  gateway = await world.start();
}, 60_000);
afterAll(async () => world.close());
beforeEach(() => {
  world.identity.isAway = false;
  world.identity.company = undefined;
  world.identity.calls.length = 0;
});

/** As the portal's page sends it. */
function asked(body: unknown, headers: Record<string, string> = {}): Ask {
  const own = { origin: gateway.url, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
  return {
    method: 'POST',
    headers: { ...own, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

const url = () => `${gateway.url}/login/company`;
const refused = (answer: Answer) => [answer.status, answer.json()['kind'], answer.headers['set-cookie']];
const refuse = (kind: CompanyRefusal, retryAfterS = 0) => {
  world.identity.company = { $case: 'refused', value: { kind, retryAfterS } };
};

test('a company signs in with partita IVA and password, and gets a session under a new id', async () => {
  const { browser, cookie: earlier } = await signedIn(gateway.url);
  const answer = await browser.ask(url(), asked({ ...TYPED, partitaIva: ' IT 01234567897 ' }));
  expect([answer.status, answer.json(), answer.headers['cache-control']]).toEqual([
    200,
    { redirectUrl: '/conto-corrente?mese=11' },
    'no-store',
  ]);
  expect(world.identity.callsOf('signInCompany')).toEqual([
    { municipalityId: 1, partitaIva: 'IT 01234567897', password: TYPED.password, sourceAddress: '127.0.0.1' },
  ]);
  expect((await browser.ask(`${gateway.url}/api/session`)).json()).toMatchObject({ signedIn: true });
  expect(earlier).not.toBe(`campanella_session=${browser.cookies.get('campanella_session')}`);
  expect((await send(`${gateway.url}/api/ledger/balances`, { headers: { cookie: earlier } })).status).toBe(401);
});

test('without a page to go back to the way leads home', async () => {
  const { return: _left, ...rest } = TYPED;
  expect((await send(url(), asked(rest))).json()).toEqual({ redirectUrl: '/' });
});

test('a wrong password, or a company that does not exist, signs nobody in', async () => {
  refuse(CompanyRefusal.WRONG_CREDENTIALS);
  const answer = await send(url(), asked(TYPED));
  expect(refused(answer)).toEqual([401, 'wrong_credentials', undefined]);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  refuse(CompanyRefusal.UNSPECIFIED);
  expect(refused(await send(url(), asked(TYPED)))).toEqual([401, 'wrong_credentials', undefined]);
});

test('a natural person is told where people sign in', async () => {
  refuse(CompanyRefusal.NATURAL_PERSON);
  const answer = await send(url(), asked(TYPED));
  expect(refused(answer)).toEqual([422, 'natural_person', undefined]);
  expect(answer.json()['detail']).toContain('SPID');
});

test('who tried too often is told when to come back', async () => {
  refuse(CompanyRefusal.TOO_MANY_ATTEMPTS, 840);
  const answer = await send(url(), asked(TYPED));
  expect(refused(answer)).toEqual([429, 'too_many_attempts', undefined]);
  expect(answer.headers['retry-after']).toBe('840');
});

test.each([
  ['an empty partita IVA', { ...TYPED, partitaIva: '  ' }, ['partitaIva']],
  ['an empty password', { ...TYPED, password: '' }, ['password']],
  ['neither', {}, ['partitaIva', 'password']],
  ['a partita IVA that is a number', { ...TYPED, partitaIva: 1_234_567_897 }, ['partitaIva']],
  ['an overlong partita IVA', { ...TYPED, partitaIva: '1'.repeat(41) }, ['partitaIva']],
  ['an overlong password', { ...TYPED, password: 'x'.repeat(257) }, ['password']],
  ['half a character', { ...TYPED, password: 'x\ud800' }, ['password']],
  ['another origin to go back to', { ...TYPED, return: '//altrove.example' }, ['return']],
  ['a list in place of the form', [], ['partitaIva']],
])('%s is refused by field and asks identity nothing', async (_what, body, fields) => {
  const answer = await send(url(), asked(body));
  expect(refused(answer)).toEqual([422, 'invalid_request', undefined]);
  expect(Object.keys(Object(answer.json()['fields'])).sort()).toEqual(fields);
  expect(world.identity.calls).toEqual([]);
});

test('what is not JSON, or not of a form’s size, asks identity nothing', async () => {
  const form = 'partitaIva=01234567897&password=x';
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
    expect(refused(await send(url(), asked(form, { 'content-type': type })))).toEqual([
      415,
      'unsupported_media_type',
      undefined,
    ]);
  }
  expect((await send(url(), asked(TYPED, { 'content-encoding': 'gzip' }))).status).toBe(415);
  for (const text of ['{"partitaIva":', JSON.stringify({ ...TYPED, partitaIva: '\u0000' }), '{"__proto__":{"x":1}}']) {
    expect((await send(url(), asked(text))).status).toBe(400);
  }
  expect((await send(url(), asked({ ...TYPED, more: 'x'.repeat(70_000) }))).status).toBe(413);
  expect((await send(url(), asked(''))).status).toBe(422);
  expect(world.identity.calls).toEqual([]);
});

test('a company’s password is sent, never asked for by an address', async () => {
  for (const method of ['GET', 'HEAD']) {
    const answer = await send(url(), { method });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST']);
  }
});

test.each([
  ['another site', { origin: 'https://altrove.example' }],
  ['a page without an origin', { origin: 'null' }],
  ['another site, by fetch metadata', { 'sec-fetch-site': 'cross-site' }],
])('from %s nobody is signed in', async (_from, headers) => {
  expect(refused(await send(url(), asked(TYPED, headers)))).toEqual([403, 'cross_site', undefined]);
  expect(world.identity.calls).toEqual([]);
});

test('an address that tries too often is told to wait before identity is asked, and other ways in stay open', async () => {
  refuse(CompanyRefusal.WRONG_CREDENTIALS);
  const limited = await world.start({ COMPANY_SIGN_IN_LIMIT: '2', TRUSTED_PROXY_HOPS: '1' });
  const from = (address: string) =>
    send(`${limited.url}/login/company`, asked(TYPED, { origin: limited.url, 'x-forwarded-for': address }));
  const statuses = [];
  for (const _ of [1, 2, 3]) statuses.push((await from('203.0.113.50')).status);
  expect(statuses).toEqual([401, 401, 429]);
  const answer = await from('203.0.113.50');
  expect(refused(answer)).toEqual([429, 'too_many_attempts', undefined]);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(world.identity.callsOf('signInCompany')).toHaveLength(2);
  expect((await from('203.0.113.51')).status).toBe(401);
  const spid = await send(`${limited.url}/login/spid`, { headers: { 'x-forwarded-for': '203.0.113.50' } });
  expect(spid.status).toBe(303);
});

test('while identity is away nobody signs in, and the page is told so', async () => {
  world.identity.isAway = true;
  expect(refused(await send(url(), asked(TYPED)))).toEqual([503, 'service_away', undefined]);
});

test('the password is in no log', async () => {
  const verbose = await world.start({ LOG_LEVEL: 'debug' });
  const body = { ...TYPED, password: 'segreto-che-nessuno-legge' };
  await send(`${verbose.url}/login/company`, asked(body, { origin: verbose.url }));
  world.identity.isAway = true;
  await send(`${verbose.url}/login/company`, asked(body, { origin: verbose.url }));
  await send(`${verbose.url}/login/company`, asked(JSON.stringify(body).slice(0, -1), { origin: verbose.url }));
  expect(verbose.output()).not.toMatch(/segreto|01234567897/);
});

test('while Redis is away nobody may guess: identity is not asked', async () => {
  const browser = openBrowser();
  await world.redis.kill();
  try {
    const answer = await browser.ask(url(), asked(TYPED));
    expect(refused(answer)).toEqual([503, 'sessions_away', undefined]);
    expect(world.identity.calls).toEqual([]);
  } finally {
    await world.redis.restart();
  }
});
