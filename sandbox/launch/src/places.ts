import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the project. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Where a running platform keeps its data, logs and run.json; git-ignored. */
export const DEFAULT_FOLDER = join(ROOT, '.campanella');

/**
 * Where PostgreSQL's data go: under the platform's folder, unless we are root and the server's own user could not enter it.
 */
export function postgresFolder(folder: string): string {
  const inside = join(folder, 'data', 'postgres');
  if (process.getuid?.() !== 0 || isEnterableByOthers(folder)) return inside;
  return join('/var/tmp', `campanella-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`, 'postgres');
}

function isEnterableByOthers(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    const mode = statSync(at, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Where the platform of a folder keeps pupils' documents. */
export function documentFolder(folder: string): string {
  return join(folder, 'data', 'documents');
}
