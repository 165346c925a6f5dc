import { request as httpRequest } from 'node:http';
import { LedgerServiceClient } from '@campanella/proto/ledger/v1/ledger';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  callUnary,
  createHttpApp,
  createLogger,
  describeApi,
  finishHttpApp,
  grpcClient,
  HttpRefusal,
  httpServer,
  malformed,
  notFound,
  registry,
} from '../src/index.ts';

let log = '';
let server: ReturnType<typeof httpServer>;
let url: string;

beforeAll(async () => {
  const destination = {
    write: (line: string) => {
      log += line;
    },
  };
  const logger = createLogger({ service: 'test', level: 'debug', destination });
  const away = grpcClient(LedgerServiceClient, ['127.0.0.1:1']);
  const app = createHttpApp({ logger, service: 'test' });
  app.get('/pupils/:pupilId', (_request, response) => void response.json({ ok: true }));
  app.post('/echo', (request, response) => void response.json(request.body));
  app.get('/bug', async () => {
    throw new Error('the text of a bug');
  });
  app.get('/refused', () => {
    throw new HttpRefusal(422, 'inverted_range', 'Le date sono invertite', { from: 'dopo la fine' });
  });
  app.post('/parsed', (request) => {
    const parsed = z.strictObject({ from: z.iso.date() }).safeParse(request.body);
    if (!parsed.success) throw malformed('La richiesta non è valida', parsed.error);
  });
  app.get('/not-yours', () => {
    throw notFound();
  });
  app.get('/away', async (_request, response) => {
    response.json(await callUnary(away, 'getShard', { municipalityId: 1 }, { deadlineMs: 5_000 }));
  });
  finishHttpApp(app);
  server = httpServer({ host: '127.0.0.1', port: 0, app, logger });
  await server.start();
  url = `http://${server.address}`;
});
afterAll(() => server.stop());

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return {
    status: response.status,
    body: z.looseObject({ kind: z.string(), title: z.string() }).parse(await response.json()),
  };
}

describe('an answer', () => {
  test('carries the request id of its caller only where that is a UUID', async () => {
    const given = '0190b1f0-0000-7000-8000-000000000001';
    const idFor = async (id: string) =>
      (await fetch(`${url}/pupils/1`, { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idFor(given)).toBe(given);
    expect(await idFor('"><script>')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('to what a schema refuses says where, in Italian, and repeats nothing of it', async () => {
    const body = JSON.stringify({ from: 'sent-by-somebody', 'sent-by-somebody': 1 });
    const answer = await fetch(`${url}/parsed`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
    });
    const problem = await problemOf(answer);
    expect(problem).toMatchObject({ status: 422, body: { fields: { from: 'valore mancante o non valido' } } });
    expect(JSON.stringify(problem)).not.toContain('sent-by-somebody');
  });

  test.each([
    ['an address', '/pupils/1?name=a%00b', undefined],
    ['a text of the body', '/echo', '{"name":"a\\u0000b"}'],
    ['a name in the body', '/echo', '{"a\\u0000b":{}}'],
  ])('to %s with a character that no text holds is a refusal before any route', async (_where, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await problemOf(answer)).toMatchObject({ status: 400, body: { kind: 'malformed' } });
  });

  test('to what no route takes is a problem in Italian', async () => {
    expect(await problemOf(await fetch(`${url}/nothing`))).toMatchObject({
      status: 404,
      body: { kind: 'no_such_page' },
    });
  });

  test('to a bug says nothing of it', async () => {
    const { status, body } = await problemOf(await fetch(`${url}/bug`));
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('bug');
    expect(body).toMatchObject({ kind: 'internal', title: expect.stringContaining('riprovare') });
  });

  test('to a refusal names its kind and its fields', async () => {
    expect(await problemOf(await fetch(`${url}/refused`))).toMatchObject({
      status: 422,
      body: { kind: 'inverted_range', fields: { from: 'dopo la fine' } },
    });
  });

  test('while a service is away says to try again, and not that something broke', async () => {
    expect(await problemOf(await fetch(`${url}/away`))).toMatchObject({ status: 503, body: { kind: 'unavailable' } });
  });

  test.each([
    ['of 100 kB', JSON.stringify('x'.repeat(100_000)), 413, 'too_large'],
    ['that is no JSON', '{"a":', 400, 'malformed'],
  ])('to a body %s is a refusal', async (_name, body, status, kind) => {
    const response = await fetch(`${url}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(await problemOf(response)).toMatchObject({ status, body: { kind } });
  });

  test('to a path that cannot be decoded is a refusal', async () => {
    expect((await fetch(`${url}/pupils/%E0%A4%A`)).status).toBe(400);
  });

  test('to headers of 64 kB is 431', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { 'x-long': 'x'.repeat(65_536) };
      httpRequest(`${url}/pupils/1`, { headers }, (response) => resolve(response.resume().statusCode))
        .once('error', reject)
        .end();
    });
    expect(status).toBe(431);
  });
});

test('log and metrics name the route, never the address that was asked', async () => {
  await fetch(`${url}/pupils/a-pupil?name=Prova`);
  const text = log + (await registry.metrics());
  expect(text).not.toMatch(/a-pupil|Prova/);
  expect(text).toContain('"route":"/pupils/:pupilId"');
  expect(text).toContain('campanella_http_server_seconds_count{method="GET",route="/pupils/:pupilId",status="200"}');
});

test('an API is described from the schemas that validate it', () => {
  const paths = {
    '/api/things': {
      get: {
        requestParams: { query: z.object({ limit: z.coerce.number().int().max(100).default(20) }) },
        responses: {
          200: { description: 'ok', content: { 'application/json': { schema: z.object({ n: z.int() }) } } },
        },
      },
    },
  };
  expect(describeApi({ title: 'Things', version: '1', paths })).toMatchObject({
    openapi: '3.1.0',
    paths: { '/api/things': { get: { parameters: [{ name: 'limit', in: 'query', schema: { maximum: 100 } }] } } },
  });
});
