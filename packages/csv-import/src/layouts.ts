/** A column of a file: what it holds, as the office reads it. */
export interface Column {
  readonly name: string;
  /** The file must have it, and every row must fill it. */
  readonly isRequired: boolean;
  readonly help: string;
  readonly example: string;
  /** The field of what a row becomes, as a refusal names it. */
  readonly field: string;
}

/** A file of an import. */
export interface Layout {
  readonly fileName: string;
  readonly about: string;
  /** In the order of the format's description; a file may have them in any. */
  readonly columns: readonly Column[];
}

/** How a day is written. */
export const DAY = 'gg/mm/aaaa';

export function required(name: string, field: string, help: string, example: string): Column {
  return { name, isRequired: true, help, example, field };
}

export function optional(name: string, field: string, help: string, example: string): Column {
  return { name, isRequired: false, help, example, field };
}

/** The columns of a file that a refused field came from; the whole row where it is none. */
export function columnOf(layout: Layout, field: string): string {
  return layout.columns
    .filter((column) => column.field === field || field.startsWith(`${column.field}.`))
    .map(({ name }) => name)
    .join(', ');
}

/** The format of an import as the office reads it. */
export function describeFiles(layouts: readonly Layout[]): string {
  const lines = layouts.flatMap(({ fileName, about, columns }) => [
    `${fileName}: ${about}`,
    ...columns.map(
      ({ name, isRequired, help, example }) =>
        `  ${name.padEnd(30)}${isRequired ? 'obbligatoria' : 'facoltativa '}  ${help} (es. ${example})`,
    ),
    '',
  ]);
  return lines.join('\n').trimEnd();
}
