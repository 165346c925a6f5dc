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
  const files = readdirSync(folder)
    .filter((name) => FILE.test(name))
    .sort();
  const client = new pg.Client({ connectionString: url, application_name: 'migrate', connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    // One runner at a time holds this from the first check to the last file.
    await client.query(`select pg_advisory_lock(hashtext('campanella migrations'))`);
    await client.query(
      'create table if not exists migration_checksums (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    );
    const known = await client.query<{ name: string; sha256: string }>(
      'select name, sha256 from migration_checksums order by name',
    );
    refuseEdited(known.rows, folder, files);
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
    for (const name of files.slice(known.rows.length)) {
      await client.query('insert into migration_checksums (name, sha256) values ($1, $2) on conflict do nothing', [
        name,
        checksum(folder, name),
      ]);
    }
    logger.info({ applied: applied.map(({ name }) => name), present: files.length }, 'database migrated');
  } finally {
    await client.end();
  }
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
