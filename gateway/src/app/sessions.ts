import type { Session } from '../domain/session.ts';

/** Keeps sessions. Every operation throws when the store is away: nobody is signed out, or let in, by a fault. */
export interface Sessions {
  /** Keeps a session under a new id. @returns the id for the browser's cookie */
  open(session: Session): Promise<string>;
  /** The session under an id, renewed; null when it never was, or has ended. */
  find(sessionId: string, now: Date): Promise<Session | null>;
  /** Ends a session; idempotent. */
  close(sessionId: string): Promise<void>;
  /** Ends every session of a person that was opened before this moment, on whatever device and gateway; idempotent. */
  closeAll(municipalityId: number, personId: string): Promise<void>;
}
