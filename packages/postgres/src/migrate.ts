import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger, type Logger, readConfig, runMain } from '@campanella/service-kit';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { z } from 'zod';

const FILE = /^\d{6}_[a-z0-9_]+\.sql$/;

export interface MigrateOptions {
  readonly url: string;
  /** Folder of numbered files such as `000001_accounts.sql`. */
  readonly folder: string | URL;
  readonly logger: Logger;
}

/**
 * Brings a database to the newest schema: runs what has not run, in order, each file in a transaction of its own. Forward only. Two
 * runners at once wait for each other. Running again changes nothing.
 *
 * @throws Error where a file that has run was edited, renamed or removed, naming it
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { url, logger } = options;
  const folder = typeof options.folder === 'string' ? options.folder : fileURLToPath(options.folder);
  const files = migrationFiles(folder);
  const client = new pg.Client({ connectionString: url, application_name: 'migrate', connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    // One runner at a time holds this from the first check to the last file.
    await client.query(`select pg_advisory_lock(hashtext('campanella migrations'))`);
    await client.query(
      'create table if not exists migration_checksums (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    );
    const ran = await namesRun(client);
    const known = await client.query<{ name: string; sha256: string }>('select name, sha256 from migration_checksums');
    refuseEdited(
      known.rows.filter(({ name }) => ran.has(name)),
      folder,
      files,
    );
    // Before they run, so that a runner that dies between two files leaves none unknown; what has not run may still change.
    for (const name of files) {
      if (!ran.has(name)) await rememberChecksum(client, name, checksum(folder, name));
    }
    const applied = await runner({
      dbClient: client,
      dir: folder,
      ignorePattern: '(schema\\.sql|\\..*)',
      migrationsTable: 'migrations',
      direction: 'up',
      singleTransaction: false,
      checkOrder: true,
      noLock: true,
      logger: quietLogger(logger),
    });
    logger.info({ applied: applied.map(({ name }) => name), present: files.length }, 'database migrated');
  } finally {
    await client.end();
  }
}

/** @throws Error for a file that would never run, or not where its author thinks */
function migrationFiles(folder: string): string[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.sql') && name !== 'schema.sql')
    .sort();
  const numbers = new Map<string, string>();
  for (const name of files) {
    if (!FILE.test(name)) throw new Error(`migration ${name} is not named like 000001_accounts.sql: rename it`);
    const other = numbers.get(name.slice(0, 6));
    if (other !== undefined) throw new Error(`migrations ${other} and ${name} have one number: renumber the newer one`);
    numbers.set(name.slice(0, 6), name);
  }
  return files;
}

/** The files that have run, as the runner's own table says. */
async function namesRun(client: pg.Client): Promise<Set<string>> {
  const { rows: tables } = await client.query<{ there: boolean }>(
    `select to_regclass('migrations') is not null as there`,
  );
  if (tables[0]?.there !== true) return new Set();
  const { rows } = await client.query<{ name: string }>('select name from migrations');
  return new Set(rows.map(({ name }) => `${name}.sql`));
}

async function rememberChecksum(client: pg.Client, name: string, sha256: string): Promise<void> {
  await client.query(
    `insert into migration_checksums (name, sha256) values ($1, $2)
     on conflict (name) do update set sha256 = excluded.sha256, applied_at = now()`,
    [name, sha256],
  );
}

function refuseEdited(
  known: readonly { name: string; sha256: string }[],
  folder: string,
  files: readonly string[],
): void {
  for (const { name, sha256 } of known) {
    if (!files.includes(name))
      throw new Error(`migration ${name} has run here but is not in the folder any more: put it back`);
    if (checksum(folder, name) !== sha256)
      throw new Error(`migration ${name} was edited after it ran here: undo that, and add a new file`);
  }
}

function checksum(folder: string, name: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');
}

function quietLogger(logger: Logger) {
  const debug = (text: string) => logger.debug({ text }, 'migration step');
  return { debug, info: debug, warn: debug, error: (text: string) => logger.error({ text }, 'migration failed') };
}

/** The whole `migrate.ts` of a service: migrates the database of DATABASE_URL from a folder, then ends the process. */
export function migrateMain(folder: string | URL): Promise<void> {
  return runMain(async () => {
    const config = readConfig(z.object({ DATABASE_URL: z.url().describe('The database to migrate') }), process.env);
    await migrate({ url: config.DATABASE_URL, folder, logger: createLogger({ service: 'migrate', level: 'info' }) });
  });
}
