/** A time in which nobody could communicate an absence: from the last minute in which somebody could to the first one again. */
export interface Outage {
  readonly from: Date;
  readonly to: Date;
}

const MINUTE_MS = 60_000;
/** Guardians communicate in the last hour: an outage before it took nothing from them. */
const WINDOW_MS = 60 * MINUTE_MS;
/** What a restart takes is no outage. */
const PAUSE_MS_MAX = 2 * MINUTE_MS;
/** Who was turned away for less comes again in time. */
const LOST_MS_MIN = 10 * MINUTE_MS;
/** Later than this the kitchen has cooked. */
const EXTENSION_MS_MAX = 120 * MINUTE_MS;

/** How long before and after a cut-off an outage may lie that matters to it, in milliseconds. */
export const OUTAGE_REACH_MS = WINDOW_MS + EXTENSION_MS_MAX;

/** Finds the outages between beats, oldest first. Before the first beat nothing is known, so a new installation begins without one. */
export function outagesBetween(beats: readonly Date[]): readonly Outage[] {
  return beats.flatMap((to, index) => {
    const from = beats[index - 1];
    return from !== undefined && to.getTime() - from.getTime() > PAUSE_MS_MAX ? [{ from, to }] : [];
  });
}

/** A cut-off that was moved, and the outage that was the last reason for it. */
export interface MovedCutOff {
  readonly cutOffAt: Date;
  readonly outage: Outage;
}

/**
 * Moves a cut-off by what outages took from the hour before it, counted from when the platform came back. Null where they took too little,
 * or where it came back so late that the kitchen has cooked.
 *
 * @param cutOffAt the cut-off by the school's rule
 * @param outages oldest first, all of them over
 */
export function cutOffAfterOutages(cutOffAt: Date, outages: readonly Outage[]): MovedCutOff | null {
  const [from, to] = [cutOffAt.getTime() - WINDOW_MS, cutOffAt.getTime()];
  const within = outages.filter((one) => one.from.getTime() < to && one.to.getTime() > from);
  const lostMs = within.reduce(
    (sum, one) => sum + Math.min(one.to.getTime(), to) - Math.max(one.from.getTime(), from),
    0,
  );
  const outage = within.at(-1);
  if (outage === undefined || lostMs < LOST_MS_MIN) return null;
  const movedAt = Math.min(Math.max(outage.to.getTime(), to) + lostMs, to + EXTENSION_MS_MAX);
  return movedAt > outage.to.getTime() ? { cutOffAt: new Date(movedAt), outage } : null;
}
