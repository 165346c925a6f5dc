import type { ClientRateLimitInfo, Store } from 'express-rate-limit';
import type { Redis } from 'ioredis';
import { orAway } from './redis.ts';

// One round trip; the window starts with the first hit and is never extended. EVAL and not EVALSHA: the script is short, and a
// restarted Redis knows no script.
const COUNT = `local hits = redis.call('incr', KEYS[1])
if hits == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end
return { hits, redis.call('pttl', KEYS[1]) }`;

/** Counts of requests in Redis, shared by all gateways. Throws while Redis is away: the limiter decides what that means. */
export function redisLimits(redis: Redis, name: string, windowMs: number): Store {
  const keyOf = (address: string) => `gateway:limit:${name}:${address}`;
  return {
    increment: async (address): Promise<ClientRateLimitInfo> => {
      const reply = await orAway(() => redis.eval(COUNT, 1, keyOf(address), windowMs));
      const [hits, leftMs] = Array.isArray(reply) ? reply : [];
      return { totalHits: Number(hits), resetTime: new Date(Date.now() + Math.max(0, Number(leftMs))) };
    },
    decrement: async (address) => {
      await orAway(() => redis.decr(keyOf(address)));
    },
    resetKey: async (address) => {
      await orAway(() => redis.del(keyOf(address)));
    },
  };
}
