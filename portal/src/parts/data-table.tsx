import type { ReactNode } from 'react';

/** A column: its heading, and whether it holds amounts. */
export interface Column {
  readonly label: string;
  /** Said after the label where two columns have the same one. */
  readonly said?: string;
  readonly isAmount?: boolean;
}

/** A row: one cell per column, the first names the row. */
export interface DataRow {
  readonly key: string;
  readonly cells: readonly ReactNode[];
  readonly emphasis?: 'edge' | 'today';
}

interface DataTableProps {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly DataRow[];
  /** On a narrow screen: a card with a line per column, or, for four short columns, two lines in all. */
  readonly narrow?: 'cards' | 'two-lines';
}

// On a phone the style sheet lays rows out as cards, and `display` other than a table's takes a table's meaning away from screen
// readers: the roles give it back.
const ROLES = {
  table: { role: 'table' },
  group: { role: 'rowgroup' },
  row: { role: 'row' },
  column: { role: 'columnheader' },
  head: { role: 'rowheader' },
  cell: { role: 'cell' },
} as const;

/** A table that becomes a list of cards on a narrow screen, the same content for everybody. */
export function DataTable({ caption, columns, rows, narrow = 'cards' }: DataTableProps) {
  return (
    <table className={`data-table ${narrow}`} {...ROLES.table}>
      <caption>{caption}</caption>
      <thead {...ROLES.group}>
        <tr {...ROLES.row}>
          {columns.map((column) => (
            <th key={keyOf(column)} scope="col" className={amountClass(column)} {...ROLES.column}>
              {column.label}
              {column.said !== undefined && <span className="visually-hidden"> {column.said}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody {...ROLES.group}>
        {rows.map((row) => (
          <tr key={row.key} className={row.emphasis} {...ROLES.row}>
            {columns.map((column, index) =>
              index === 0 ? (
                <th key={keyOf(column)} scope="row" {...ROLES.head}>
                  {row.cells[index]}
                </th>
              ) : (
                <td key={keyOf(column)} className={amountClass(column)} data-label={keyOf(column)} {...ROLES.cell}>
                  {row.cells[index]}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function keyOf({ label, said }: Column): string {
  return said === undefined ? label : `${label} ${said}`;
}

function amountClass(column: Column): string | undefined {
  return column.isAmount ? 'amount' : undefined;
}
