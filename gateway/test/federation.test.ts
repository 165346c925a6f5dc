import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { send } from './browser.ts';
import { type Gateway, type Gateways, startGateways } from './gateways.ts';

const STATEMENT = 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA';

let world: Gateways;
let gateway: Gateway;

beforeAll(async () => {
  world = await startGateways();
}, 60_000);
afterAll(async () => world.close());
beforeEach(async () => {
  // A gateway that has kept nothing yet.
  gateway = await world.start();
  world.identity.asked.length = 0;
  world.identity.answerHttp = (request, response) =>
    answer(response, request.url?.includes('/resolve') ? 'application/resolve-response+jwt' : CONFIGURATION);
});

const CONFIGURATION = 'application/entity-statement+jwt';
const answer = (response: ServerResponse, type: string, body = STATEMENT, status = 200, more = {}) =>
  void response.writeHead(status, { 'content-type': type, 'set-cookie': 'x=1', server: 'identity', ...more }).end(body);
const configuration = () => `${gateway.url}/.well-known/openid-federation`;

test('the entity configuration of the host’s municipality is identity’s, byte by byte', async () => {
  const given = await send(configuration(), { headers: { accept: 'text/html' } });
  expect([given.status, given.text]).toEqual([200, STATEMENT]);
  expect(given.headers).toMatchObject({
    'content-type': CONFIGURATION,
    'cache-control': expect.stringMatching(/^public, max-age=\d+$/),
    'x-content-type-options': 'nosniff',
  });
  expect(Number(/\d+/.exec(given.headers['cache-control'] ?? '')?.[0])).toBeLessThanOrEqual(60);
  expect([given.headers['set-cookie'], given.headers['server']]).toEqual([undefined, undefined]);
  expect(world.identity.asked).toEqual(['/relying-parties/1/openid-federation']);
});

test('every host is told of its own municipality', async () => {
  const towns = await world.start({ MUNICIPALITY_HOSTS: JSON.stringify({ '127.0.0.1:1': 1, '127.0.0.1:2': 2 }) });
  for (const host of ['127.0.0.1:1', '127.0.0.1:2']) {
    await send(`${towns.url}/.well-known/openid-federation`, { headers: { host } });
  }
  const asked = [1, 2].map((id) => `/relying-parties/${id}/openid-federation`);
  expect(world.identity.asked).toEqual(asked);
});

test('who asks within a minute gets the kept answer, which outlasts the absence of identity', async () => {
  await send(configuration());
  await Promise.all(Array.from({ length: 20 }, () => send(configuration())));
  world.identity.answerHttp = (_request, response) => void response.destroy();
  expect((await send(configuration())).status).toBe(200);
  expect(world.identity.asked).toHaveLength(1);
});

test('a superior that asks us before it answers identity is answered meanwhile', async () => {
  const superior = Promise.withResolvers<void>();
  world.identity.answerHttp = async (_request, response) => {
    // The first time identity waits for a superior, who asks us; the second answer is there at once.
    if (world.identity.asked.length === 1) {
      expect((await send(configuration())).status).toBe(200);
      superior.resolve();
    }
    answer(response, CONFIGURATION);
  };
  expect((await send(configuration())).status).toBe(200);
  await superior.promise;
  expect(world.identity.asked).toHaveLength(2);
});

test('what identity says is not to be kept is asked for again', async () => {
  world.identity.answerHttp = (_request, response) =>
    answer(response, CONFIGURATION, STATEMENT, 200, { 'cache-control': 'no-store' });
  expect((await send(configuration())).headers['cache-control']).toBe('no-store');
  await send(configuration());
  expect(world.identity.asked).toHaveLength(2);
});

test('resolve passes on what it may be asked, and nothing else', async () => {
  const query = 'sub=https%3A%2F%2Falfa.example%2F%3Fa%3D1%26b%3D2&anchor=https%3A%2F%2Fagid.example&admin=1';
  const given = await send(`${gateway.url}/resolve?${query}`);
  expect([given.status, given.headers['content-type']]).toEqual([200, 'application/resolve-response+jwt']);
  const asked = new URL(world.identity.asked[0] ?? '', world.identity.httpUrl);
  expect(asked.pathname).toBe('/relying-parties/1/resolve');
  expect([...asked.searchParams]).toEqual([
    ['sub', 'https://alfa.example/?a=1&b=2'],
    ['anchor', 'https://agid.example'],
  ]);
});

test.each(['sub=a&sub=b', `sub=${'a'.repeat(600)}`])(
  'a resolve that cannot be meant asks nobody: %s',
  async (query) => {
    const given = await send(`${gateway.url}/resolve?${query}`);
    expect([given.status, given.headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8']);
    expect(world.identity.asked).toEqual([]);
  },
);

test('the federations’ own errors are passed on and not kept', async () => {
  world.identity.answerHttp = (_request, response) =>
    answer(response, 'application/json', '{"error":"not_found"}', 404);
  for (const _ of [1, 2]) {
    const given = await send(`${gateway.url}/resolve?sub=a&anchor=b`);
    expect([given.status, given.json(), given.headers['cache-control']]).toEqual([
      404,
      { error: 'not_found' },
      'no-store',
    ]);
  }
  expect(world.identity.asked).toHaveLength(2);
});

test('a municipality that is in no federation has no such address', async () => {
  world.identity.answerHttp = (_request, response) => answer(response, 'application/problem+json', '{}', 404);
  const given = await send(configuration());
  expect([given.status, given.json()['kind']]).toEqual([404, 'not_found']);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['breaks off', (response) => void response.destroy()],
  ['fails', (response) => answer(response, 'text/html', '<h1>10.0.0.1 failed</h1>', 500)],
  ['answers something else', (response) => answer(response, 'text/html', '<script>alert(1)</script>')],
  [
    'sends the gateway elsewhere',
    (response) => answer(response, CONFIGURATION, '', 302, { location: 'http://10.0.0.1' }),
  ],
  ['says more than fits', (response) => answer(response, CONFIGURATION, 'x'.repeat(300_000))],
])('while identity %s the federation is told to come back, and nothing leaks', async (_what, broken) => {
  world.identity.answerHttp = (_request, response) => broken(response);
  const given = await send(configuration());
  expect([given.status, given.json()['kind']]).toEqual([503, 'service_away']);
  expect(given.headers['retry-after']).toBeDefined();
  expect(given.text).not.toMatch(/127\.0\.0\.1|10\.0\.0\.1|script/);
});

test('what the federations read is only read', async () => {
  for (const url of [configuration(), `${gateway.url}/resolve`]) {
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await send(url, { method })).status).toBe(405);
    expect((await send(url, { headers: { host: 'altrove.example' } })).status).toBe(421);
  }
  expect(world.identity.asked).toEqual([]);
});
