import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Part } from './lifecycle.ts';
import { listen } from './listen.ts';
import { registry } from './metrics.ts';

/** A check of a store that takes longer counts as failed. */
const READY_WITHIN_MS = 2_000;
/** An event loop that stood still for so long within the last check is stuck. */
const LOOP_STUCK_MS = 5_000;

export interface OpsServer extends Part {
  readonly address: string;
  markStarted(): void;
  markStopping(): void;
}

/**
 * Serves, for probes and scrapers only: `/live` (the event loop moves; never a store), `/ready` (started, not stopping, and
 * every part's check passes; 503 with the failing parts and why), `/metrics` (Prometheus).
 */
export function opsServer(options: {
  readonly host: string;
  readonly port: number;
  readonly parts: readonly Part[];
}): OpsServer {
  let address = '';
  let phase: 'starting' | 'started' | 'stopping' = 'starting';
  const loop = monitorEventLoopDelay({ resolution: 100 });
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'application/json') => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    if (request.url === '/live') {
      const lagMs = loop.max / 1e6;
      loop.reset();
      return answer(lagMs > LOOP_STUCK_MS ? 503 : 200, JSON.stringify({ lagMs: Math.round(lagMs) }));
    }
    if (request.url === '/metrics') {
      return void registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        () => answer(500, JSON.stringify({ reason: 'a metric cannot be read' })),
      );
    }
    if (request.url === '/ready') {
      if (phase !== 'started') return answer(503, JSON.stringify({ ready: false, phase }));
      return void failingParts(options.parts).then((failing) =>
        answer(failing.length === 0 ? 200 : 503, JSON.stringify({ ready: failing.length === 0, failing })),
      );
    }
    return answer(404, JSON.stringify({ paths: ['/live', '/ready', '/metrics'] }));
  });
  return {
    name: 'ops',
    get address() {
      return address;
    },
    onBroken(report) {
      // A port that is taken is told by the start; what comes later ends the service.
      server.once('listening', () => server.on('error', report));
    },
    async start() {
      address = await listen(server, { name: 'OPS_PORT', ...options });
      loop.enable();
    },
    async stop() {
      loop.disable();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    markStarted: () => {
      phase = 'started';
    },
    markStopping: () => {
      phase = 'stopping';
    },
  };
}

async function failingParts(parts: readonly Part[]): Promise<{ part: string; reason: string }[]> {
  const checks = parts.map(async (part) => {
    if (part.checkReady === undefined) return [];
    try {
      await withinTime(part.checkReady(), READY_WITHIN_MS);
      return [];
    } catch (cause) {
      return [{ part: part.name, reason: cause instanceof Error ? cause.message : String(cause) }];
    }
  });
  return (await Promise.all(checks)).flat();
}

function withinTime<Value>(promise: Promise<Value>, limitMs: number): Promise<Value> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs).unref();
  });
  return Promise.race([promise, late]);
}
