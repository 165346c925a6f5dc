import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import {
  type Borrowed,
  eventually,
  freePort,
  privateDatabase,
  privateVhost,
  type RunningPart,
  startProcess,
} from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

interface Span {
  readonly service: string;
  readonly scope: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

let receiver: Server;
let database: Borrowed;
let vhost: Borrowed;
const spans: Span[] = [];
const parts: RunningPart[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') spans.push(...readSpans(Buffer.concat(chunks).toString()));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  [database, vhost] = await Promise.all([
    privateDatabase({ migrations: join(import.meta.dirname, 'migrations') }),
    privateVhost(),
  ]);
}, 60_000);

afterAll(async () => {
  for (const part of parts) await part.kill('SIGTERM');
  await Promise.all([database.close(), vhost.close()]);
  await new Promise((resolve) => receiver.close(resolve));
});

/** Reads an OTLP/HTTP request in JSON; what the protocol says, no library needed. */
function readSpans(text: string): Span[] {
  interface Request {
    readonly resourceSpans?: readonly {
      readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
      readonly scopeSpans: readonly { readonly scope: { name: string }; readonly spans: readonly Span[] }[];
    }[];
  }
  const request: Request = JSON.parse(text);
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ scope, spans: read }) =>
      read.map((span) => ({ ...span, service, scope: scope.name.replace('@opentelemetry/instrumentation-', '') })),
    );
  });
}

async function start(role: string, environment: Record<string, string>): Promise<number> {
  const [port, opsPort] = await Promise.all([freePort(), freePort()]);
  const address = receiver.address();
  const receiverPort = typeof address === 'object' && address !== null ? address.port : 0;
  parts.push(
    await startProcess({
      entry: join(import.meta.dirname, 'traced-part.ts'),
      environment: {
        ROLE: role,
        PORT: String(port),
        OPS_PORT: String(opsPort),
        NODE_OPTIONS: `--import=${import.meta.resolve('@campanella/service-kit/telemetry')}`,
        OTEL_SERVICE_NAME: role,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiverPort}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_BSP_SCHEDULE_DELAY: '100',
        ...environment,
      },
      readyUrl: `http://127.0.0.1:${opsPort}/ready`,
    }),
  );
  return port;
}

test('one trace follows a request over HTTP, gRPC, the outbox and AMQP to its effect, each hop under the one before', async () => {
  const backPort = await start('back', { DATABASE_URL: database.url, AMQP_URL: vhost.url });
  const frontPort = await start('front', { BACK_ADDRESS: `127.0.0.1:${backPort}` });
  const response = await fetch(`http://127.0.0.1:${frontPort}/things/1?code=once-only`);
  expect(response.status).toBe(200);
  const hops = await eventually(
    () => {
      const effect = spans.find(({ scope, name }) => scope === 'pg' && name.includes('INSERT'));
      const path = effect === undefined ? [] : pathTo(effect);
      return path.length === 7 ? path : null;
    },
    { withinMs: 20_000 },
  );
  expect(hops).toEqual([
    'front http GET /things/:thing',
    'front express request handler',
    'front grpc grpc.campanella.ledger.v1.LedgerService/GetShard',
    'back grpc grpc.campanella.ledger.v1.LedgerService/GetShard',
    'back amqplib publish campanella.events',
    'back amqplib traced.things process',
    'back pg pg.query:INSERT',
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(JSON.stringify(spans)).not.toContain('once-only');
}, 60_000);

test('a log line says in which trace it was written', async () => {
  const effect = await eventually(() => spans.find(({ name }) => name === 'traced.things process'), {
    withinMs: 20_000,
  });
  const line = parts[0]
    ?.output()
    .split('\n')
    .find((text) => text.includes('effect stored'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ traceId: effect.traceId, spanId: effect.spanId });
});

test('spans of the last moment are sent before the process ends', async () => {
  const before = spans.length;
  const frontPort = await start('front', { BACK_ADDRESS: '127.0.0.1:1', OTEL_BSP_SCHEDULE_DELAY: '60000' });
  expect((await fetch(`http://127.0.0.1:${frontPort}/nothing-here`)).status).toBe(404);
  await parts.at(-1)?.kill('SIGTERM');
  expect(spans.slice(before).map(({ name }) => name)).toContain('GET');
}, 60_000);

/** The names of a span's ancestors and its own, first the root. */
function pathTo(span: Span): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  const name = `${span.service} ${span.scope} ${span.name.replace(/ t_[0-9a-f]+$/, '')}`;
  return [...(parent === undefined ? [] : pathTo(parent)), name];
}
