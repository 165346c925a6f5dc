import { addDays, type Cents, cents, isWithin, type ServiceDate, type Validity } from '@campanella/vocabulary';
import type { Price } from './records.ts';

/** Why a pupil pays less. */
export const REDUCTION_REASONS = ['siblings', 'isee', 'exemption', 'other'] as const;
export type ReductionReason = (typeof REDUCTION_REASONS)[number];

/** How much less, and while: 100 % is an exemption. */
export interface Reduction {
  /** 1 to 100. */
  readonly percent: number;
  readonly reason: ReductionReason;
  readonly validity: Validity;
}

/**
 * What an enrolment's meals cost with its reductions: each price is cut where a reduction begins or ends, and rounded to the cent, half a cent
 * up. Reductions do not overlap.
 *
 * @param prices of the tariff, oldest first
 * @returns spans without gaps that the prices did not have, oldest first
 */
export function reducedPrices(prices: readonly Price[], reductions: readonly Reduction[]): readonly Price[] {
  if (reductions.length === 0) return prices;
  return prices.flatMap((price) => {
    const starts = [price.validity.from, ...reductions.flatMap(({ validity }) => boundariesOf(validity))]
      .filter((day) => isWithin(day, price.validity))
      .sort();
    return [...new Set(starts)].map((from, index, all): Price => {
      const next = all[index + 1];
      const until = next === undefined ? price.validity.until : addDays(next, -1);
      const reduction = reductions.find(({ validity }) => isWithin(from, validity));
      return { priceCents: reduced(price.priceCents, reduction?.percent ?? 0), validity: { from, until } };
    });
  });
}

/** The days on which something changes: the first, and the one after the last. */
function boundariesOf({ from, until }: Validity): readonly ServiceDate[] {
  return until === null ? [from] : [from, addDays(until, 1)];
}

function reduced(priceCents: Cents, percent: number): Cents {
  return cents(Math.round((priceCents * (100 - percent)) / 100));
}
