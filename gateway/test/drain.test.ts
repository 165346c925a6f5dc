import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { eventually } from '@campanella/testkit';
import { afterEach, expect, test } from '@jest/globals';
import { send } from './browser.ts';
import { type Person, type Shore, startShore } from './shore.ts';
import { sendJson, type Upstream } from './upstream.ts';

const STOP_WITHIN_MS = 6_000;

let shore: Shore | null = null;
afterEach(async () => shore?.close());

async function arrange(stopWithinMs = STOP_WITHIN_MS): Promise<{ own: Shore; person: Person }> {
  const own = await startShore({ STOP_WITHIN_MS: `${stopWithinMs}`, UPSTREAM_READ_WITHIN_MS: '30000' });
  shore = own;
  return { own, person: await own.person() };
}

/** Makes a service hold its answers back. @returns what lets them go */
function hold(service: Upstream): () => void {
  const held: Parameters<Upstream['answer']>[0][] = [];
  service.answer = (response) => held.push(response);
  return () => {
    for (const response of held) sendJson(response);
  };
}

const ended = (own: Shore) => own.gateway.exited.then((code) => ({ code }));

test('a stop finishes the requests that run, a change too, refuses new connections, and ends with 0', async () => {
  const { own, person } = await arrange();
  const release = hold(own.ledger);
  const read = send(`${own.url}/api/ledger/x`, { headers: { cookie: person.cookie, connection: 'keep-alive' } });
  const headers = { cookie: person.cookie, 'x-csrf-token': person.csrfToken, 'content-type': 'application/json' };
  const written = send(`${own.url}/api/ledger/top-ups`, { method: 'POST', headers, body: '{"a":1}' });
  await eventually(() => own.ledger.received.length === 2, { withinMs: 5_000 });

  const stopped = own.gateway.kill('SIGTERM');
  await eventually(
    () =>
      send(own.url).then(
        () => false,
        (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
      ),
    { withinMs: 5_000 },
  );
  expect((await fetch(`${own.opsUrl}/ready`)).status).toBe(503);
  expect((await fetch(`${own.opsUrl}/live`)).status).toBe(200);
  release();
  for (const answer of await Promise.all([read, written])) {
    expect([answer.status, answer.text]).toEqual([200, '{"here":true}']);
  }
  await stopped;
  expect(await ended(own)).toEqual({ code: 0 });
}, 60_000);

test('a stop does not wait for connections on which nothing runs, kept alive or silent', async () => {
  // Longer than the test may take: waiting for either would fail it.
  const { own } = await arrange(120_000);
  const kept = await new Promise<boolean>((resolve, reject) => {
    httpRequest(`${own.url}/`, { headers: { connection: 'keep-alive' } }, (response) => {
      response.resume().once('end', () => resolve(response.headers.connection === 'keep-alive'));
    })
      .once('error', reject)
      .end();
  });
  expect(kept).toBe(true);
  const silent = connect({ host: '127.0.0.1', port: Number(own.host.split(':')[1]) });
  await new Promise((resolve) => silent.once('connect', resolve));
  silent.on('error', () => undefined);
  await own.gateway.kill('SIGTERM');
  expect(await ended(own)).toEqual({ code: 0 });
  silent.destroy();
}, 60_000);

test('a request that never ends is cut within the time of a stop', async () => {
  const { own, person } = await arrange();
  hold(own.ledger);
  const cut = send(`${own.url}/api/ledger/x`, { headers: { cookie: person.cookie } }).catch(() => 'cut');
  await eventually(() => own.ledger.received.length === 1, { withinMs: 5_000 });
  await own.gateway.kill('SIGTERM');
  expect(await ended(own)).toEqual({ code: 0 });
  expect(await cut).toBe('cut');
}, 60_000);

test('live, ready and metrics are on a port of their own, and not among the public addresses', async () => {
  const { own } = await arrange();
  for (const path of ['/live', '/ready', '/metrics']) expect((await fetch(`${own.opsUrl}${path}`)).status).toBe(200);
  for (const path of ['/metrics', '/ready', '/live']) {
    const answer = await send(`${own.url}${path}`);
    expect(answer.text).toContain('Servizi Scolastici');
  }
  const metrics = await (await fetch(`${own.opsUrl}/metrics`)).text();
  for (const name of ['campanella_http_server_seconds', 'campanella_gateway_breaker_state'])
    expect(metrics).toContain(`# HELP ${name} `);
}, 60_000);
