import { type Cents, formatEuros, formatServiceDate, type ServiceDate, subtractCents } from '@campanella/vocabulary';
import type { DocumentKind, Vat } from '../domain/document.ts';
import { heading, MARGIN, MM, renderPage, type Style, write } from './page.ts';

/** What a document says: what it was issued with, and nothing that changes afterwards. */
export interface DocumentContent {
  readonly creditor: { readonly fiscalCode: string; readonly companyName: string; readonly officeName: string };
  readonly debtor: { readonly codiceFiscale: string; readonly fullName: string };
  readonly kind: DocumentKind;
  /** As people say it. */
  readonly number: string;
  /** Of a credit note: the number of what it corrects. */
  readonly correctsNumber: string | null;
  readonly description: string;
  readonly issuedOn: ServiceDate;
  readonly issuedCents: Cents;
  readonly vat: Vat;
  readonly vatCents: Cents;
  readonly stampCents: Cents;
  /** Meals of one price each. */
  readonly meals: readonly { readonly count: number; readonly priceCents: Cents }[];
  readonly instalments: readonly { readonly amountCents: Cents; readonly dueOn: ServiceDate }[];
}

const TITLE: Record<DocumentKind, string> = {
  invoice: 'FATTURA',
  payment_notice: 'AVVISO DI PAGAMENTO',
  credit_note: 'NOTA DI CREDITO',
};
const TEXT = {
  of: 'del',
  creditor: 'Ente creditore',
  debtor: 'Intestatario',
  subject: 'OGGETTO',
  corrects: 'A correzione del documento',
  meals: (count: number, price: string) => (count === 1 ? `1 pasto a ${price} €` : `${count} pasti a ${price} €`),
  amounts: 'IMPORTI',
  taxable: 'Imponibile',
  vat: 'IVA 4 % (n. 37, tabella A, parte II, D.P.R. 633/1972)',
  exempt: 'Operazione senza IVA',
  stamp: 'Imposta di bollo (art. 13, tariffa, D.P.R. 642/1972)',
  total: 'Totale',
  instalments: 'RATE',
  instalment: (ordinal: number, count: number, dueOn: string) => `Rata ${ordinal} di ${count}, entro il ${dueOn}`,
  pay: 'Ogni rata si paga con il suo avviso pagoPA, dal portale dei servizi scolastici o presso qualsiasi prestatore di servizi di pagamento.',
} as const;

/** Draws a document, A4. The same content is the same bytes, whenever it is drawn. */
export function renderDocument(content: DocumentContent): Promise<Buffer> {
  const title = `${TITLE[content.kind]} ${content.number}`;
  // The day, and not the instant: a document has no hour.
  const createdAt = new Date(`${content.issuedOn}T12:00:00Z`);
  return renderPage({ title, author: content.creditor.companyName, createdAt }, (document) => {
    const x = MARGIN + 2 * MM;
    const line = (label: string, value: string, at: number, font: Style = 'regular') => {
      const below = write(document, label, { x, y: at, width: 130 * MM }, { size: 11 });
      write(document, value, { x: x + 135 * MM, y: at }, { font, size: 11 });
      return below + 1 * MM;
    };
    let y = write(document, title, { x: MARGIN, y: MARGIN }, { font: 'black', size: 18, tag: 'H1' });
    y = write(document, `${TEXT.of} ${formatServiceDate(content.issuedOn)}`, { x: MARGIN, y }, { size: 11 }) + 4 * MM;
    const { creditor, debtor } = content;
    for (const [label, name, code] of [
      [TEXT.creditor, `${creditor.companyName} ${creditor.officeName}`.trim(), creditor.fiscalCode],
      [TEXT.debtor, debtor.fullName, debtor.codiceFiscale],
    ] as const) {
      y = write(document, label, { x, y }, { size: 9 });
      y = write(document, `${name}, codice fiscale ${code}`, { x, y }, { font: 'bold', size: 11 }) + 2 * MM;
    }
    y = heading(document, TEXT.subject, y + 4 * MM);
    y = write(document, content.description, { x, y }, { font: 'bold', size: 11 }) + 1 * MM;
    if (content.correctsNumber !== null) y = line(TEXT.corrects, content.correctsNumber, y);
    for (const { count, priceCents } of content.meals) {
      y = write(document, TEXT.meals(count, formatEuros(priceCents)), { x, y }, { size: 11 }) + 1 * MM;
    }
    y = heading(document, TEXT.amounts, y + 4 * MM);
    for (const [label, amountCents, font] of amountsOf(content))
      y = line(label, `${formatEuros(amountCents)} €`, y, font);
    if (content.vat === 'exempt') y = write(document, TEXT.exempt, { x, y }, { size: 9 });
    if (content.instalments.length === 0) return;
    y = heading(document, TEXT.instalments, y + 4 * MM);
    content.instalments.forEach(({ amountCents, dueOn }, index) => {
      const label = TEXT.instalment(index + 1, content.instalments.length, formatServiceDate(dueOn));
      y = line(label, `${formatEuros(amountCents)} €`, y);
    });
    write(document, TEXT.pay, { x, y: y + 3 * MM }, { size: 9 });
  });
}

function amountsOf({ issuedCents, vat, vatCents, stampCents }: DocumentContent): [string, Cents, Style][] {
  return [
    ...(vat === 'vat_4'
      ? ([
          [TEXT.taxable, subtractCents(issuedCents, vatCents), 'regular'],
          [TEXT.vat, vatCents, 'regular'],
        ] satisfies [string, Cents, Style][])
      : []),
    ...(stampCents > 0 ? ([[TEXT.stamp, stampCents, 'regular']] satisfies [string, Cents, Style][]) : []),
    [TEXT.total, issuedCents, 'black'],
  ];
}
