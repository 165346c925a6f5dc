import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Sessions } from '../app/sessions.ts';
import { SESSION_IDLE_MS, SESSION_LONGEST_MS, type Session } from '../domain/session.ts';
import { orAway } from './redis.ts';

const ID_BYTES = 32;
const ID = /^[\w-]{43}$/;
const GENERATION_BYTES = 16;

/** Written with every session; `owner` and `generation` tie it to its person, `endsAtMs` is its absolute end. */
const Stored = z.object({
  owner: z.string(),
  generation: z.string(),
  endsAtMs: z.number(),
  municipalityId: z.int().positive(),
  personId: z.string(),
  displayName: z.string(),
  signInId: z.string(),
  csrfToken: z.string(),
});

// Every script is EVAL and not EVALSHA: they are short, and a restarted Redis knows no script. Together they make signing out everywhere one
// deletion that cannot miss a session: a session lives only as long as its person's key holds the generation it was opened in. Whatever becomes
// of that key (deleted, expired, evicted, lost with a replica) ends sessions and never leaves one behind. It lives as long as the
// last session opened under it possibly can, so there is one key per person, and none for a person who is gone.

/** KEYS session, person. ARGV session's JSON without its generation, a new generation, idle time, longest time. */
const OPEN = `local generation = redis.call('get', KEYS[2]) or ARGV[2]
redis.call('set', KEYS[2], generation, 'px', ARGV[4])
local session = cjson.decode(ARGV[1])
session.generation = generation
redis.call('set', KEYS[1], cjson.encode(session), 'px', ARGV[3])`;

/** KEYS session. ARGV prefix of person keys, now, idle time. The person's key is named in the session: one round trip on every request. */
const FIND = `local text = redis.call('get', KEYS[1])
if not text then return false end
local readable, session = pcall(cjson.decode, text)
local isLive = readable and type(session) == 'table' and type(session.owner) == 'string'
  and type(session.endsAtMs) == 'number' and session.endsAtMs > tonumber(ARGV[2])
  and redis.call('get', ARGV[1] .. session.owner) == session.generation
if not isLive then
  redis.call('del', KEYS[1])
  return false
end
redis.call('pexpire', KEYS[1], math.min(tonumber(ARGV[3]), session.endsAtMs - tonumber(ARGV[2])))
return text`;

const PERSON_PREFIX = 'gateway:person:';

/**
 * Sessions in Redis. The browser holds 256 random bits; Redis knows only their SHA-256, so that a copy of Redis opens no session.
 * Redis forgets a session by itself after its idle time, which every look renews, and at its absolute end.
 */
export function redisSessions(redis: Redis): Sessions {
  return {
    open: async (session) => {
      const sessionId = randomBytes(ID_BYTES).toString('base64url');
      const generation = randomBytes(GENERATION_BYTES).toString('base64url');
      const owner = ownerOf(session.municipalityId, session.personId);
      const { endsAt, ...rest } = session;
      const text = JSON.stringify({ ...rest, owner, endsAtMs: endsAt.getTime() });
      const keys = [keyOf(sessionId), PERSON_PREFIX + owner];
      await orAway(() => redis.eval(OPEN, 2, ...keys, text, generation, SESSION_IDLE_MS, SESSION_LONGEST_MS));
      return sessionId;
    },
    find: async (sessionId, now) => {
      if (!ID.test(sessionId)) return null;
      const key = keyOf(sessionId);
      const text = await orAway(() => redis.eval(FIND, 1, key, PERSON_PREFIX, now.getTime(), SESSION_IDLE_MS));
      return typeof text === 'string' ? toSession(text) : null;
    },
    close: async (sessionId) => {
      if (ID.test(sessionId)) await orAway(() => redis.del(keyOf(sessionId)));
    },
    closeAll: async (municipalityId, personId) => {
      await orAway(() => redis.del(PERSON_PREFIX + ownerOf(municipalityId, personId)));
    },
  };
}

/** A session that an older or newer gateway wrote in another form is none: sign in again, rather than fail until it expires. */
function toSession(text: string): Session | null {
  const { data } = Stored.safeParse(JSON.parse(text));
  if (data === undefined) return null;
  const { municipalityId, personId, displayName, signInId, csrfToken } = data;
  return { municipalityId, personId, displayName, signInId, csrfToken, endsAt: new Date(data.endsAtMs) };
}

function keyOf(sessionId: string): string {
  return `gateway:session:${createHash('sha256').update(sessionId).digest('hex')}`;
}

function ownerOf(municipalityId: number, personId: string): string {
  return `${municipalityId}/${personId}`;
}
