import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders outside PATH in which package managers put PostgreSQL's server programs, newest first. */
export function postgresFolders(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...brew('postgresql@18'),
    ...brew('postgresql@17'),
  ];
}

/** Folders that hold RabbitMQ's own scripts: Debian's wrappers in PATH would switch to its user and its system folders. */
export function rabbitFolders(): string[] {
  return ['/usr/lib/rabbitmq/bin', ...brew('rabbitmq').map((folder) => folder.replace(/bin$/, 'sbin'))];
}

function brew(formula: string): string[] {
  return ['/opt/homebrew/opt', '/usr/local/opt'].map((prefix) => join(prefix, formula, 'bin'));
}

/** The path of a program, looked for in the given folders first and then in PATH; null where it is nowhere. */
export function findProgram(name: string, folders: readonly string[] = []): string | null {
  const candidates = [...folders, ...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'].map((folder) =>
    join(folder, name),
  );
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
