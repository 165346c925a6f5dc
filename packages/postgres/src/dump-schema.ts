import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes out a database's schema as SQL in a stable form, by pg_dump: what `migrations/schema.sql` of a service must say.
 *
 * @returns null where no pg_dump of PostgreSQL is on the machine
 */
export function dumpSchema(url: string): string | null {
  const program = findPgDump();
  if (program === null) return null;
  const dump = execFileSync(
    program,
    ['--schema-only', '--no-owner', '--no-privileges', '--no-comments', `--dbname=${url}`],
    {
      encoding: 'utf8',
    },
  );
  const lines = dump
    .split('\n')
    // Versions, session settings and the random token of newer releases say nothing about the schema.
    .filter((line) => !/^(--|SET |SELECT pg_catalog\.set_config|\\)/.test(line));
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

function findPgDump(): string | null {
  const debian = '/usr/lib/postgresql';
  const folders = existsSync(debian) ? readdirSync(debian).map((version) => `${debian}/${version}/bin`) : [];
  const candidates = [...folders.sort().toReversed(), ...(process.env['PATH'] ?? '').split(':')].map(
    (folder) => `${folder}/pg_dump`,
  );
  return candidates.find((path) => existsSync(path)) ?? null;
}

/**
 * As a program, in the folder of a service: `DATABASE_URL=… node ../../packages/postgres/src/dump-schema.ts [--check]` writes
 * migrations/schema.sql, or with --check fails where it differs from a database that is freshly migrated.
 */
function main(file: string, isCheck: boolean): void {
  const url = process.env['DATABASE_URL'];
  if (url === undefined) throw new Error('DATABASE_URL is missing: set it to a database that is freshly migrated');
  const schema = dumpSchema(url);
  if (schema === null) throw new Error('there is no pg_dump on this machine: install the PostgreSQL client');
  if (!isCheck) writeFileSync(file, schema);
  else if (readFileSync(file, 'utf8') !== schema) throw new Error(`${file} is not the schema that the migrations make`);
}

if (import.meta.main) main('migrations/schema.sql', process.argv.includes('--check'));
