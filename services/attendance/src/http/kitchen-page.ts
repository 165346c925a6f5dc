import { formatServiceDate, serviceDate } from '@campanella/vocabulary';
import { stringify } from 'csv-stringify/sync';
import escapeHtml from 'escape-html';
import type { KitchenAnswer } from './kitchen-description.ts';

const time = new Intl.DateTimeFormat('it-IT', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Europe/Rome' });
const ORDINARY = 'Menu ordinario';

/** The count as lines of a spreadsheet: semicolons and a mark, as Italian ones expect. */
export function kitchenCsv(count: KitchenAnswer): string {
  const lines = count.classes.flatMap(({ className, sitting, diets }) =>
    diets.map((diet) => [
      formatServiceDate(serviceDate(count.serviceDate)),
      count.schoolName,
      String(sitting),
      className,
      diet.dietCode || ORDINARY,
      String(diet.count),
    ]),
  );
  return stringify([['Data', 'Scuola', 'Turno', 'Classe', 'Dieta', 'Pasti'], ...lines], {
    delimiter: ';',
    bom: true,
    escape_formulas: true,
    record_delimiter: 'windows',
  });
}

/** The count as a page for the wall of the kitchen: numbers and codes, no names. Runs nothing and loads nothing. */
export function kitchenPage(count: KitchenAnswer): string {
  const day = formatServiceDate(serviceDate(count.serviceDate));
  const title = `Pasti del ${day} – ${count.schoolName}`;
  return `<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 1rem/1.4 sans-serif; margin: 1.5rem; }
h1 { font-size: 1.5rem; }
.total { font-size: 2.5rem; font-weight: bold; margin: 0; }
table { border-collapse: collapse; margin: 0 0 1.5rem; }
caption { font-weight: bold; padding: .5rem 0; text-align: left; }
th, td { border: 1px solid #444; padding: .3rem .7rem; text-align: left; }
td.number { text-align: right; }
tr { break-inside: avoid; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${bodyOf(count)}
<p>${escapeHtml(stateOf(count))}</p>
</body>
</html>
`;
}

function bodyOf(count: KitchenAnswer): string {
  if (!count.isServed) {
    const reason = count.closure === null ? '' : `: ${count.closure.reason}`;
    return `<p class="total">Mensa chiusa${escapeHtml(reason)}</p>`;
  }
  const sittings = count.sittings.map(({ sitting, total, diets }) =>
    table(
      `${sitting}º turno: ${total} pasti`,
      ['Dieta', 'Pasti'],
      diets.map((diet) => [diet.dietCode || ORDINARY, String(diet.count)]),
    ),
  );
  const classes = table(
    'Per classe',
    ['Classe', 'Turno', 'Pasti', 'Di cui diete'],
    count.classes.map(({ className, sitting, total, diets }) => [
      className,
      String(sitting),
      String(total),
      diets.flatMap((diet) => (diet.dietCode === '' ? [] : [`${diet.count} ${diet.dietCode}`])).join(', ') || '–',
    ]),
  );
  return [`<p class="total">${count.total} pasti</p>`, ...sittings, classes].join('\n');
}

function table(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  const body = rows.map(
    ([first = '', ...rest]) =>
      `<tr><th scope="row">${escapeHtml(first)}</th>${rest.map((text) => `<td class="number">${escapeHtml(text)}</td>`).join('')}</tr>`,
  );
  return `<table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function stateOf({ cutOffAt, isFinal, extensionReason, asOf }: KitchenAnswer): string {
  const at = `Conteggio delle ${time.format(new Date(asOf))}`;
  if (cutOffAt === null) return `${at}.`;
  const until = time.format(new Date(cutOffAt));
  const why = extensionReason === null ? '' : ` Il termine è stato spostato: ${extensionReason}.`;
  return isFinal
    ? `${at}, definitivo: il termine per le assenze è passato (${until}).${why}`
    : `${at}, provvisorio: le assenze si comunicano fino a ${until}.${why}`;
}
