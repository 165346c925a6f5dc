import { sendRaw } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { send } from './browser.ts';
import { type Shore, startShore } from './shore.ts';

let shore: Shore;

beforeAll(async () => {
  shore = await startShore({ PUBLIC_SCHEME: 'https' });
}, 60_000);
afterAll(async () => shore.close());

const ANSWERS: readonly [what: string, path: string, status: number][] = [
  ['a page', '/', 200],
  ['a deep page', '/refezione-scolastica', 200],
  ['a file', '/assets/index-4f3a2b1c.js', 200],
  ['an API answer', '/api/session', 200],
  ['the description of the APIs', '/api/openapi.json', 200],
  ['the page of the description', '/api/docs', 200],
  ['a refusal of the API', '/api/ledger/balances', 401],
  ['a file that is not there', '/nessuna.png', 404],
  ['a page that is refused', '/login/nessuno', 404],
  ['a path trick', '/a%00', 400],
];

test.each(ANSWERS)('%s carries every security header', async (_what, path, status) => {
  const answer = await send(`${shore.url}${path}`);
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject({
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=()'),
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(answer.headers['x-powered-by']).toBeUndefined();
  expect(answer.headers['server']).toBeUndefined();
});

test.each(ANSWERS)('%s has a policy without inline script, other origins or framing', async (_what, path) => {
  const policy = String((await send(`${shore.url}${path}`)).headers['content-security-policy']);
  const directives = new Map(
    policy.split(';').map((part): [string, string] => {
      const [name = '', ...values] = part.trim().split(' ');
      return [name, values.join(' ')];
    }),
  );
  expect(directives.get('default-src')).toBe("'none'");
  expect(directives.get('frame-ancestors')).toBe("'none'");
  expect(directives.get('base-uri')).toBe("'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*|blob:/);
  expect([undefined, "'self'"]).toContain(directives.get('script-src'));
  expect(directives.get('style-src') ?? "'self'").toMatch(/^('self'|'sha256-[\w+/=]+')$/);
  expect([undefined, "'self'"]).toContain(directives.get('connect-src'));
});

test('also what never became a request is answered with them', async () => {
  const answer = await sendRaw(shore.host, 'nonsense\r\n\r\n');
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'permissions-policy': expect.stringContaining('camera=()'),
  });
});
