import type { Clock, SignInStore, Transactions } from './ports.ts';

const HOUR_MS = 60 * 60 * 1000;

/** A session lasts at most 8 hours; after 12 no gateway can ask to end the sign-in any more. */
const SIGN_IN_KEPT_MS = 12 * HOUR_MS;

/** The log of sign-ins is kept 24 months (AgID, SPID technical rules). */
const LOG_KEPT_MONTHS = 24;

/** What purging needs. */
export interface PurgeSignInsDeps extends Transactions {
  readonly signIns: SignInStore;
  readonly clock: Clock;
}

/** Removes what has had its time. Any number of replicas may do it at once. @returns how many rows went */
export async function purgeSignIns(deps: PurgeSignInsDeps): Promise<number> {
  const now = deps.clock.now();
  const loggedBefore = new Date(now);
  loggedBefore.setUTCMonth(loggedBefore.getUTCMonth() - LOG_KEPT_MONTHS);
  const signedInBefore = new Date(now.getTime() - SIGN_IN_KEPT_MS);
  return deps.transaction((tx) => deps.signIns.purge(tx, { now, signedInBefore, loggedBefore }));
}
