import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ClearError } from './clear-error.ts';
import { ROOT } from './places.ts';

const READY_WITHIN_MS = 60_000;
const READY_EVERY_MS = 40;
const STOP_WITHIN_MS = 12_000;
const LINES_SHOWN = 15;

/** One part that the launcher runs: what is started, what it sees, and how it says that it is ready. */
export interface PartToStart {
  readonly name: string;
  /** Entry below the project's top. */
  readonly entry: string;
  readonly words?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 200 when the part is ready. */
  readonly readyUrl?: string;
  /** Or: what its log says when it is. */
  readonly readyText?: string;
}

/** A part that runs. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  readonly logFile: string;
  stop(): Promise<void>;
}

/**
 * Starts a part. Whoever asked can stop it from the first moment on.
 *
 * @returns the part, and what resolves when it is ready or rejects with a ClearError and the end of its log where it is not
 */
export function startPart(part: PartToStart, folder: string): { readonly child: Child; readonly ready: Promise<void> } {
  const logFile = join(folder, 'logs', `${part.name}.log`);
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const log = openSync(logFile, 'w');
  const tracing = tracingOf(part.name);
  const child = spawn(
    process.execPath,
    ['--no-warnings', ...tracing.flags, join(ROOT, part.entry), ...(part.words ?? [])],
    {
      cwd: ROOT,
      env: {
        ...tracing.environment,
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'compile'),
        ...part.environment,
      },
      stdio: ['ignore', log, log],
      // A group of its own: Ctrl-C reaches the launcher alone, which stops its parts in order.
      detached: true,
    },
  );
  closeSync(log);
  const running = toChild(part.name, child, logFile);
  return { child: running, ready: untilReady(part, running, logFile) };
}

async function untilReady(part: PartToStart, running: Child, logFile: string): Promise<void> {
  let end: string | null = null;
  void running.ended.then((how) => {
    end = how;
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(part, logFile))) {
    if (end !== null) throw new ClearError(`${part.name} ended at its start (${end}):\n${lastLines(logFile)}`);
    if (Date.now() > deadline) {
      await running.stop();
      throw new ClearError(`${part.name} was not ready within ${READY_WITHIN_MS / 1000} s:\n${lastLines(logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, READY_EVERY_MS));
  }
}

/** Where the launcher's own environment names a collector, every part sends its spans there. */
function tracingOf(name: string): {
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
} {
  const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (endpoint === undefined) return { flags: [], environment: {} };
  return {
    flags: ['--import', join(ROOT, 'packages', 'service-kit', 'src', 'telemetry.ts')],
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: name },
  };
}

function toChild(name: string, child: ChildProcess, logFile: string): Child {
  const ended = new Promise<string>((resolve) => {
    child.once('error', (cause) => resolve(cause.message));
    child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
  });
  return {
    name,
    pid: child.pid ?? 0,
    ended,
    logFile,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

async function isReady(part: PartToStart, logFile: string): Promise<boolean> {
  if (part.readyText !== undefined) return readFileSync(logFile, 'utf8').includes(part.readyText);
  if (part.readyUrl === undefined) return true;
  const response = await fetch(part.readyUrl, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  await response?.body?.cancel();
  return response?.ok === true;
}

/** The end of a log, for whoever must see why a part failed. */
export function lastLines(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
}

/** Runs a program to its end; its output goes to a log. @throws ClearError with the log's end where it fails */
export async function runToEnd(
  name: string,
  program: string,
  words: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const logFile = join(folder, 'logs', `${name}.log`);
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const log = openSync(logFile, 'w');
  const child = spawn(program, [...words], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const how = await toChild(name, child, logFile).ended;
  if (how !== 'status 0') throw new ClearError(`${name} failed (${how}):\n${lastLines(logFile)}`);
}

/** Runs a program to its end, and gives the last line it printed. The log is removed: the line may be a secret. @throws ClearError where it fails */
export async function answerOf(
  name: string,
  program: string,
  words: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const logFile = join(folder, 'logs', `${name}.log`);
  await runToEnd(name, program, words, folder, environment);
  const [line = ''] = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-1);
  rmSync(logFile);
  return line;
}
