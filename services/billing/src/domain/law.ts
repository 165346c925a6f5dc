import type { Cents, ServiceDate } from '@campanella/vocabulary';

/** A revenue stamp's rule, from a day on. */
export interface StampRule {
  readonly validFrom: ServiceDate;
  /** Exempt amounts above it bear a stamp. */
  readonly aboveCents: Cents;
  readonly stampCents: Cents;
  readonly source: string;
}

/** What a certification for the income-tax return says about the relief, from a tax year on. */
export interface ReliefText {
  readonly firstYear: number;
  readonly text: string;
}

/** Rules of law that change with time: configuration with dates, never constants. */
export interface Law {
  /** By their days, the oldest first. */
  readonly stampDuty: readonly StampRule[];
  /** By their years, the oldest first. */
  readonly certification730: readonly ReliefText[];
}

/** The stamp's rule on a day; null where none holds. */
export function stampRuleOn({ stampDuty }: Law, day: ServiceDate): StampRule | null {
  return stampDuty.findLast(({ validFrom }) => validFrom <= day) ?? null;
}

/** What is said about the relief of a tax year; null where the law of that year is not known. */
export function reliefTextOf({ certification730 }: Law, year: number): string | null {
  return certification730.findLast(({ firstYear }) => firstYear <= year)?.text ?? null;
}
