/** What the gateway knows of a signed-in person: an opaque id and a name to greet, no codice fiscale, no pupil. */
export interface Session {
  readonly municipalityId: number;
  readonly personId: string;
  readonly displayName: string;
  /** Names the sign-in to identity, to end it at the provider. */
  readonly signInId: string;
  /** What the portal sends back with every change, to show that it can read our answers. */
  readonly csrfToken: string;
  /** The instant at which the session ends, however busy it is. */
  readonly endsAt: Date;
}

const MINUTE_MS = 60_000;

/** A session ends after half an hour without a request. */
export const SESSION_IDLE_MS = 30 * MINUTE_MS;

/** A session ends 8 hours after sign-in in any case. */
export const SESSION_LONGEST_MS = 8 * 60 * MINUTE_MS;

/** When a session used now will end if it is not used again. */
export function expiryOf(session: Session, now: Date): Date {
  return new Date(Math.min(session.endsAt.getTime(), now.getTime() + SESSION_IDLE_MS));
}
