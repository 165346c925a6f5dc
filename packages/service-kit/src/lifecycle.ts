import { finishBeforeExit } from './before-exit.ts';
import { ConfigurationError } from './config.ts';
import type { Logger } from './logger.ts';
import { opsServer } from './ops-server.ts';

/** One thing that a process starts and stops: a pool, a server, a relay. */
export interface Part {
  readonly name: string;
  /** Resolves when the part can be used by those after it. */
  start(): Promise<void>;
  /** Ends what runs, then resolves. Called once, also after a failed start of a later part. */
  stop(): Promise<void>;
  /** Rejects with the reason while the part cannot serve. */
  checkReady?(): Promise<void>;
  /** Takes, before the start, what the part calls if it breaks for good while it runs; the service then ends with a failure. */
  onBroken?(report: (cause: unknown) => void): void;
}

export interface ServiceOptions {
  readonly logger: Logger;
  readonly service: string;
  readonly stopWithinMs: number;
  readonly listenHost: string;
  readonly opsPort: number;
  readonly parts: readonly Part[];
}

/** Why a service ends. */
type Ending = { readonly signal: NodeJS.Signals } | { readonly broken: string; readonly cause: unknown };

/**
 * Runs a service: starts the parts left to right, each ready before the next, then waits for SIGTERM or SIGINT (which also ends a start
 * under way) and stops them right to left, so that new work ends first. A second signal, or a stop that takes longer than
 * `stopWithinMs`, ends the process at once. While it runs, /live, /ready and /metrics answer on the ops port.
 *
 * @throws what a part's start threw, or an Error that names the part that broke, after the parts already started were stopped
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const { logger, parts, stopWithinMs } = options;
  const ops = opsServer({ host: options.listenHost, port: options.opsPort, parts });
  const all = [ops, ...parts];
  const ending = whenEnding(all);
  const begun: Part[] = [];
  let ended: Ending | null = null;
  try {
    for (const part of all) {
      ended = await Promise.race([startPart(part), ending]);
      begun.push(part);
      if (ended !== null) break;
    }
  } catch (cause) {
    await stopAll(begun, logger, stopWithinMs);
    throw cause;
  }
  if (ended === null) {
    ops.markStarted();
    logger.info({ opsAddress: ops.address }, 'service ready');
    ended = await ending;
  }
  ops.markStopping();
  process.once('SIGTERM', () => process.exit(1));
  process.once('SIGINT', () => process.exit(1));
  if ('signal' in ended) logger.info({ signal: ended.signal }, 'service stopping');
  else logger.error({ part: ended.broken, err: ended.cause }, 'a part broke; the service stops');
  await stopAll(begun, logger, stopWithinMs);
  if ('broken' in ended) {
    const reason = ended.cause instanceof Error ? ended.cause.message : String(ended.cause);
    throw new Error(`${ended.broken} broke: ${reason}`, { cause: ended.cause });
  }
  logger.info({}, 'service stopped');
}

async function startPart(part: Part): Promise<null> {
  await part.start();
  return null;
}

function whenEnding(parts: readonly Part[]): Promise<Ending> {
  return new Promise((resolve) => {
    process.once('SIGTERM', (signal) => resolve({ signal }));
    process.once('SIGINT', (signal) => resolve({ signal }));
    for (const part of parts) part.onBroken?.((cause) => resolve({ broken: part.name, cause }));
  });
}

async function stopAll(parts: readonly Part[], logger: Logger, withinMs: number): Promise<void> {
  const deadline = setTimeout(() => {
    logger.error({ withinMs }, 'a part did not stop in time');
    process.exit(1);
  }, withinMs);
  for (const part of parts.toReversed()) {
    try {
      await part.stop();
    } catch (cause) {
      logger.warn({ part: part.name, err: cause }, 'a part did not stop cleanly');
    }
  }
  clearTimeout(deadline);
}

/** The exit status of a process that was configured wrongly (EX_CONFIG). */
const EXIT_CONFIGURATION = 78;

/**
 * Runs a process's main function and turns what it throws into one clear line and an exit status: 78 for a wrong
 * environment, 1 for anything else. Ends the process when main returns, so that a forgotten handle cannot keep it.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  process.once('unhandledRejection', failWith);
  process.once('uncaughtException', failWith);
  try {
    await main();
    await finishBeforeExit();
    process.exit(0);
  } catch (cause) {
    failWith(cause);
  }
}

function failWith(cause: unknown): never {
  if (cause instanceof ConfigurationError) {
    process.stderr.write(`${cause.message}\n`);
    process.exit(EXIT_CONFIGURATION);
  }
  process.stderr.write(`${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`);
  process.exit(1);
}
