import { formatEuros } from './money.ts';

/** A cell of a list that leaves the page: a text, or an amount, which each kind of file writes in its own way. */
export type ListCell = string | { readonly amountCents: number };

/** A list that leaves the page, whole: the same headings and rows whatever it becomes. */
export interface WholeList {
  /** When it was read. */
  readonly asOf: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ListCell[])[];
}

/** An amount as a cell. */
export function amount(amountCents: number): ListCell {
  return { amountCents };
}

/** A cell as it is read on paper. */
export function cellText(cell: ListCell): string {
  return typeof cell === 'string' ? cell : formatEuros(cell.amountCents);
}
