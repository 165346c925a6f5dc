import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const LOOK_EVERY_MS = 50;
const READY_WITHIN_MS = 60_000;

/** A part under measurement. */
export interface BenchProcess {
  stop(): Promise<void>;
}

/** Starts a part of the repository and waits until `readyUrl` answers 200. */
export async function startPart(
  entry: string,
  environment: Readonly<Record<string, string>>,
  readyUrl: string,
  profileFolder: string | null,
): Promise<BenchProcess> {
  const profile = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const child = spawn(process.execPath, ['--no-warnings', ...profile, root(entry)], {
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
    if (hasEnded(child) || Date.now() > deadline) throw new Error(`${entry} is not ready:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return {
    async stop() {
      if (!hasEnded(child)) child.kill('SIGTERM');
      await exited;
    },
  };
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
