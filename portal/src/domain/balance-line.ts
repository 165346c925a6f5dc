/** One step of the balance: from this place on, this much. */
export interface BalancePoint {
  readonly day: string;
  readonly balanceCents: number;
}

/** A balance over time, drawn into a box with its origin at the top left. */
export interface BalanceLine {
  /** An SVG path of horizontal and vertical steps: between two movements a balance does not change. */
  readonly path: string;
  /** The height at which the balance is zero. */
  readonly zeroY: number;
  readonly lowestCents: number;
  readonly highestCents: number;
  /** What the upper and the lower edge of the box stand for: zero is always between them. */
  readonly topCents: number;
  readonly bottomCents: number;
}

const DAY_MS = 86_400_000;

/**
 * Draws the balance of a range of days.
 *
 * @param openingCents before the first day
 * @param points the balance after each movement, oldest first
 */
export function balanceLine(
  range: { readonly from: string; readonly to: string },
  openingCents: number,
  points: readonly BalancePoint[],
  box: { readonly width: number; readonly height: number },
): BalanceLine {
  // Zero belongs to the picture: without it a small change looks like a fall.
  const all = [0, openingCents, ...points.map(({ balanceCents }) => balanceCents)];
  const [bottom, top] = [Math.min(...all), Math.max(...all)];
  const dayCount = Math.max(1, daysBetween(range.from, range.to) + 1);
  const x = (day: string) => round((box.width * clamp(daysBetween(range.from, day), 0, dayCount)) / dayCount);
  const y = (cents: number) => (top === bottom ? box.height : round((box.height * (top - cents)) / (top - bottom)));
  const steps = points.map(({ day, balanceCents }) => `H${x(day)}V${y(balanceCents)}`);
  const shown = all.slice(1);
  return {
    path: `M0 ${y(openingCents)}${steps.join('')}H${box.width}`,
    zeroY: y(0),
    lowestCents: Math.min(...shown),
    highestCents: Math.max(...shown),
    topCents: top,
    bottomCents: bottom,
  };
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
