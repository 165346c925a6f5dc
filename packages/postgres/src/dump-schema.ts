import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

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
