import { type Cents, cents, isWithin, type Validity } from '@campanella/vocabulary';
import type { Price } from './records.ts';
import { cutAt } from './spans.ts';

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
  const spans = reductions.map(({ validity }) => validity);
  return prices.flatMap(({ priceCents, validity }) =>
    cutAt(validity, spans).map((piece): Price => {
      const reduction = reductions.find((one) => isWithin(piece.from, one.validity));
      return { priceCents: reduced(priceCents, reduction?.percent ?? 0), validity: piece };
    }),
  );
}

function reduced(priceCents: Cents, percent: number): Cents {
  return cents(Math.round((priceCents * (100 - percent)) / 100));
}
