import type { WholeList } from '../domain/list.ts';

/**
 * Writes a list as the spreadsheets of an Italian desktop open it by a double click: separated by semicolons, with a byte order mark, lines
 * ended by CR LF. A text that would run as a formula gets an apostrophe before it. The writer is loaded when it is first needed.
 */
export async function writeCsv({ columns, rows }: WholeList): Promise<string> {
  const { stringify } = await import('csv-stringify/browser/esm/sync');
  return stringify([columns, ...rows], {
    bom: true,
    delimiter: ';',
    record_delimiter: 'windows',
    escape_formulas: true,
    // By itself it quotes only its own ends of line.
    quoted_match: /[\r\n]/,
    // A number is no formula, though it may begin with a minus sign.
    cast: { object: ({ amountCents }) => ({ value: csvAmount(Number(amountCents)), escape_formulas: false }) },
  });
}

/** An amount as a spreadsheet reads it: `-1234,50`, without currency, points, or the long minus sign of the page. */
export function csvAmount(amountCents: number): string {
  const whole = Math.abs(amountCents);
  const rest = String(whole % 100).padStart(2, '0');
  return `${amountCents < 0 ? '-' : ''}${Math.trunc(whole / 100)},${rest}`;
}
