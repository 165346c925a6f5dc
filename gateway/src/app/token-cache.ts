import type { Session } from '../domain/session.ts';

/** What a person is in a municipality; the token says it too, for services to go by. */
export type PersonRole = 'guardian' | 'office' | 'school' | 'sre';

/** An internal identity token, as identity issued it. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: Date;
  readonly hasPupils: boolean;
  readonly role: PersonRole;
}

/** What the cache needs. */
export interface TokenCacheDeps {
  /** Asks identity; null when identity does not know the person (any more). @throws when it cannot answer */
  issue(municipalityId: number, personId: string): Promise<IssuedToken | null>;
  now(): Date;
  /** Told when identity did not answer and the token in hand is used on. */
  onStale(error: unknown): void;
}

/** Tokens of signed-in persons, one per sign-in. */
export interface TokenCache {
  /** A token that is still valid; null for a person whom identity does not know. @throws when there is none and identity is away */
  tokenFor(session: Session): Promise<IssuedToken | null>;
}

/** A token is renewed this long before it expires, so that none expires on its way. */
const RENEW_BEFORE_MS = 30_000;
/** No token is used longer than this, whatever it says of itself. */
const KEPT_MS_MAX = 5 * 60_000;
/** While identity is away and the token in hand is valid, identity is asked again no sooner than this. */
const ASK_AGAIN_MS = 5_000;
const ENTRIES_MAX = 20_000;

interface Entry {
  issued: IssuedToken | null;
  validUntilMs: number;
  renewAtMs: number;
  asking: Promise<IssuedToken | null> | null;
}

/**
 * Caches tokens in this process. Many requests of one person at once ask identity once. While identity (or anagrafica behind it) is
 * away, a token in hand is used until it expires: signed-in parents keep what it allows for up to 5 minutes.
 */
export function tokenCache(deps: TokenCacheDeps): TokenCache {
  const entries = new Map<string, Entry>();
  return {
    tokenFor: async (session) => {
      const key = `${session.municipalityId}/${session.signInId}`;
      const entry = entries.get(key) ?? { issued: null, validUntilMs: 0, renewAtMs: 0, asking: null };
      // Taken out and put back: the map's order is the order of last use, and the longest unused one goes first.
      entries.delete(key);
      entries.set(key, entry);
      const [oldest] = entries.keys();
      if (entries.size > ENTRIES_MAX && oldest !== undefined) entries.delete(oldest);
      if (entry.issued !== null && deps.now().getTime() < entry.renewAtMs) return entry.issued;
      entry.asking ??= ask(deps, session, entry).finally(() => {
        entry.asking = null;
      });
      const issued = await entry.asking;
      if (issued === null) entries.delete(key);
      return issued;
    },
  };
}

async function ask(deps: TokenCacheDeps, session: Session, entry: Entry): Promise<IssuedToken | null> {
  try {
    const askedAtMs = deps.now().getTime();
    const issued = await deps.issue(session.municipalityId, session.personId);
    entry.issued = issued;
    if (issued === null) return null;
    entry.validUntilMs = Math.min(issued.expiresAt.getTime(), askedAtMs + KEPT_MS_MAX);
    entry.renewAtMs = entry.validUntilMs - RENEW_BEFORE_MS;
    return issued;
  } catch (error) {
    const nowMs = deps.now().getTime();
    if (entry.issued === null || nowMs >= entry.validUntilMs) throw error;
    deps.onStale(error);
    entry.renewAtMs = Math.min(nowMs + ASK_AGAIN_MS, entry.validUntilMs);
    return entry.issued;
  }
}
