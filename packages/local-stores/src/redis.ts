import { mkdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import { findProgram } from './programs.ts';
import { freePort, runStore, type Store } from './store.ts';

export interface RedisOptions {
  readonly folder: string;
  readonly port?: number;
  readonly password?: string;
  /** Arguments beyond ours, e.g. `['--appendonly', 'yes']`. */
  readonly arguments?: readonly string[];
}

/** Starts Redis on loopback. As the ledger wants it: without persistence, and without eviction. */
export async function startRedis(options: RedisOptions): Promise<Store> {
  const program = findProgram('redis-server');
  if (program === null) throw new Error('Redis is not on this machine: install it (Debian: redis-server)');
  mkdirSync(options.folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const { password } = options;
  const url = `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`;
  return runStore('Redis', url, {
    program,
    arguments: [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', options.folder],
      ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction', '--daemonize', 'no'],
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...(options.arguments ?? []),
    ],
    environment: {},
    ping: () => pingRedis(url),
    readyWithinMs: 10_000,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
  });
}

async function pingRedis(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}
