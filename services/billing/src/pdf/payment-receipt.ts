import { type Cents, formatEuros } from '@campanella/vocabulary';
import { iuvOf, type NoticeNumber } from '../domain/notice-number.ts';
import { groupedNoticeNumber } from './notice.ts';
import { heading, MARGIN, MM, renderPage, type Style, write } from './page.ts';

/** What a receipt of a payment says: facts of pagoPA's receipt and of what it paid. */
export interface ReceiptContent {
  readonly creditor: { readonly fiscalCode: string; readonly companyName: string; readonly officeName: string };
  readonly debtor: { readonly codiceFiscale: string; readonly fullName: string };
  readonly description: string;
  /** E.g. "12/2026, rata 1 di 3"; null for a top-up. */
  readonly document: string | null;
  readonly paidCents: Cents;
  readonly paidAt: Date;
  readonly pspName: string;
  readonly noticeNumber: NoticeNumber;
  readonly receiptId: string;
}

const TEXT = {
  title: 'RICEVUTA DI PAGAMENTO',
  creditor: 'Ente creditore',
  debtor: 'Intestatario',
  payment: 'PAGAMENTO',
  amount: 'Importo pagato, senza le commissioni',
  paidAt: 'Pagato il',
  description: 'Oggetto del pagamento',
  document: 'Documento',
  psp: 'Prestatore del servizio di pagamento',
  notice: 'Codice Avviso',
  iuv: 'Identificativo univoco del versamento (IUV)',
  receipt: 'Identificativo della ricevuta',
  source: 'Dati della ricevuta telematica trasmessa da pagoPA. La data del pagamento libera dal debito.',
} as const;

const ROME = new Intl.DateTimeFormat('it-IT', {
  timeZone: 'Europe/Rome',
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** Draws the receipt of a payment, A4. The same content is the same bytes, whenever it is drawn. */
export function renderPaymentReceipt(receipt: ReceiptContent): Promise<Buffer> {
  const { creditor, debtor } = receipt;
  const about = {
    title: `${TEXT.title} ${groupedNoticeNumber(receipt.noticeNumber)}`,
    author: creditor.companyName,
    createdAt: receipt.paidAt,
  };
  const fields: [string, string, Style][] = [
    [TEXT.amount, `${formatEuros(receipt.paidCents)} Euro`, 'black'],
    [TEXT.paidAt, ROME.format(receipt.paidAt), 'bold'],
    [TEXT.description, receipt.description, 'regular'],
    ...(receipt.document === null
      ? []
      : ([[TEXT.document, receipt.document, 'regular']] satisfies [string, string, Style][])),
    [TEXT.psp, receipt.pspName, 'regular'],
    [TEXT.notice, groupedNoticeNumber(receipt.noticeNumber), 'mono'],
    [TEXT.iuv, iuvOf(receipt.noticeNumber), 'mono'],
    [TEXT.receipt, receipt.receiptId, 'mono'],
  ];
  return renderPage(about, (document) => {
    const x = MARGIN + 2 * MM;
    let y = write(document, TEXT.title, { x: MARGIN, y: MARGIN }, { font: 'black', size: 18, tag: 'H1' }) + 4 * MM;
    for (const [label, name, code] of [
      [TEXT.creditor, `${creditor.companyName} ${creditor.officeName}`.trim(), creditor.fiscalCode],
      [TEXT.debtor, debtor.fullName, debtor.codiceFiscale],
    ] as const) {
      y = write(document, label, { x, y }, { size: 9 });
      y = write(document, `${name}, codice fiscale ${code}`, { x, y }, { font: 'bold', size: 11 }) + 2 * MM;
    }
    y = heading(document, TEXT.payment, y + 4 * MM);
    for (const [label, value, font] of fields) {
      y = write(document, label, { x, y }, { size: 9 });
      y = write(document, value, { x, y }, { font, size: 12 }) + 2 * MM;
    }
    write(document, TEXT.source, { x, y: y + 4 * MM }, { size: 9 });
  });
}
