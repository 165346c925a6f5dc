/** How waits grow: doubled each time between two bounds. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The wait before an attempt: half of it fixed, half by chance, so that terminals cut off together do not return together.
 *
 * @param failures failed attempts so far, at least 1
 * @param chance from 0 to 1
 */
export function waitBefore(backOff: BackOff, failures: number, chance: number): number {
  const full = Math.min(backOff.maxMs, backOff.firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full / 2 + (full / 2) * chance);
}
