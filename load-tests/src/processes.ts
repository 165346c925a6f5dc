import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const LOOK_EVERY_MS = 50;
const READY_WITHIN_MS = 60_000;

/** A part under measurement. */
export interface BenchProcess {
  stop(): Promise<void>;
}

/** How a part under measurement is started. */
export interface StartOptions {
  /** Where it writes its CPU profile when it ends; null for none. */
  readonly profileFolder?: string | null;
  /** The one core it may use; null for all. */
  readonly core?: number | null;
}

/** Starts a part of the repository and waits until `readyUrl` answers 200. */
export function startPart(
  entry: string,
  environment: Readonly<Record<string, string>>,
  readyUrl: string,
  { profileFolder = null, core = null }: StartOptions = {},
): Promise<BenchProcess> {
  const profile = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const words = [process.execPath, '--no-warnings', ...profile, root(entry)];
  return startProgram(words, environment, readyUrl, core);
}

/** Starts a program, on one core where `core` says so, and waits until `readyUrl` answers 200. */
export async function startProgram(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  readyUrl: string,
  core: number | null = null,
): Promise<BenchProcess> {
  const [command = '', ...rest] = core === null ? words : ['taskset', '--cpu-list', String(core), ...words];
  const child = spawn(command, rest, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_000);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(readyUrl))) {
    if (hasEnded(child) || Date.now() > deadline) throw new Error(`${words.join(' ')} is not ready:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return {
    async stop() {
      if (!hasEnded(child)) child.kill('SIGTERM');
      await exited;
    },
  };
}

/**
 * Gives the measured program a core of its own and this process, with what it starts without a core, the other one: a generator of load that
 * takes from what it measures measures itself.
 *
 * @returns the measured program's core; null where the machine has one core or no `taskset`
 */
export function splitCores(): number | null {
  if (availableParallelism() < 2) return null;
  const { status } = spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '1', String(process.pid)]);
  return status === 0 ? 0 : null;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Runs a service's migrations as its own job does. */
export function migrateDatabase(service: string, databaseUrl: string): void {
  execFileSync(process.execPath, ['--no-warnings', root(`services/${service}/src/migrate.ts`)], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
