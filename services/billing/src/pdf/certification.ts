import { type Cents, formatEuros, formatServiceDate, type ServiceDate } from '@campanella/vocabulary';
import { heading, MARGIN, MM, renderPage, write } from './page.ts';

/** What a certification for the income-tax return says. */
export interface CertificationContent {
  readonly creditor: { readonly fiscalCode: string; readonly companyName: string; readonly officeName: string };
  readonly payer: { readonly codiceFiscale: string; readonly fullName: string };
  readonly pupil: { readonly codiceFiscale: string; readonly fullName: string };
  readonly year: number;
  readonly services: readonly { readonly label: string; readonly amountCents: Cents }[];
  readonly totalCents: Cents;
  readonly issuedOn: ServiceDate;
  /** What the law of that year says of the relief. */
  readonly relief: string | null;
}

const TEXT = {
  title: (year: number) => `CERTIFICAZIONE PER MODELLO 730, ANNO ${year}`,
  states:
    'Si attesta, per gli usi consentiti dalla legge, che nell’anno indicato sono stati pagati per l’alunno i servizi scolastici che seguono.',
  creditor: 'Ente che attesta',
  payer: 'Pagato da',
  pupil: 'Per l’alunno',
  amounts: 'IMPORTI PAGATI NELL’ANNO',
  total: 'Totale',
  basis:
    'Importi secondo il giorno del pagamento, con mezzi tracciabili, al netto dei rimborsi dell’anno e senza le commissioni. Per i servizi prepagati conta la ricarica. I pagamenti in contanti non sono compresi.',
  stamp: 'Esente da imposta di bollo.',
  issued: (day: string) => `Emessa il ${day}.`,
} as const;

/** Draws a certification, A4. The same content is the same bytes, whenever it is drawn. */
export function renderCertification(content: CertificationContent): Promise<Buffer> {
  const { creditor, payer, pupil, year } = content;
  const createdAt = new Date(`${content.issuedOn}T12:00:00Z`);
  return renderPage({ title: TEXT.title(year), author: creditor.companyName, createdAt }, (document) => {
    const x = MARGIN + 2 * MM;
    let y =
      write(document, TEXT.title(year), { x: MARGIN, y: MARGIN }, { font: 'black', size: 16, tag: 'H1' }) + 3 * MM;
    y = write(document, TEXT.states, { x, y }, { size: 11 }) + 4 * MM;
    for (const [label, name, code] of [
      [TEXT.creditor, `${creditor.companyName} ${creditor.officeName}`.trim(), creditor.fiscalCode],
      [TEXT.payer, payer.fullName, payer.codiceFiscale],
      [TEXT.pupil, pupil.fullName, pupil.codiceFiscale],
    ] as const) {
      y = write(document, label, { x, y }, { size: 9 });
      y = write(document, `${name}, codice fiscale ${code}`, { x, y }, { font: 'bold', size: 11 }) + 2 * MM;
    }
    y = heading(document, TEXT.amounts, y + 4 * MM);
    const lines = [
      ...content.services.map(({ label, amountCents }) => ({ label, amountCents, font: 'regular' as const })),
      { label: TEXT.total, amountCents: content.totalCents, font: 'black' as const },
    ];
    for (const { label, amountCents, font } of lines) {
      const below = write(document, label, { x, y, width: 130 * MM }, { size: 11 });
      write(document, `${formatEuros(amountCents)} €`, { x: x + 135 * MM, y }, { font, size: 11 });
      y = below + 1 * MM;
    }
    y += 4 * MM;
    for (const text of [TEXT.basis, content.relief, TEXT.stamp, TEXT.issued(formatServiceDate(content.issuedOn))]) {
      if (text !== null) y = write(document, text, { x, y }, { size: 9 }) + 2 * MM;
    }
  });
}
