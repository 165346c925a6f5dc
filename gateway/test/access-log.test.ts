import { eventually, sendRaw } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openBrowser, send } from './browser.ts';
import { comeBack, signedIn } from './gateways.ts';
import { type Shore, startShore } from './shore.ts';

const Line = z.looseObject({ level: z.string(), msg: z.string() });

let shore: Shore;

beforeAll(async () => {
  shore = await startShore({ LOG_LEVEL: 'debug', TRUSTED_PROXY_HOPS: '1' });
}, 60_000);
afterAll(async () => shore.close());

const lines = () =>
  shore.gateway
    .output()
    .split('\n')
    .filter((text) => text.startsWith('{'))
    .map((text) => Line.parse(JSON.parse(text)));
const lineOf = (requestId: string) =>
  eventually(() => lines().find((line) => line['requestId'] === requestId && line.msg === 'request answered'), {
    withinMs: 5_000,
  });

test('a request is one line: id, method, route, status, time, service, municipality, network', async () => {
  const { cookie } = await shore.person();
  const requestId = '01938f00-0000-7000-8000-00000000c0de';
  const answer = await send(`${shore.url}/api/ledger/pupils/1/statement?from=2026-11-01`, {
    headers: { cookie, 'x-request-id': requestId, 'x-forwarded-for': '203.0.113.77' },
  });
  expect(answer.headers['x-request-id']).toBe(requestId);
  expect(shore.ledger.received.at(-1)?.headers['x-request-id']).toBe(requestId);
  const { time, ms, ...line } = await lineOf(requestId);
  expect([typeof time, typeof ms]).toEqual(['string', 'number']);
  expect(line).toEqual({
    level: 'info',
    service: 'gateway',
    requestId,
    method: 'GET',
    route: '/api/ledger/*',
    status: 200,
    upstream: 'ledger',
    municipalityId: 1,
    network: '203.0.113.0/24',
    msg: 'request answered',
  });
  expect(lines().filter((each) => each['requestId'] === requestId)).toHaveLength(1);
});

test.each(['chosen-outside', '"><script>', '01938F00-0000-7000-8000-00000000C0DE', ''])(
  'a request id of a caller that is no UUID in its plain form is replaced: %j',
  async (given) => {
    const answer = await send(`${shore.url}/api/session`, { headers: { 'x-request-id': given } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(answer.headers['x-request-id']).not.toBe(given);
  },
);

test.each([
  ['/', '/*'],
  ['/refezione-scolastica?utente=01938f00', '/*'],
  ['/assets/index-4f3a2b1c.js', '/assets/*'],
  ['/login/spid?return=/x', '/login/:method'],
  ['/api/session', '/api/session'],
  ['/api/ledger/pupils/01938f00/statement', '/api/ledger/*'],
  ['/a%00b', 'unmatched'],
])('the line of %s names the route %s', async (path, route) => {
  const answer = await send(`${shore.url}${path}`);
  expect(await lineOf(String(answer.headers['x-request-id']))).toMatchObject({ route });
});

test('after a sign-in, a day of work and a session of abuse the log tells of nobody', async () => {
  const SECRETS = ['SMPRRA86C54H501M', 'segreto', 'Aurora', '203.0.113.77', '2001:db8:1:2:3::4', 'altrove', 'token-of'];
  const { browser, csrfToken, cookie } = await signedIn(shore.url);
  const sessionId = browser.cookies.get('campanella_session') ?? '';
  const ask = (path: string, method = 'GET', more: Record<string, string> = {}, body?: string) =>
    send(`${shore.url}${path}`, {
      method,
      headers: { cookie, 'x-csrf-token': csrfToken, 'x-forwarded-for': '203.0.113.77', ...more },
      ...(body === undefined ? {} : { body }),
    });
  const json = { 'content-type': 'application/json' };
  await ask('/api/ledger/balances?codiceFiscale=SMPRRA86C54H501M&name=Aurora');
  await ask('/api/ledger/SMPRRA86C54H501M/segreto');
  await ask('/SMPRRA86C54H501M.html?segreto');
  await ask('/segreto/%00');
  await ask('/api/attendance/x', 'POST', json, '{"codiceFiscale":"SMPRRA86C54H501M"');
  await ask('/api/attendance/x', 'POST', json, '{"codiceFiscale":"SMPRRA86C54H501M"}');
  await ask('/login/company', 'POST', json, '{"partitaIva":"12345678903","password":"segreto","return":"/"}');
  await ask('/', 'SEGRETO');
  await ask('/', 'GET', { host: 'altrove.example', authorization: 'Bearer segreto', 'user-agent': 'Aurora' });
  await ask('/', 'GET', { 'x-forwarded-for': '2001:db8:1:2:3::4', referer: 'https://altrove.example/Aurora' });
  await comeBack(shore.url, openBrowser(), 'CANCELLED:nr25');
  shore.ledger.answer = (response) => response.socket?.destroy();
  await ask('/api/ledger/SMPRRA86C54H501M');
  await sendRaw(shore.host, 'GET /segreto HTTP/1.1\r\nHost: Aurora\r\nSegreto\r\n\r\n');
  shore.identity.isAway = true;
  await send(`${shore.url}/login/spid?return=/SMPRRA86C54H501M`);
  shore.identity.isAway = false;
  await shore.redis.kill();
  await ask('/api/ledger/SMPRRA86C54H501M');
  await shore.redis.restart();

  const text = await eventually(() => (lines().length > 20 ? shore.gateway.output() : null), { withinMs: 5_000 });
  for (const secret of [...SECRETS, sessionId, csrfToken])
    expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
  expect(text).not.toMatch(/code=|state=|[?&]|eyJ[\w-]+\./);
}, 30_000);

test('the metrics know routes and made-up methods only as such', async () => {
  await send(`${shore.url}/SMPRRA86C54H501M`, { method: 'SEARCH' });
  const text = await (await fetch(`${shore.opsUrl}/metrics`)).text();
  expect(text).not.toMatch(/SMPRRA86C54H501M|method="SEARCH"|203\.0\.113/);
  expect(text).toContain('method="other"');
});
