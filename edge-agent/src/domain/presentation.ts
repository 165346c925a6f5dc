import type { BadgeNumber } from '@campanella/vocabulary';
import type { Reading } from './reading.ts';

/** How long the same code may be silent and still be the same card on the reader. */
export const HOLD_MS = 500;

/** The card on the reader, as far as can be told: readers say when they see a card, not when it goes. */
export interface Presentation {
  readonly number: BadgeNumber | null;
  readonly lastSeenAtMs: number;
}

export const NO_CARD: Presentation = { number: null, lastSeenAtMs: 0 };

/**
 * Makes one tap of the frames that a held card repeats. The first good frame is the tap; the same code is swallowed while
 * its gaps stay under the hold time; another code is a tap at once.
 *
 * @param nowMs a monotonic clock
 */
export function present(
  card: Presentation,
  reading: Reading,
  nowMs: number,
  holdMs: number = HOLD_MS,
): { readonly isTap: boolean; readonly card: Presentation } {
  const isHeld = card.number === reading.number && nowMs - card.lastSeenAtMs < holdMs;
  return { isTap: !isHeld, card: { number: reading.number, lastSeenAtMs: nowMs } };
}
