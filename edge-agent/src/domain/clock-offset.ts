/** A measurement that took longer says too little about when the platform read its clock. */
export const ROUND_TRIP_MAX_MS = 5_000;
/** A wall clock that strays this far from the monotonic one was set, or the PC slept: the offset must be measured again. */
export const CLOCK_STEP_MS = 2_000;

/**
 * What to add to the terminal's clock to get the platform's.
 *
 * @param agentClockMs the terminal's clock when it asked
 * @param platformClockMs the platform's clock when it answered
 * @param roundTripMs how long the answer took, on a monotonic clock
 * @returns null for a round trip too long to tell
 */
export function measureOffset(agentClockMs: number, platformClockMs: number, roundTripMs: number): number | null {
  if (roundTripMs < 0 || roundTripMs > ROUND_TRIP_MAX_MS) return null;
  return Math.round(platformClockMs - (agentClockMs + roundTripMs / 2));
}
