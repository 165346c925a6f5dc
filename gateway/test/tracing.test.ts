import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@campanella/testkit';
import { expect, test } from '@jest/globals';
import { send } from './browser.ts';
import { startShore } from './shore.ts';

test('a trace goes on to the service, under the span of our own request to it', async () => {
  let exported = '';
  const collector = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      exported += chunk.toString('latin1');
    });
    request.on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  const shore = await startShore({
    NODE_OPTIONS: '--import @campanella/service-kit/telemetry',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_SERVICE_NAME: 'gateway',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  try {
    const { cookie } = await shore.person();
    await send(`${shore.url}/api/ledger/balances`, { headers: { cookie } });
    const [, traceId, spanId] = String(shore.ledger.received[0]?.headers['traceparent']).split('-');
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    await eventually(() => exported.includes('/api/ledger/balances'), { withinMs: 10_000 });
    await eventually(() => shore.gateway.output().includes(`"traceId":"${traceId}"`), { withinMs: 5_000 });
  } finally {
    await shore.close();
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
  }
}, 60_000);
