import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { findProgram, postgresFolders } from './programs.ts';
import { freePort, runStore, type Store } from './store.ts';

export interface PostgresOptions {
  /** Holds the data; made where it is not there. The server's user must be able to enter every folder above. */
  readonly folder: string;
  readonly port?: number;
  readonly password?: string;
  /** Settings beyond ours, e.g. `{ commit_delay: '3000' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Data that nobody will miss: initdb does not wait for the disk. The server itself always flushes. */
  readonly isThrowAway?: boolean;
}

/** Starts PostgreSQL on loopback with a superuser `campanella`; the data of an earlier start are kept. */
export async function startPostgres(options: PostgresOptions): Promise<Store> {
  const { folder, password = 'campanella' } = options;
  const user = serverUser();
  const initdb = findProgram('initdb', postgresFolders());
  const postgres = findProgram('postgres', postgresFolders());
  if (initdb === null || postgres === null)
    throw new Error('PostgreSQL is not on this machine: install it (Debian: postgresql)');
  if (!existsSync(join(folder, 'PG_VERSION'))) initialise(initdb, options, password, user);
  const port = options.port ?? (await freePort());
  const url = `postgres://campanella:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '256MB',
    max_connections: '300',
    min_wal_size: '1GB',
    max_wal_size: '4GB',
    ...options.settings,
  };
  return runStore('PostgreSQL', url, {
    program: postgres,
    arguments: [
      '-D',
      folder,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    environment: {},
    ...(user === null ? {} : user),
    ping: () => pingPostgres(url),
    readyWithinMs: 60_000,
    stopSignal: 'SIGINT',
    killSignal: 'SIGQUIT',
  });
}

async function pingPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => {});
  }
}

interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: then it runs as the user `postgres`. Null: as whoever we are. */
function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function initialise(initdb: string, options: PostgresOptions, password: string, user: ServerUser | null): void {
  const { folder } = options;
  // Only the last folder is the server's own: its user must be able to enter those above.
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const passwordFile = join(tmpdir(), `campanella-${process.pid}-${Date.now()}.pw`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== null) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    const flags = [
      '-D',
      folder,
      '-U',
      'campanella',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
    ];
    execFileSync(initdb, options.isThrowAway === true ? [...flags, '--no-sync'] : flags, {
      stdio: 'pipe',
      cwd: '/',
      ...(user ?? {}),
    });
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw cause;
  } finally {
    rmSync(passwordFile, { force: true });
  }
}
