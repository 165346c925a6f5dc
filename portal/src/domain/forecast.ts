/**
 * How many meals a balance still pays for, if the price stays as it is.
 *
 * @returns null where the question has no answer: a meal that costs nothing
 */
export function mealsLeft(balanceCents: number, priceCents: number): number | null {
  if (priceCents <= 0) return null;
  return Math.max(0, Math.floor(balanceCents / priceCents));
}
