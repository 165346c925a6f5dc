import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ClearError } from './clear-error.ts';
import { ROOT } from './places.ts';

const KILLED_AFTER_MS = 12_000;
const POLL_MS = 40;
const LINES_SHOWN = 20;

/** What to run as a process. */
export interface ProcessOrder {
  readonly name: string;
  /** The entry, from the project's top. */
  readonly entry: string;
  readonly arguments?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFolder: string;
}

/** A running process of ours. */
export interface PartProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves with how it ended, for people: `status 1` or a signal. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /** The last lines of its log. */
  lastLines(): string;
  /** Asks it to end, and makes it end where it does not. */
  stop(): Promise<void>;
}

/** What every process gets of our own environment; all else it is told by name. */
function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LOG_LEVEL', 'NODE_COMPILE_CACHE'].includes(name) || name.startsWith('OTEL_'),
  );
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Starts a part in a process group of its own, its output in its own log. */
export function startPart(order: ProcessOrder): PartProcess {
  const logFile = join(order.logFolder, `${order.name}.log`);
  const log = openSync(logFile, 'w');
  const telemetry = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] === undefined ? [] : ['--import', '@campanella/service-kit/telemetry'];
  const entry = join(ROOT, order.entry);
  const child = spawn(process.execPath, ['--no-warnings', ...telemetry, entry, ...(order.arguments ?? [])], {
    cwd: dirname(dirname(entry)),
    env: { ...inherited(), ...order.environment },
    stdio: ['ignore', log, log],
    // A group of its own: Ctrl-C in the terminal reaches the launcher, which ends the parts in order.
    detached: true,
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (cause) => resolve(cause.message));
    child.once('exit', (status, signal) => resolve(signal ?? `status ${status}`));
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  return {
    name: order.name,
    pid: child.pid ?? 0,
    ended,
    hasEnded,
    lastLines: () => `${logFile}:\n${readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LINES_SHOWN).join('\n')}`,
    stop: () => stopChild(child, ended, hasEnded),
  };
}

async function stopChild(child: ChildProcess, ended: Promise<string>, hasEnded: () => boolean): Promise<void> {
  if (hasEnded()) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), KILLED_AFTER_MS);
  await ended;
  clearTimeout(timer);
}

/** Runs a process to its end. @throws ClearError with the end of its log where it fails */
export async function runToEnd(order: ProcessOrder): Promise<void> {
  const part = startPart(order);
  const end = await part.ended;
  if (end !== 'status 0') throw new ClearError(`${order.name} failed (${end}). The end of ${part.lastLines()}`);
}

/** Asks again and again until the answer is yes. @throws ClearError when the process ends before, or the time is over */
export async function untilReady(part: PartProcess, isReady: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isReady().catch(() => false))) {
    if (part.hasEnded()) throw new ClearError(`${part.name} ended at its start (${await part.ended}). The end of ${part.lastLines()}`);
    if (Date.now() > deadline) throw new ClearError(`${part.name} was not ready within ${withinMs / 1000} s. The end of ${part.lastLines()}`);
    await wait(POLL_MS);
  }
  if (part.hasEnded()) throw new ClearError(`${part.name} ended at its start (${await part.ended}). The end of ${part.lastLines()}`);
}
