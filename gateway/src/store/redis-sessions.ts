import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Sessions } from '../app/sessions.ts';
import { SESSION_IDLE_MS } from '../domain/session.ts';
import { orAway } from './redis.ts';

const ID_BYTES = 32;
const ID = /^[\w-]{43}$/;

const Stored = z.object({
  municipalityId: z.int().positive(),
  personId: z.string(),
  displayName: z.string(),
  signInId: z.string(),
  csrfToken: z.string(),
  endsAt: z.coerce.date(),
});

/**
 * Sessions in Redis. The browser holds 256 random bits; Redis knows only their SHA-256, so that a copy of Redis opens no session.
 * Redis forgets a session by itself after its idle time, which every look renews.
 */
export function redisSessions(redis: Redis): Sessions {
  return {
    open: async (session) => {
      const sessionId = randomBytes(ID_BYTES).toString('base64url');
      await orAway(() => redis.set(keyOf(sessionId), JSON.stringify(session), 'PX', SESSION_IDLE_MS));
      return sessionId;
    },
    find: async (sessionId, now) => {
      if (!ID.test(sessionId)) return null;
      const text = await orAway(() => redis.getex(keyOf(sessionId), 'PX', SESSION_IDLE_MS));
      if (text === null) return null;
      // Written by an older or newer gateway in another form: sign in again, rather than fail until it expires.
      const { data: session } = Stored.safeParse(JSON.parse(text));
      return session !== undefined && session.endsAt > now ? session : null;
    },
    close: async (sessionId) => {
      if (ID.test(sessionId)) await orAway(() => redis.del(keyOf(sessionId)));
    },
  };
}

function keyOf(sessionId: string): string {
  return `gateway:session:${createHash('sha256').update(sessionId).digest('hex')}`;
}
