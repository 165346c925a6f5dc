/** What a column would like and what it needs. */
export interface ColumnNeed {
  /** With nothing broken over lines. */
  readonly natural: number;
  /** With its longest word in one piece. */
  readonly minimum: number;
}

/**
 * Shares out the width of a page among the columns of a table. Where all have room they get what they would like and the rest in equal parts;
 * else narrow columns keep their natural width and the wide ones share what is left, none below its longest word while there is room for that.
 *
 * @returns one width per column, together the whole width
 */
export function columnWidths(needs: readonly ColumnNeed[], available: number): number[] {
  const naturals = sum(needs.map(({ natural }) => natural));
  if (naturals <= available) return needs.map(({ natural }) => natural + (available - naturals) / needs.length);
  const minimums = sum(needs.map(({ minimum }) => minimum));
  if (minimums >= available) return needs.map(({ minimum }) => (minimum / minimums) * available);
  // Above its minimum every column wants `natural - minimum` more: the smallest wishes are granted first.
  const widths = needs.map(({ minimum }) => minimum);
  const byWish = [...needs.keys()].sort((one, other) => wish(needs[one]) - wish(needs[other]));
  let rest = available - minimums;
  for (const [index, column] of byWish.entries()) {
    const granted = Math.min(wish(needs[column]), rest / (byWish.length - index));
    widths[column] = (widths[column] ?? 0) + granted;
    rest -= granted;
  }
  return widths;
}

function wish(need: ColumnNeed | undefined): number {
  return need === undefined ? 0 : need.natural - need.minimum;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
