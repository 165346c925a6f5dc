const SEPARATOR = ';';
const BYTE_ORDER_MARK = '\uFEFF';
/** What a spreadsheet would take for a formula; an amount such as `-5,20` is none. */
const FORMULA = /^[=@+\-\t\r]/;
const AMOUNT = /^-?\d+(?:,\d+)?$/;

/**
 * Writes a list as the spreadsheets of an Italian desktop open it by a double click: separated by semicolons, with a byte order mark, lines
 * ended by CR LF. A text that would run as a formula gets an apostrophe before it.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return `${BYTE_ORDER_MARK}${rows.map((row) => `${row.map(writeCell).join(SEPARATOR)}\r\n`).join('')}`;
}

/** An amount as a spreadsheet reads it: `-1234,50`, without currency, points, or the long minus sign of the page. */
export function csvAmount(amountCents: number): string {
  const whole = Math.abs(amountCents);
  const rest = String(whole % 100).padStart(2, '0');
  return `${amountCents < 0 ? '-' : ''}${Math.trunc(whole / 100)},${rest}`;
}

function writeCell(text: string): string {
  const safe = FORMULA.test(text) && !AMOUNT.test(text) ? `'${text}` : text;
  return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
