/** Most notices that pagoPA takes at once. */
export const CHOSEN_MAX = 5;

/** What can be chosen, and what it costs. */
export interface Choosable {
  readonly instalmentId: string;
  readonly amountCents: number;
  readonly isInVerification: boolean;
}

/** Puts one more into a choice, or takes it out; the sixth is not taken. */
export function toggle(chosen: ReadonlySet<string>, instalmentId: string): ReadonlySet<string> {
  if (chosen.has(instalmentId)) return new Set([...chosen].filter((one) => one !== instalmentId));
  return chosen.size < CHOSEN_MAX ? new Set([...chosen, instalmentId]) : chosen;
}

/** The first five that may be paid; none where all of them are chosen already. */
export function toggleAll(chosen: ReadonlySet<string>, offered: readonly Choosable[]): ReadonlySet<string> {
  const first = offered.filter((one) => !one.isInVerification).slice(0, CHOSEN_MAX);
  const areChosen = first.length > 0 && first.every(({ instalmentId }) => chosen.has(instalmentId));
  return new Set(areChosen ? [] : first.map(({ instalmentId }) => instalmentId));
}

/** What of a choice can still be paid: the list may have changed under it. */
export function chosenOf<Item extends Choosable>(chosen: ReadonlySet<string>, offered: readonly Item[]): Item[] {
  return offered.filter((one) => chosen.has(one.instalmentId) && !one.isInVerification);
}

/** Sum of a choice, in euro cents. */
export function totalOf(items: readonly Choosable[]): number {
  return items.reduce((sum, { amountCents }) => sum + amountCents, 0);
}
