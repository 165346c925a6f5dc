import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from './eventually.ts';

export interface PartOptions {
  /** The part's entry, e.g. `services/ledger/src/main.ts`, as a path or URL. */
  readonly entry: string | URL;
  /** All that the part sees beside PATH. */
  readonly environment: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
  /** Answers 200 when the part is ready, e.g. its /ready. */
  readonly readyUrl?: string;
  /** Or: a text that the part prints when it is ready. */
  readonly readyLine?: string;
  readonly readyWithinMs?: number;
}

/** A part that runs as a process of its own. */
export interface RunningPart {
  readonly pid: number;
  /** Sends a signal; resolves when the process has ended. Ended already: resolves at once. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** The exit status, or null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** The last of what it printed, standard output and error together. */
  output(): string;
}

const OUTPUT_KEPT = 200_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a part as a process and waits until it is ready.
 *
 * @throws Error with the last output where it ends or is not ready in time
 */
export async function startProcess(options: PartOptions): Promise<RunningPart> {
  const entry = options.entry instanceof URL ? options.entry.pathname : options.entry;
  const child = spawn(process.execPath, ['--no-warnings', entry, ...(options.arguments ?? [])], {
    env: { PATH: process.env['PATH'] ?? '', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-OUTPUT_KEPT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const part: RunningPart = {
    pid: child.pid ?? 0,
    exited,
    output: () => output,
    async kill(signal) {
      if (!hasEnded()) child.kill(signal);
      await exited;
    },
  };
  const isReady = async (): Promise<boolean> => {
    if (hasEnded()) return true;
    if (options.readyLine !== undefined) return output.includes(options.readyLine);
    if (options.readyUrl === undefined) return true;
    const response = await fetch(options.readyUrl, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    await response?.body?.cancel();
    return response?.ok === true;
  };
  try {
    await eventually(async () => ((await isReady()) ? true : null), { withinMs: options.readyWithinMs ?? 30_000 });
  } catch (cause) {
    await part.kill('SIGKILL');
    throw new Error(`${entry} was not ready in time:\n${output}`, { cause });
  }
  if (hasEnded() && (options.readyUrl !== undefined || options.readyLine !== undefined))
    throw new Error(`${entry} ended at its start:\n${output}`);
  return part;
}
