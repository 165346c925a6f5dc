import { readFile } from 'node:fs/promises';
import { type RawAnswer, sendRaw } from '@campanella/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import { type Answer, openBrowser, send } from './browser.ts';
import { comeBack, signedIn } from './gateways.ts';
import { type Person, type Shore, startShore } from './shore.ts';

/*
 * The abuse matrix as far as it concerns sign-in and the gateway: one named test per row, with the expected answer. "Reaches nobody" is
 * counted on the services' own sockets. Rows that are tried elsewhere, and why:
 * - another guardian's pupil, badge, document, notice, receipt, order by id: the services decide, by the token; their tests try it by id;
 * - tampered, replayed, expired answers of identity providers: identity's tests, with the protocol's real messages;
 * - SOAP and XML: billing speaks them, and the gateway passes JSON only (415 below);
 * - gRPC from terminals: attendance, on its own port with client certificates;
 * - CSV imports: anagrafica's import, which comes through no browser yet;
 * - object names, top-ups and carts: billing's validation; amounts reach it only as honest JSON (below).
 */

let shore: Shore;
let person: Person;

beforeAll(async () => {
  shore = await startShore({
    HEADERS_WITHIN_MS: '500',
    REQUEST_WITHIN_MS: '1000',
    API_LIMIT: '1000000',
    PERSON_LIMIT: '1000000',
    COMPANY_SIGN_IN_LIMIT: '30',
  });
  person = await shore.person();
}, 60_000);
afterAll(async () => shore.close());
beforeEach(() => {
  for (const service of [shore.ledger, shore.anagrafica, shore.attendance]) service.received.length = 0;
});

const api = () => `${shore.url}/api/ledger/balances`;
const change = (more: Readonly<Record<string, string>> = {}) => ({
  cookie: person.cookie,
  'x-csrf-token': person.csrfToken,
  ...more,
});
const post = (body: string, more: Readonly<Record<string, string>> = {}) =>
  send(`${shore.url}/api/attendance/absences`, {
    method: 'POST',
    headers: change({ 'content-type': 'application/json', ...more }),
    body,
  });
/** What an answer to abuse always is: problem details or a page, never stored, telling nothing of how we are built. */
function expectQuiet(answer: Pick<Answer, 'text'> & { headers: NodeJS.Dict<string | string[]> }): void {
  expect(String(answer.headers['content-type'])).toMatch(/^(application\/problem\+json|text\/html); charset=utf-8$/);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.headers['server']).toBeUndefined();
  expect(answer.headers['x-powered-by']).toBeUndefined();
  expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:|at [\w.]+ \(|Error:|ECONN|127\.0\.0\.1|express/i);
}
const expectQuietRaw = ({ headers, body }: RawAnswer) =>
  expectQuiet({ headers: Object.fromEntries(headers), text: body });

describe('tokens and identity from outside', () => {
  const claims = { municipality_id: 1, role: 'office', pupil_ids: ['01938f00-0000-7000-8000-000000000001'] };
  const sign = async (change: { audience?: string; expires?: string; municipalityId?: number; alg?: string } = {}) => {
    const { privateKey } = await generateKeyPair(change.alg ?? 'EdDSA');
    return new SignJWT({ ...claims, municipality_id: change.municipalityId ?? 1 })
      .setProtectedHeader({ alg: change.alg ?? 'EdDSA' })
      .setIssuer('campanella-identity')
      .setAudience(change.audience ?? 'campanella')
      .setSubject('01938f00-0000-7000-8000-0000000000aa')
      .setIssuedAt()
      .setExpirationTime(change.expires ?? '5m')
      .sign(privateKey);
  };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forgeries: [string, () => Promise<string>][] = [
    ['signed with another key', () => sign()],
    ['signed with another algorithm', () => sign({ alg: 'RS256' })],
    ['expired', () => sign({ expires: '-5m' })],
    ['for another audience', () => sign({ audience: 'other' })],
    ['of another municipality', () => sign({ municipalityId: 2 })],
    ['with alg none', async () => `${part({ alg: 'none' })}.${part({ ...claims, aud: 'campanella' })}.`],
    ['that is rubbish', async () => 'not-a-token'],
  ];

  test.each(forgeries)('a token %s opens nothing and reaches nobody: 401', async (_what, forge) => {
    const answer = await send(api(), { headers: { authorization: `Bearer ${await forge()}` } });
    expect([answer.status, answer.json()['kind']]).toEqual([401, 'signed_out']);
    expectQuiet(answer);
    expect(shore.reached()).toBe(0);
  });

  test.each(forgeries)('a token %s does not replace that of the session', async (_what, forge) => {
    const token = await forge();
    await send(api(), { headers: { cookie: person.cookie, authorization: `Bearer ${token}` } });
    expect(shore.ledger.received).toHaveLength(1);
    expect(shore.ledger.received[0]?.headers.authorization).toMatch(/^Bearer token-of-/);
  });

  test.each([
    'x-identity',
    'x-user',
    'x-person-id',
    'x-forwarded-user',
    'x-remote-user',
    'x-municipality-id',
    'x-client-cert',
    'x-ssl-client-s-dn',
    'x-codice-fiscale',
  ])('an identity header %s opens nothing: 401, and with a session it reaches nobody', async (name) => {
    expect((await send(api(), { headers: { [name]: 'SMPRRA86C54H501M' } })).status).toBe(401);
    expect(shore.reached()).toBe(0);
    await send(api(), { headers: { [name]: 'SMPRRA86C54H501M', cookie: person.cookie } });
    expect(shore.ledger.received[0]?.headers).not.toHaveProperty([name]);
  });

  test('forwarding, override, trace and hop-by-hop headers from outside, and those that Connection lists, reach nobody', async () => {
    const spoofed = {
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'altrove.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': '/x',
      forwarded: 'for=10.0.0.1',
      via: '1.1 altrove',
      'x-real-ip': '10.0.0.1',
      'x-original-url': '/api/ledger/all',
      'x-rewrite-url': '/api/ledger/all',
      'x-http-method-override': 'DELETE',
      'proxy-authorization': 'Basic eDp4',
      te: 'trailers',
      'keep-alive': 'timeout=1000',
      upgrade: 'h2c',
      connection: 'upgrade, x-listed',
      'x-listed': 'hop',
      traceparent: '00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01',
      baggage: 'a=b',
      'x-request-id': 'chosen-outside',
    };
    await send(api(), { headers: { ...spoofed, cookie: person.cookie } });
    const headers = shore.ledger.received[0]?.headers ?? {};
    expect(Object.keys(headers).sort()).toEqual(['authorization', 'connection', 'host', 'x-request-id']);
    expect(headers).toMatchObject({ connection: 'keep-alive', host: new URL(shore.ledger.url).host });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a service can set no cookie, policy, address or hop-by-hop header in a browser', async () => {
    shore.ledger.answer = (response) => {
      response.writeHead(200, 'OK from 10.0.3.4', {
        'content-type': 'application/json',
        'set-cookie': 'campanella_session=planted',
        server: 'something',
        'content-security-policy': "default-src *; script-src 'unsafe-inline'",
        'access-control-allow-origin': '*',
        location: 'http://10.0.3.4/',
        'x-upstream': '10.0.3.4',
        'proxy-authenticate': 'Basic',
        'x-request-id': 'other',
      });
      response.end('{}');
    };
    const { headers } = await send(api(), { headers: { cookie: person.cookie } });
    for (const name of ['set-cookie', 'server', 'access-control-allow-origin', 'location', 'x-upstream'])
      expect([name, headers[name]]).toEqual([name, undefined]);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(headers)).not.toContain('10.0.3.4');
  });
});

describe('other sites', () => {
  test.each([
    ['another site', { origin: 'https://altrove.example' }],
    ['another site that hides', { origin: 'null' }],
    ['another port of this host', { origin: 'http://127.0.0.1:1' }],
    ['another site, by fetch metadata', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
  ])('a change from %s is refused although it has the token: 403', async (_from, headers) => {
    for (const path of ['/logout', '/logout/everywhere', '/api/attendance/absences', '/login/company']) {
      const given = change({ ...headers, 'content-type': 'application/json' });
      const answer = await send(`${shore.url}${path}`, { method: 'POST', headers: given, body: '{}' });
      expect([path, answer.status, answer.json()['kind']]).toEqual([path, 403, 'cross_site']);
      expectQuiet(answer);
    }
    expect(shore.reached()).toBe(0);
  });

  test.each([
    ['none', {}],
    ['another', { 'x-csrf-token': 'A'.repeat(43) }],
    ['an empty one', { 'x-csrf-token': '' }],
  ])('a change with %s in place of the CSRF token is refused: 403', async (_what, headers) => {
    for (const path of ['/logout', '/api/attendance/absences']) {
      const given = { ...headers, cookie: person.cookie, origin: shore.url };
      const answer = await send(`${shore.url}${path}`, { method: 'POST', headers: given });
      expect([answer.status, answer.json()['kind']]).toEqual([403, 'csrf_token']);
    }
    expect(shore.reached()).toBe(0);
  });

  test('no page elsewhere may read our answers: no CORS header, also for a preflight, which is 405', async () => {
    const asked = { origin: 'https://altrove.example', 'access-control-request-method': 'POST' };
    for (const [method, status] of [
      ['OPTIONS', 405],
      ['GET', 401],
    ] as const) {
      const answer = await send(api(), { method, headers: asked });
      expect(answer.status).toBe(status);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  test('a change from our own page with the token reaches its service, body and all', async () => {
    const body = '{"days":["2026-11-24"]}';
    const answer = await post(body, { origin: shore.url, 'sec-fetch-site': 'same-origin' });
    expect(answer.status).toBe(200);
    expect(shore.attendance.received).toMatchObject([{ method: 'POST', url: '/api/attendance/absences', body }]);
    expect(shore.attendance.received[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(shore.attendance.received[0]?.headers['x-csrf-token']).toBeUndefined();
  });
});

describe('sessions', () => {
  test.each([
    ['unknown', 'A'.repeat(43)],
    ['malformed', '../../etc/passwd'],
    ['empty', ''],
    ['very long', 'A'.repeat(4_000)],
    ['quoted', '"A"'],
  ])('a session cookie that is %s is no session, and is taken from the browser: 401', async (_what, value) => {
    const answer = await send(api(), { headers: { cookie: `campanella_session=${value}` } });
    expect(answer.status).toBe(401);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/^campanella_session=; .*Max-Age=0/);
    expect(shore.reached()).toBe(0);
  });

  test('the session of one municipality is none at another’s host: 401', async () => {
    const headers = { cookie: person.cookie, host: shore.otherHost };
    const answer = await send(api(), { headers });
    expect([answer.status, answer.json()['kind']]).toEqual([401, 'signed_out']);
    expect((await send(`${shore.url}/api/session`, { headers })).json()).toMatchObject({ signedIn: false });
    expect(shore.reached()).toBe(0);
    expect((await send(api(), { headers: { cookie: person.cookie } })).status).toBe(200);
  });

  test('two session cookies are none: nobody knows which one is ours', async () => {
    const cookie = `${person.cookie}; campanella_session=${'B'.repeat(43)}`;
    expect((await send(api(), { headers: { cookie } })).status).toBe(401);
  });

  test('a session gets a new id at sign-in: a planted one and the one before end: 401', async () => {
    const browser = openBrowser();
    const planted = 'A'.repeat(43);
    browser.cookies.set('campanella_session', planted);
    await comeBack(shore.url, browser, 'ok');
    const first = browser.cookies.get('campanella_session') ?? '';
    expect(first).not.toBe(planted);
    await comeBack(shore.url, browser, 'ok');
    expect(browser.cookies.get('campanella_session')).not.toBe(first);
    for (const old of [planted, first])
      expect((await send(api(), { headers: { cookie: `campanella_session=${old}` } })).status).toBe(401);
  });

  test('the cookie of a signed-out session opens nothing: 401', async () => {
    const { browser, csrfToken, cookie } = await signedIn(shore.url);
    expect((await send(api(), { headers: { cookie } })).status).toBe(200);
    await browser.ask(`${shore.url}/logout`, { method: 'POST', headers: { 'x-csrf-token': csrfToken } });
    expect((await send(api(), { headers: { cookie } })).status).toBe(401);
  });

  test('over https cookies are the host’s own, and plain http is told never to be used', async () => {
    const secure = await startShore({ PUBLIC_SCHEME: 'https' });
    try {
      const answer = await send(`${secure.url}/login/spid`);
      expect(answer.headers['set-cookie']?.[0]).toMatch(
        /^__Host-campanella_sign_in=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$/,
      );
      expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
      const broken = await sendRaw(secure.host, 'GET / HTTP/9.9\r\n\r\n');
      expect(broken.headers.get('strict-transport-security')).toBe('max-age=31536000');
    } finally {
      await secure.close();
    }
  }, 60_000);
});

describe('bytes', () => {
  const HEAD = () => `Host: ${shore.host}\r\nCookie: ${person.cookie}\r\nX-CSRF-Token: ${person.csrfToken}\r\n`;
  const POST = () => `POST /api/attendance/absences HTTP/1.1\r\n${HEAD()}Content-Type: application/json\r\n`;

  async function* upTo(head: string, bytes: number): AsyncIterable<string | Buffer> {
    yield head;
    const chunk = Buffer.alloc(65_536, 'x');
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
  }

  async function* drip(head: string): AsyncIterable<string> {
    yield head;
    for (let sent = 0; sent < 600; sent += 1) {
      yield 'x';
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const memory = async () => {
    const status = await readFile(`/proc/${shore.gateway.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  };

  test('a body of 100 MB is refused, announced or not, and memory stays flat: 413, 411', async () => {
    const before = await memory();
    for (let round = 0; round < 5; round += 1) {
      const announced = await sendRaw(shore.host, upTo(`${POST()}Content-Length: 104857600\r\n\r\n`, 104_857_600));
      expect([announced.status, JSON.parse(announced.body)]).toMatchObject([413, { kind: 'too_large' }]);
      expectQuietRaw(announced);
      const chunked = upTo(`${POST()}Transfer-Encoding: chunked\r\n\r\n6400000\r\n`, 104_857_600);
      expect((await sendRaw(shore.host, chunked)).status).toBe(411);
    }
    expect(shore.reached()).toBe(0);
    expect((await memory()) - before).toBeLessThan(64 * 1024 * 1024);
  }, 60_000);

  test('a body of 64 KB and a byte is refused, one of 64 KB is read: 413, 200', async () => {
    const text = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    expect((await post(text(65_537))).status).toBe(413);
    expect(shore.reached()).toBe(0);
    expect((await post(text(65_536))).status).toBe(200);
  });

  test('a body that comes a byte at a time is given up, and reaches nobody: 408', async () => {
    const answer = await sendRaw(shore.host, drip(`${POST()}Content-Length: 600\r\n\r\n`));
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([408, { kind: 'too_slow' }]);
    expectQuietRaw(answer);
    expect(shore.reached()).toBe(0);
  }, 20_000);

  test('headers that come a byte at a time are given up: 408', async () => {
    const answer = await sendRaw(shore.host, drip(`GET / HTTP/1.1\r\n${HEAD()}X-Slow: `));
    expect(answer.status).toBe(408);
    expectQuietRaw(answer);
  }, 20_000);

  test('two hundred slow connections keep nobody else waiting', async () => {
    const slow = Array.from({ length: 200 }, () => sendRaw(shore.host, drip(`GET / HTTP/1.1\r\n${HEAD()}X-Slow: `)));
    expect((await send(api(), { headers: { cookie: person.cookie } })).status).toBe(200);
    expect(new Set((await Promise.all(slow)).map(({ status }) => status))).toEqual(new Set([408]));
  }, 30_000);

  test.each([
    ['10,000 headers', 431, () => 'X-A: a\r\n'.repeat(10_000)],
    ['101 small headers', 431, () => 'A:b\r\n'.repeat(101)],
    ['a header of 20 kB', 431, () => `X-Fill: ${'x'.repeat(20_000)}\r\n`],
    ['a folded header', 400, () => 'X-A: one\r\n two\r\n'],
    ['a header without a name', 400, () => ': a\r\n'],
    ['NUL in a header', 400, () => 'X-A: a\0b\r\n'],
    ['a second Host', 400, () => 'Host: altrove.example\r\n'],
    ['a second Host that is the same', 400, () => `Host: ${shore.host}\r\n`],
    ['two lengths', 400, () => 'Content-Length: 0\r\nContent-Length: 5\r\n'],
    ['a length and chunks', 400, () => 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['chunks twice', 400, () => 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'],
    ['chunks that end in another encoding', 400, () => 'Transfer-Encoding: chunked, identity\r\n'],
    ['a hidden encoding', 400, () => 'Transfer-Encoding : chunked\r\n'],
    ['an unreadable length', 400, () => 'Content-Length: 0x10\r\n'],
    ['a second CSRF token', 400, () => 'X-CSRF-Token: other\r\n'],
    ['a second Origin', 400, () => `Origin: ${shore.url}\r\nOrigin: https://altrove.example\r\n`],
    ['two content types', 400, () => 'Content-Type: text/xml\r\n'],
  ])('%s: %i, and nobody is reached, not even by what hides behind it', async (_what, status, headers) => {
    const hidden = `GET /api/ledger/hidden HTTP/1.1\r\nHost: ${shore.host}\r\nCookie: ${person.cookie}\r\n\r\n`;
    const answer = await sendRaw(shore.host, `${POST()}Connection: close\r\n${headers()}\r\n0\r\n\r\n${hidden}`);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, { status }]);
    expectQuietRaw(answer);
    expect(shore.reached()).toBe(0);
  });

  test.each([
    ['no Host', 400, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['another protocol', 400, '\x16\x03\x01\x02\x00\r\n\r\n'],
    ['a version that does not exist', 400, 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['a tunnel', 405, 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n'],
  ])('%s: %i', async (_what, status, bytes) => {
    const answer = await sendRaw(shore.host, bytes);
    expect(answer.status).toBe(status);
    expectQuietRaw(answer);
  });

  test('an unfinished body on a refused request does not hold its connection', async () => {
    const answer = await sendRaw(
      shore.host,
      `POST /api/nothing HTTP/1.1\r\nHost: ${shore.host}\r\nContent-Length: 1000\r\n\r\nx`,
    );
    expect(answer.status).toBe(404);
  }, 20_000);
});

describe('bodies', () => {
  test.each([
    ['broken', '{"days":['],
    ['empty text', ' '],
    ['thousands of levels', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['twenty-one levels', '['.repeat(21) + ']'.repeat(21)],
    ['a number beyond all', '{"amountCents":1e999}'],
    ['a number that would be rounded', '{"amountCents":9007199254740993}'],
    ['not a number', '{"amountCents":NaN}'],
    ['NUL', '{"note":"a\\u0000b"}'],
    ['bidirectional control characters', '{"note":"\\u202egnp.exe"}'],
    ['a reach for the prototype', '{"__proto__":{"role":"office"}}'],
    ['a reach for the constructor', '{"constructor":{"prototype":{"role":"office"}}}'],
  ])('JSON with %s: 400, and reaches nobody', async (_what, body) => {
    const answer = await post(body);
    expect([answer.status, answer.json()['kind']]).toEqual([400, 'unreadable_body']);
    expectQuiet(answer);
    expect(shore.reached()).toBe(0);
  });

  test('JSON that is no UTF-8: 400', async () => {
    const head = `POST /api/attendance/absences HTTP/1.1\r\nHost: ${shore.host}\r\nCookie: ${person.cookie}\r\nX-CSRF-Token: ${person.csrfToken}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 4\r\n\r\n`;
    const bytes = Buffer.concat([Buffer.from(head), Buffer.from([0x22, 0xc3, 0x28, 0x22])]);
    expect((await sendRaw(shore.host, bytes)).status).toBe(400);
    expect(shore.reached()).toBe(0);
  });

  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['plain text, as a form from elsewhere could send it', { 'content-type': 'text/plain' }],
    ['XML', { 'content-type': 'application/soap+xml' }],
    ['a file', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['a compressed body', { 'content-encoding': 'gzip' }],
  ])('%s: 415, and reaches nobody', async (_what, headers) => {
    const answer = await post('{}', headers);
    expect([answer.status, answer.json()['kind']]).toEqual([415, 'unsupported_media_type']);
    expect(shore.reached()).toBe(0);
  });

  test('a body on a read: 400', async () => {
    expect((await send(api(), { headers: { cookie: person.cookie }, body: 'x' })).status).toBe(400);
    expect(shore.reached()).toBe(0);
  });
});

describe('addresses', () => {
  test.each([
    '/api/ledger/../anagrafica/pupils',
    '/api/ledger/..;/x',
    '/api/ledger/%2e%2e/x',
    '/api/ledger/.%2e/x',
    '/api/ledger/x/.',
    '/api//ledger/x',
    '//ledger/x',
    '/api/ledger/a%2fb',
    '/api/ledger/a%5cb',
    '/api/ledger/a\\b',
    '/api/ledger/a%00',
    '/api/ledger/a%0d%0ab',
    '/api/ledger/%252e%252e/x',
    '/api/ledger/%c0%ae%c0%ae/x',
    '/api/ledger/%zz',
    '/api/ledger/%',
    '/..%5cetc',
    '/assets/..%2f..%2fetc/passwd',
    '/%00',
    '/api/ledger/x?name=a%00b',
    '/api/ledger/x?name=%E2%80%AEa',
  ])('a path trick: 400, and reaches nobody: %s', async (path) => {
    const answer = await send(`${shore.url}${path}`, { headers: { cookie: person.cookie } });
    expect(answer.status).toBe(400);
    expectQuiet(answer);
    expect(shore.reached()).toBe(0);
  });

  test.each([
    `GET http://altrove.example/api/ledger/x HTTP/1.1`,
    'GET http://169.254.169.254/latest/meta-data HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'GET api/ledger/x HTTP/1.1',
    'GET /api/ledger/x#a HTTP/1.1',
    'GET /città HTTP/1.1',
  ])('a target that is no path: 400: %s', async (line) => {
    const answer = await sendRaw(
      shore.host,
      `${line}\r\nHost: ${shore.host}\r\nCookie: ${person.cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.status).toBe(400);
    expectQuietRaw(answer);
    expect(shore.reached()).toBe(0);
  });

  test('an unknown host is nobody’s site, whatever the path: 421, and is not repeated', async () => {
    for (const path of ['/', '/api/session', '/login/spid', '/api/ledger/balances', '/.well-known/openid-federation']) {
      const headers = { host: 'altrove.example', cookie: person.cookie };
      const answer = await send(`${shore.url}${path}`, { headers });
      expect([path, answer.status]).toEqual([path, 421]);
      expectQuiet(answer);
      expect(answer.text).not.toContain('altrove');
    }
    expect(shore.reached()).toBe(0);
  });

  test.each([
    ['/api/ledger/x', 'TRACE', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
    ['/api/ledger/x', 'OPTIONS', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
    ['/api/ledger/x', 'PROPFIND', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
    ['/api/session', 'POST', 'GET, HEAD'],
    ['/api/sign-in-methods', 'DELETE', 'GET, HEAD'],
    ['/login/spid', 'POST', 'GET'],
    ['/login/company', 'GET', 'POST'],
    ['/login/callback', 'POST', 'GET'],
    ['/logout', 'GET', 'POST'],
    ['/logout/everywhere', 'GET', 'POST'],
    ['/.well-known/openid-federation', 'POST', 'GET, HEAD'],
    ['/refezione', 'POST', 'GET, HEAD'],
  ])('%s has no %s: 405 with Allow', async (path, method, allow) => {
    const answer = await send(`${shore.url}${path}`, { method, headers: change({ origin: shore.url }) });
    expect([answer.status, answer.headers['allow']]).toEqual([405, allow]);
    expectQuiet(answer);
    expect(shore.reached()).toBe(0);
  });

  test.each([
    'https://altrove.example',
    '//altrove.example',
    '/\\altrove.example',
    '/login/spid',
    'javascript:alert(1)',
  ])('a sign-in that would end at %s does not begin: 400', async (returnTo) => {
    const answer = await send(`${shore.url}/login/spid?return=${encodeURIComponent(returnTo)}`);
    expect([answer.status, answer.headers['set-cookie']]).not.toEqual([303, expect.anything()]);
    expect([400, 429]).toContain(answer.status);
  });

  test('an unknown service, and an unknown page of a known kind, are not found: 404', async () => {
    const answer = await send(`${shore.url}/api/nothing/here`, { headers: { cookie: person.cookie } });
    expect([answer.status, answer.json()['kind']]).toEqual([404, 'not_found']);
    expect((await send(`${shore.url}/assets/none.js`)).status).toBe(404);
    expect((await send(`${shore.url}/.secret`)).status).toBe(404);
  });
});

// Last: from here on this address has no attempt left.
describe('guessing', () => {
  test('of 10,000 attempts to sign in from one address 200 in five minutes reach identity, the others are told to wait: 429', async () => {
    shore.identity.calls.length = 0;
    const statuses = new Map<number, number>();
    for (let sent = 0; sent < 10_000; sent += 100) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => send(`${shore.url}/login/cie`)));
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    const begun = statuses.get(303) ?? 0;
    expect(begun).toBeGreaterThan(100);
    expect(begun).toBeLessThanOrEqual(200);
    expect(statuses.get(429)).toBe(10_000 - begun);
    expect(shore.identity.callsOf('beginSignIn')).toHaveLength(begun);
    const refused = await send(`${shore.url}/login/cie`);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expectQuiet(refused);
  }, 60_000);

  test('passwords sprayed over companies are throttled per address, and every refusal is the same: 401, then 429', async () => {
    shore.identity.calls.length = 0;
    shore.identity.company = { $case: 'refused', value: { kind: 1, retryAfterS: 0 } };
    const seen: string[] = [];
    for (let company = 0; company < 40; company += 1) {
      const body = JSON.stringify({ partitaIva: `${12345678000 + company}`, password: 'Estate2026!', return: '/' });
      const headers = { 'content-type': 'application/json', origin: shore.url };
      const answer = await send(`${shore.url}/login/company`, { method: 'POST', headers, body });
      seen.push(`${answer.status} ${answer.text}`);
    }
    const kinds = [...new Set(seen)];
    expect(kinds.map((text) => text.slice(0, 3))).toEqual(['401', '429']);
    expect(shore.identity.callsOf('signInCompany')).toHaveLength(30);
  });
});
