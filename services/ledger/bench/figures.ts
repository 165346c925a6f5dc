/** One line of the result. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** As the reference of the hot path says it; null where it names none. */
  readonly target: string | null;
  readonly met: boolean | null;
}

export function atLeast(figure: string, value: number, unit: string, bound: number): Figure {
  return { figure, value: round(value), unit, target: `>= ${bound}`, met: value >= bound };
}

export function atMost(figure: string, value: number, unit: string, bound: number): Figure {
  return { figure, value: round(value), unit, target: `<= ${bound}`, met: value <= bound };
}

export function shown(figure: string, value: number, unit: string): Figure {
  return { figure, value: round(value), unit, target: null, met: null };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  if (low === undefined || high === undefined) return Number.NaN;
  return (low + high) / 2;
}

export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ figure, value, unit, target, met }) => [
    figure,
    value.toLocaleString('en-GB'),
    unit,
    target ?? '',
    met === null ? '' : met ? 'met' : 'MISSED',
  ]);
  const all = [['figure', 'value', 'unit', 'target', ''], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
