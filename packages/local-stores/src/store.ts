import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** A server that was started here: its address, its process, and ways to end it. */
export interface Store {
  readonly url: string;
  readonly pid: number;
  /** Ends it in its own orderly way and keeps its data. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would, and keeps its data. */
  kill(): Promise<void>;
  /** Ends it in an orderly way if it runs, and starts it on the same port and data. */
  restart(): Promise<void>;
}

export interface ServerProcess {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** Resolves when the server answers; rejects while it does not. */
  readonly ping: () => Promise<void>;
  readonly readyWithinMs: number;
  readonly stopSignal: NodeJS.Signals;
  readonly killSignal: NodeJS.Signals;
}

/** Runs a server as a child in a process group of its own, and knows how to end and start it again. */
export async function runStore(name: string, url: string, server: ServerProcess): Promise<Store> {
  let child = await startChild(name, server);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    // A crash takes the whole group: a server may be a script with the real one below it.
    if (signal === 'SIGKILL' && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
    await exited;
  };
  return {
    url,
    get pid() {
      return child.pid ?? 0;
    },
    stop: () => end(server.stopSignal),
    kill: () => end(server.killSignal),
    async restart() {
      await end(server.stopSignal);
      child = await startChild(name, server);
    },
  };
}

const PING_EVERY_MS = 25;
const OUTPUT_KEPT = 4_000;

async function startChild(name: string, server: ServerProcess): Promise<ChildProcess> {
  const child = spawn(server.program, [...server.arguments], {
    env: { ...process.env, ...server.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal reaches the launcher, which ends its servers in order.
    detached: true,
    ...(server.uid === undefined ? {} : { uid: server.uid }),
    ...(server.gid === undefined ? {} : { gid: server.gid }),
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-OUTPUT_KEPT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${name} could not be started: ${cause.message}`, { cause })));
    child.once('exit', (code, signal) =>
      reject(new Error(`${name} ended at its start (${signal ?? code}):\n${output}`)),
    );
  });
  failed.catch(() => {});
  try {
    await Promise.race([failed, untilAnswered(name, server)]);
  } catch (cause) {
    child.kill('SIGKILL');
    throw cause;
  }
  // From here on a server that ends does not keep this process alive, nor end it.
  child.unref();
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null && 'unref' in stream) (stream as { unref(): void }).unref();
  return child;
}

async function untilAnswered(name: string, server: ServerProcess): Promise<void> {
  const deadline = Date.now() + server.readyWithinMs;
  for (;;) {
    try {
      await server.ping();
      return;
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`${name} did not answer within ${server.readyWithinMs} ms`, { cause });
      await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS));
    }
  }
}

/** Below the ports that systems give to outgoing connections: one of those may take a port between this look and its use. */
const PORTS = { from: 15_000, count: 17_000 };
const PORT_ATTEMPTS_MAX = 100;
const given = new Set<number>();

/** A TCP port of loopback that was free a moment ago; never the same one twice in a process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS_MAX; attempt += 1) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error('no free port was found');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
