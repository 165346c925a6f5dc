const CENTS_PER_EURO = 100;

/**
 * Writes an amount as Italians read it: `1.234,00`, with a true minus sign before a negative one.
 *
 * @param amountCents whole euro cents; what the API sends is exact, so no floating point enters here
 */
export function formatMoney(amountCents: number): string {
  const whole = Math.abs(amountCents);
  const euros = String(Math.trunc(whole / CENTS_PER_EURO)).replace(/\B(?=(\d{3})+$)/g, '.');
  const rest = String(whole % CENTS_PER_EURO).padStart(2, '0');
  return `${amountCents < 0 ? '−' : ''}${euros},${rest}`;
}

/** As {@link formatMoney}, with the currency: `−5,20 €`. */
export function formatEuros(amountCents: number): string {
  return `${formatMoney(amountCents)}\u00a0€`;
}

/** As {@link formatEuros}, with its sign also when positive: `+20,00 €`. A movement shows which way it went. */
export function formatMovement(amountCents: number): string {
  return `${amountCents > 0 ? '+' : ''}${formatEuros(amountCents)}`;
}
