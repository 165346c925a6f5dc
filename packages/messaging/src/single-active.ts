import type { Database } from '@campanella/postgres';
import type { Logger, Part } from '@campanella/service-kit';
import type { Bus } from './bus.ts';

/** Wait between two rounds while something was published within the last second: an event is on its way in under 50 ms. */
const BUSY_POLL_MS = 15;
const BUSY_FOR_MS = 1_000;
/** Wait between two rounds otherwise. NOTIFY would spare it, at the price of one commit at a time in the whole database. */
const IDLE_POLL_MS = 100;
const FAULT_WAIT_MS = 500;

export interface SingleActiveOptions {
  readonly name: string;
  /** Names the lock: one relay of a database holds it. */
  readonly lock: string;
  readonly database: Database;
  readonly bus: Bus;
  readonly logger: Logger;
  /** Publishes what there is; answers whether there was anything. */
  readonly round: () => Promise<boolean>;
}

/**
 * Runs a relay of which only one is active among all replicas, so that what it publishes keeps its order: by a session lock in PostgreSQL
 * that goes over when its holder dies. While the broker is away it waits; a round that fails is begun again.
 */
export function singleActive(options: SingleActiveOptions): Part {
  const { name, lock, database, bus, logger, round } = options;
  const stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();

  async function relayWhileLocked(): Promise<void> {
    const session = await database.connect();
    const lost = new AbortController();
    session.once('end', () => lost.abort());
    const isOver = () => stopping.signal.aborted || lost.signal.aborted;
    try {
      while (!isOver()) {
        const { rows } = await session.query<{ held: boolean }>('select pg_try_advisory_lock(hashtext($1)) as held', [
          lock,
        ]);
        if (rows[0]?.held === true) break;
        await pause(FAULT_WAIT_MS, stopping.signal);
      }
      let busyUntil = 0;
      while (!isOver()) {
        if (!bus.canPublish) await pause(FAULT_WAIT_MS, stopping.signal);
        else if (await round()) busyUntil = performance.now() + BUSY_FOR_MS;
        else await pause(performance.now() < busyUntil ? BUSY_POLL_MS : IDLE_POLL_MS, stopping.signal);
      }
    } finally {
      await session.end().catch(() => {});
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await relayWhileLocked();
      } catch (cause) {
        logger.warn({ err: cause, relay: name }, 'a relay failed and begins again');
        await pause(FAULT_WAIT_MS, stopping.signal);
      }
    }
  }

  return {
    name,
    async start() {
      loop = run();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

/** Waits, or less where the signal comes first. */
export function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done);
  });
}
