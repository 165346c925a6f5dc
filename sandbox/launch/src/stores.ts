import { join } from 'node:path';
import { type Store, startPostgres, startRabbit, startRedis } from '@campanella/local-stores';
import pg from 'pg';
import { DATABASES, type DatabaseName, type StoreUrls } from './parts.ts';
import { postgresFolder } from './places.ts';

/** The stores in use; those with an address in the environment are somebody else's and are not stopped. */
export interface RunningStores extends StoreUrls {
  readonly started: readonly { readonly name: string; readonly store: Store }[];
}

/** Starts the stores that no address in the environment names, and makes sure that every service has its database. */
export async function startStores(folder: string, password: string): Promise<RunningStores> {
  const {
    CAMPANELLA_POSTGRES_URL: ownPostgres,
    CAMPANELLA_REDIS_URL: ownRedis,
    CAMPANELLA_AMQP_URL: ownAmqp,
  } = process.env;
  const started: { name: string; store: Store }[] = [];
  const start = async (name: string, starting: Promise<Store>): Promise<string> => {
    const store = await starting;
    started.push({ name, store });
    return store.url;
  };
  const starting = [
    ownAmqp ?? start('rabbitmq', startRabbit({ folder: join(folder, 'data', 'rabbitmq'), password })),
    ownPostgres ?? start('postgres', startPostgres({ folder: postgresFolder(folder), password })),
    ownRedis ?? start('redis', startRedis({ folder: join(folder, 'data', 'redis'), password })),
  ] as const;
  // One that fails takes the others with it, those too that are ready later.
  const [amqpUrl, postgresUrl, redisUrl] = await Promise.all(starting).catch(async (cause) => {
    await Promise.allSettled(starting);
    await Promise.all(started.map(({ store }) => store.stop()));
    throw cause;
  });
  return { postgresUrl, redisUrl, amqpUrl, databaseUrls: await ensureDatabases(postgresUrl), started };
}

async function ensureDatabases(postgresUrl: string): Promise<Record<DatabaseName, string>> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    const present = new Set(rows.map(({ datname }) => datname));
    for (const name of DATABASES) if (!present.has(name)) await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  const urlOf = (name: DatabaseName): string => {
    const url = new URL(postgresUrl);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    identity: urlOf('identity'),
    anagrafica: urlOf('anagrafica'),
    attendance: urlOf('attendance'),
    ledger: urlOf('ledger'),
    billing: urlOf('billing'),
  };
}
