import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { eventually, sendRaw } from '@campanella/testkit';
import { afterEach, expect, test } from '@jest/globals';
import { createHttpApp, createLogger, finishHttpApp, type HttpServerOptions, httpServer } from '../src/index.ts';

const running: ReturnType<typeof httpServer>[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

/** A server whose `/slow` answers when the test says so; it counts what reaches the application. */
async function arrange(options: Partial<HttpServerOptions> = {}) {
  const logger = createLogger({ service: 'test', level: 'error' });
  const world = { reached: 0, hasLeft: false, answer: () => undefined as unknown };
  const app = createHttpApp({ logger, service: 'test' });
  app.use((_request, _response, next) => {
    world.reached += 1;
    next();
  });
  app.get('/quick', (_request, response) => void response.json({ ok: true }));
  app.get('/slow', (_request, response) => {
    world.answer = () => response.json({ ok: true });
  });
  app.get('/much', (_request, response) => {
    response.once('close', () => {
      world.hasLeft = true;
    });
    response.send(Buffer.alloc(64 * 1024 * 1024));
  });
  app.post('/echo', (request, response) => void response.json(request.body));
  finishHttpApp(app);
  const server = httpServer({ host: '127.0.0.1', port: 0, app, logger, ...options });
  running.push(server);
  await server.start();
  return Object.assign(world, { server, address: server.address });
}

const HOST = 'Host: a.example\r\n';

test.each([
  ['bytes that are no HTTP', 400, 'malformed', '\x16\x03\x01\x02\x00 hello\r\n\r\n'],
  ['a header without a colon', 400, 'malformed', `GET /quick HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`],
  ['a folded header', 400, 'malformed', `GET /quick HTTP/1.1\r\n${HOST}X-A: one\r\n two\r\n\r\n`],
  ['a space before the colon', 400, 'malformed', `GET /quick HTTP/1.1\r\n${HOST}X-A : one\r\n\r\n`],
  ['a line that ends without a carriage return', 400, 'malformed', `GET /quick HTTP/1.1\n${HOST}\r\n`],
  ['two lengths', 400, 'malformed', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}`],
  [
    'a length and chunks',
    400,
    'malformed',
    `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'chunks that are not the last encoding',
    400,
    'malformed',
    `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  ],
  ['a negative length', 400, 'malformed', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`],
  ['NUL in a header', 400, 'malformed', `GET /quick HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`],
  ['headers of 20 kB', 431, 'too_large', `GET /quick HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(20_000)}\r\n\r\n`],
  ['10,000 headers', 431, 'too_large', `GET /quick HTTP/1.1\r\n${HOST}${'X-A: a\r\n'.repeat(10_000)}\r\n`],
  ['a tunnel', 405, 'method_not_allowed', `CONNECT a.example:443 HTTP/1.1\r\n${HOST}\r\n`],
])('%s are a problem in Italian, and never reach the application', async (_what, status, kind, bytes) => {
  const world = await arrange({ wireHeaders: { 'x-content-type-options': 'nosniff' } });
  const answer = await sendRaw(world.address, bytes);
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, { status, kind }]);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.headers.get('connection')).toBe('close');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(world.reached).toBe(0);
});

test('a second request hidden behind broken framing is not read', async () => {
  const world = await arrange();
  const hidden = `GET /quick HTTP/1.1\r\n${HOST}\r\n`;
  const smuggling = `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`;
  const answer = await sendRaw(world.address, smuggling);
  expect(answer.text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 400']);
  expect(world.reached).toBe(0);
});

async function* drip(text: string): AsyncIterable<string> {
  for (const byte of text) {
    yield byte;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test.each([
  ['headers', `GET /quick HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(1_000)}\r\n\r\n`],
  ['a body', `POST /echo HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n`],
])(
  '%s that come a byte at a time are cut with 408',
  async (what, bytes) => {
    const world = await arrange({ headersWithinMs: 300, requestWithinMs: 600 });
    const answer = await sendRaw(world.address, what === 'a body' ? bodyDrip(bytes) : drip(bytes));
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([408, { kind: 'too_slow' }]);
  },
  20_000,
);

async function* bodyDrip(head: string): AsyncIterable<string> {
  yield head;
  yield* drip('"'.padEnd(900, 'x'));
}

test('who is answered before all was sent may not send on for ever, and gets one answer', async () => {
  const world = await arrange({ requestWithinMs: 300 });
  const answer = await sendRaw(world.address, `POST /nothing HTTP/1.1\r\n${HOST}Content-Length: 900\r\n\r\nx`);
  expect(answer.text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 404']);
}, 20_000);

test('a silent connection is cut too', async () => {
  const world = await arrange({ headersWithinMs: 300, requestWithinMs: 600 });
  expect((await sendRaw(world.address, '')).status).toBe(408);
}, 20_000);

test('a client that does not read its answer is cut', async () => {
  const world = await arrange({ silentMsMax: 300 });
  const [host = '', port = ''] = world.address.split(':');
  const unread = connect({ host, port: Number(port) }).pause();
  const ended = new Promise((resolve) => unread.once('error', resolve).once('close', resolve));
  unread.write(`GET /much HTTP/1.1\r\n${HOST}\r\n`);
  await eventually(() => world.hasLeft, { withinMs: 10_000 });
  unread.resume();
  await ended;
}, 20_000);

test('one address cannot take all connections, and has them back when it lets go', async () => {
  const world = await arrange({ connectionsPerAddressMax: 2 });
  const [host = '', port = ''] = world.address.split(':');
  const open = [1, 2].map(() => connect({ host, port: Number(port) }));
  await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  const get = `GET /quick HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
  await eventually(async () => (await sendRaw(world.address, get)).status === 429, { withinMs: 5_000 });
  for (const socket of open) socket.destroy();
  await eventually(async () => (await sendRaw(world.address, get)).status === 200, { withinMs: 5_000 });
});

test('a stop does not wait for a connection on which nothing was asked', async () => {
  const world = await arrange({ drainMs: 60_000 });
  const [host = '', port = ''] = world.address.split(':');
  const silent = connect({ host, port: Number(port) });
  await new Promise((resolve) => silent.once('connect', resolve));
  const closed = new Promise((resolve) => silent.once('close', resolve));
  silent.on('error', () => undefined);
  running.length = 0;
  await world.server.stop();
  await closed;
}, 20_000);

test('a stop lets requests under way end, closes their connections, and refuses new ones at once', async () => {
  const world = await arrange({ drainMs: 10_000 });
  const url = `http://${world.address}/slow`;
  const answer = new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
    httpRequest(url, { headers: { connection: 'keep-alive' } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, connection: response.headers.connection });
    })
      .once('error', reject)
      .end();
  });
  await eventually(() => world.reached === 1, { withinMs: 5_000 });
  const stopped = world.server.stop();
  running.length = 0;
  const isRefused = () =>
    fetch(url).then(
      () => false,
      () => true,
    );
  await eventually(isRefused, { withinMs: 5_000 });
  world.answer();
  expect(await answer).toEqual({ status: 200, connection: 'close' });
  await stopped;
});
