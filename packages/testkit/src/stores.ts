import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RabbitStore, type Store, startPostgres, startRabbit, startRedis } from '@campanella/local-stores';
import { migrate } from '@campanella/postgres';
import { createLogger } from '@campanella/service-kit';
import pg from 'pg';
import { sharedStores } from './shared-stores.ts';

/** Something of a test's own, to be given back. */
export interface Borrowed {
  readonly url: string;
  /** Gives it back. @throws Error where the test left a connection open */
  close(): Promise<void>;
}

const CONNECTIONS_GONE_WITHIN_MS = 5_000;

/**
 * Makes a database of the test file's own in the shared PostgreSQL, migrated from a folder where one is given. Closing fails the test when it
 * left connections open.
 */
export async function privateDatabase(options: { readonly migrations?: string | URL } = {}): Promise<Borrowed> {
  const { postgresUrl } = sharedStores();
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onServer(postgresUrl, (client) => client.query(`create database ${name}`));
  const address = new URL(postgresUrl);
  address.pathname = `/${name}`;
  const url = address.href;
  if (options.migrations !== undefined) {
    await migrate({ url, folder: options.migrations, logger: createLogger({ service: 'test', level: 'warn' }) });
  }
  return {
    url,
    async close() {
      const leaked = await leakedConnections(postgresUrl, name);
      await onServer(postgresUrl, (client) => client.query(`drop database ${name} with (force)`));
      if (leaked.length > 0) throw new Error(`the test left connections open: ${leaked.join('; ')}`);
    },
  };
}

/** A connection that was ended is gone from the server a moment later: only those that stay are leaks. */
async function leakedConnections(serverUrl: string, database: string): Promise<string[]> {
  return onServer(serverUrl, async (client) => {
    const deadline = Date.now() + CONNECTIONS_GONE_WITHIN_MS;
    for (;;) {
      const { rows } = await client.query<{ application_name: string; query: string }>(
        'select application_name, left(query, 80) as query from pg_stat_activity where datname = $1',
        [database],
      );
      if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => `${row.application_name}: ${row.query}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}

async function onServer<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: 'testkit' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Makes a vhost of the test file's own in the shared RabbitMQ. */
export async function privateVhost(): Promise<Borrowed> {
  const { rabbitUrl, rabbitControl } = sharedStores();
  const name = `t_${randomBytes(6).toString('hex')}`;
  rabbitControl('add_vhost', name);
  rabbitControl('set_permissions', '-p', name, 'campanella', '.*', '.*', '.*');
  return {
    url: `${rabbitUrl}/${name}`,
    async close() {
      rabbitControl('delete_vhost', name);
    },
  };
}

/** A Redis of the test's own: 40 ms, so nobody shares one. */
export function privateRedis(...redisArguments: readonly string[]): Promise<PrivateStore> {
  return inTemporaryFolder('redis', (folder) => startRedis({ folder, arguments: redisArguments }));
}

/** A PostgreSQL of the test's own, to be killed at will. */
export function privatePostgres(settings: Readonly<Record<string, string>> = {}): Promise<PrivateStore> {
  return inTemporaryFolder('postgres', (folder) =>
    startPostgres({ folder: join(folder, 'data'), isThrowAway: true, settings }),
  );
}

/** A RabbitMQ of the test's own, to be killed at will; ready in 5 to 8 s. */
export function privateRabbit(): Promise<PrivateStore & RabbitStore> {
  return inTemporaryFolder('rabbit', (folder) => startRabbit({ folder }));
}

/** A server of a test's own. */
export interface PrivateStore extends Store {
  /** Stops it and removes its data. */
  close(): Promise<void>;
}

async function inTemporaryFolder<Kind extends Store>(
  name: string,
  start: (folder: string) => Promise<Kind>,
): Promise<Kind & PrivateStore> {
  const folder = mkdtempSync(join(tmpdir(), `campanella-${name}-`));
  // The server's user is not ours, and must be able to enter.
  chmodSync(folder, 0o755);
  const store = await start(folder);
  return Object.defineProperties({} as Kind & PrivateStore, {
    ...Object.getOwnPropertyDescriptors(store),
    close: {
      value: async () => {
        await store.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    },
  });
}
