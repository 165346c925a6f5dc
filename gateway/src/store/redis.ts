import { once } from 'node:events';
import type { Logger, Part } from '@campanella/service-kit';
import { Redis } from 'ioredis';

/** Longest wait for one command: a session is read on every request, and a parent waits for it. */
const COMMAND_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_WAIT_MS_MAX = 1_000;
const START_WITHIN_MS = 30_000;

/** Redis is away or too slow. */
export class RedisAwayError extends Error {
  constructor(cause: unknown) {
    super('redis is away', { cause });
    this.name = 'RedisAwayError';
  }
}

/**
 * Opens the connection to Redis. Nothing queues while it is away: commands fail at once, and the connection comes back by itself.
 * The start waits for it; afterwards its absence does not make the gateway unready, since pages still are served and the rest is
 * answered with a clear 503.
 */
export function openRedis(url: string, logger: Logger): Part & { readonly redis: Redis } {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    // Commands of requests that are answered at the same time go out together.
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), RECONNECT_WAIT_MS_MAX),
  });
  let away = false;
  redis.on('error', (error) => {
    if (!away) logger.warn({ err: error }, 'redis is away: nobody can sign in, sessions cannot be read');
    away = true;
  });
  redis.on('ready', () => {
    if (away) logger.info('redis is back');
    away = false;
  });
  return {
    name: 'redis',
    redis,
    start: () => untilReady(redis),
    stop: async () => {
      redis.disconnect();
    },
  };
}

/** The connection is made again and again by the retry strategy; this waits for the first one. */
async function untilReady(redis: Redis): Promise<void> {
  const ready = once(redis, 'ready', { signal: AbortSignal.timeout(START_WITHIN_MS) });
  redis.connect().catch(() => undefined);
  try {
    await ready;
  } catch (cause) {
    redis.disconnect();
    throw new Error('Redis does not answer: check REDIS_URL and that the server runs', { cause });
  }
}

/** Runs commands; whatever goes wrong is {@link RedisAwayError}. */
export async function orAway<Result>(commands: () => Promise<Result>): Promise<Result> {
  try {
    return await commands();
  } catch (cause) {
    throw new RedisAwayError(cause);
  }
}
