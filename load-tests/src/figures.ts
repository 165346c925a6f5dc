/** One figure as `--json` prints it: a target of null is a comparison, which nothing must meet. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly target: number | null;
  readonly met: boolean | null;
}

/** The middle of several measurements; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** A figure that must be at least, or at most, its target. */
export function judge(
  figure: string,
  values: readonly number[],
  unit: string,
  target?: { readonly atLeast: number } | { readonly atMost: number },
): Figure {
  const value = Math.round(median(values) * 10) / 10;
  if (target === undefined) return { figure, value, unit, target: null, met: null };
  return 'atLeast' in target
    ? { figure, value, unit, target: target.atLeast, met: value >= target.atLeast }
    : { figure, value, unit, target: target.atMost, met: value <= target.atMost };
}

/** One line per figure, for people. */
export function asText(figures: readonly Figure[]): string {
  const lines = figures.map(({ figure, value, unit, target, met }) => {
    const verdict = target === null ? '' : `target ${target} ${met === true ? 'met' : 'NOT met'}`;
    return `${figure.padEnd(62)} ${String(value).padStart(10)} ${unit.padEnd(9)} ${verdict}`.trimEnd();
  });
  return `${lines.join('\n')}\n`;
}
