declare const brand: unique symbol;

/** An integer count of euro cents, within the range in which a JavaScript number is exact. May be negative. */
export type Cents = number & { readonly [brand]: 'Cents' };

/**
 * Takes a number as an amount of euro cents.
 *
 * @throws RangeError when it is not a safe integer: amounts are parsed at the rim, so this is a bug and not bad input
 */
export function cents(value: number): Cents {
  if (!Number.isSafeInteger(value)) throw new RangeError('an amount must be a whole number of euro cents');
  return (value === 0 ? 0 : value) as Cents;
}

/** Adds amounts; throws RangeError where the sum is no longer exact. */
export function addCents(...amounts: readonly Cents[]): Cents {
  return cents(amounts.reduce((sum, amount) => sum + amount, 0));
}

/** Takes the second amount from the first; throws RangeError where the difference is no longer exact. */
export function subtractCents(from: Cents, amount: Cents): Cents {
  return cents(from - amount);
}

const EUROS = new Intl.NumberFormat('it-IT', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  useGrouping: 'always',
});

/** Writes an amount as Italians read it, e.g. `1.234,00`; a negative one with a minus sign before it. */
export function formatEuros(amountCents: Cents): string {
  return EUROS.format(amountCents / 100);
}
