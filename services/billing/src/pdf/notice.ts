import { type Cents, formatEuros, formatServiceDate, type ServiceDate } from '@campanella/vocabulary';
import bwipjs from 'bwip-js';
import type { NoticeNumber } from '../domain/notice-number.ts';
import { heading, MARGIN, MM, PAGE_WIDTH, renderPage, type Style, write } from './page.ts';

/** What a notice of payment says. */
export interface NoticeContent {
  readonly creditor: {
    readonly fiscalCode: string;
    readonly companyName: string;
    readonly officeName: string;
    readonly cbillCode: string | null;
  };
  readonly debtor: { readonly codiceFiscale: string; readonly fullName: string };
  readonly description: string;
  readonly amountCents: Cents;
  readonly dueOn: ServiceDate;
  readonly noticeNumber: NoticeNumber;
  /** When the position was made: a reprint is the same file. */
  readonly issuedAt: Date;
}

/** The subject of a payment is cut at so many characters on the model. */
const SUBJECT_LENGTH_MAX = 90;
const NAME_LENGTH_MAX = 70;
const QR_SIZE = 25 * MM;
const BLUE = '#0066CC';

/** Where a notice can be paid; our words, since the model's own texts could not be read (docs/divergences.md). */
const TEXT = {
  title: 'AVVISO DI PAGAMENTO',
  creditor: 'ENTE CREDITORE',
  debtor: 'DESTINATARIO AVVISO',
  fiscalCode: 'Cod. Fiscale',
  howMuch: 'QUANTO E QUANDO PAGARE?',
  by: 'entro il',
  changes:
    'L’importo è aggiornato automaticamente dal sistema e potrebbe cambiare, per esempio per correzioni o pagamenti già fatti.',
  where: 'DOVE PAGARE?',
  online: 'PAGA CON L’APP IO, sul sito del Comune o con l’app della tua banca',
  nearby: 'PAGA SUL TERRITORIO in banca, in ricevitoria, dal tabaccaio, al bancomat o al supermercato',
  payBy: 'Si può pagare in contanti, con carta o con addebito in conto. Basta mostrare questo avviso.',
  banks: 'BANCHE E ALTRI CANALI',
  single: 'RATA UNICA',
  scan: 'Con il codice QR, o scrivendo il codice avviso e il codice fiscale dell’ente, si paga con il circuito bancario e con gli altri canali di pagamento.',
  to: 'Destinatario',
  body: 'Ente creditore',
  subject: 'Oggetto del pagamento',
  noticeNumber: 'Codice Avviso',
  bodyCode: 'Cod. Fiscale Ente Creditore',
  cbill: 'Codice CBILL',
  qr: 'Codice QR del pagamento',
} as const;

/** The text of a notice's QR code. @see pagoPA, analogic notice, QR code: fields joined by bars, the amount in cents with two digits at least */
export function qrText({ noticeNumber, creditor, amountCents }: NoticeContent): string {
  return ['PAGOPA', '002', noticeNumber, creditor.fiscalCode, String(amountCents).padStart(2, '0')].join('|');
}

/** A notice number as it is printed: 22 characters, in groups of four. */
export function groupedNoticeNumber(noticeNumber: NoticeNumber): string {
  return noticeNumber.replace(/(\d{4})(?=\d)/g, '$1 ');
}

/**
 * Draws a notice of payment, A4, one instalment, without the postal slip. The same content is the same bytes, whenever it is drawn.
 *
 * @see pagoPA, guide to the analogic notice 3.5.1: sections, limits and codes
 */
export function renderNotice(notice: NoticeContent): Promise<Buffer> {
  const about = {
    title: `${TEXT.title} ${groupedNoticeNumber(notice.noticeNumber)}`,
    author: notice.creditor.companyName,
    createdAt: notice.issuedAt,
  };
  return renderPage(about, (document) => draw(document, notice));
}

function draw(document: PDFKit.PDFDocument, notice: NoticeContent): void {
  const { creditor, debtor } = notice;
  const subject = notice.description.slice(0, SUBJECT_LENGTH_MAX);
  const name = debtor.fullName.slice(0, NAME_LENGTH_MAX);
  const half = (PAGE_WIDTH - 2 * MARGIN) / 2;
  const left = MARGIN + 2 * MM;
  const right = MARGIN + half + 2 * MM;
  const column = half - 4 * MM;
  const amount = `${formatEuros(notice.amountCents)} Euro`;
  const due = `${TEXT.by} ${formatServiceDate(notice.dueOn)}`;

  document
    .font('black' satisfies Style)
    .fontSize(13)
    .fillColor(BLUE);
  document.addStructure(
    document.struct('P', {}, () => {
      document.text('pagoPA', MARGIN, MARGIN, { width: PAGE_WIDTH - 2 * MARGIN, align: 'right' });
    }),
  );
  let y = write(document, TEXT.title, { x: MARGIN, y: MARGIN }, { font: 'black', size: 18, tag: 'H1' });
  y = write(document, subject, { x: MARGIN, y: y + 1 * MM, width: 130 * MM }, { font: 'bold', size: 12 }) + 6 * MM;

  const top = y;
  let creditorY = write(document, TEXT.creditor, { x: left, y, width: column }, { font: 'black', size: 9, tag: 'H2' });
  creditorY = write(document, `${TEXT.fiscalCode} ${creditor.fiscalCode}`, { x: left, y: creditorY, width: column });
  creditorY = write(document, creditor.companyName, { x: left, y: creditorY, width: column }, { font: 'bold' });
  if (creditor.officeName !== '') {
    creditorY = write(document, creditor.officeName, { x: left, y: creditorY, width: column });
  }
  let debtorY = write(
    document,
    TEXT.debtor,
    { x: right, y: top, width: column },
    { font: 'black', size: 9, tag: 'H2' },
  );
  debtorY = write(document, `${TEXT.fiscalCode} ${debtor.codiceFiscale}`, { x: right, y: debtorY, width: column });
  debtorY = write(document, name, { x: right, y: debtorY, width: column }, { font: 'bold' });

  y = heading(document, TEXT.howMuch, Math.max(creditorY, debtorY) + 6 * MM);
  write(document, amount, { x: left, y, width: column }, { font: 'black', size: 18 });
  y = write(document, due, { x: right, y: y + 1.5 * MM, width: column }, { font: 'bold', size: 14 });
  y = write(document, TEXT.changes, { x: left, y: y + 3 * MM }, { size: 9 });

  y = heading(document, TEXT.where, y + 6 * MM);
  const onlineY = write(document, TEXT.online, { x: left, y, width: column }, { font: 'bold', size: 11 });
  const nearbyY = write(document, TEXT.nearby, { x: right, y, width: column }, { font: 'bold', size: 11 });
  y = write(document, TEXT.payBy, { x: left, y: Math.max(onlineY, nearbyY) + 2 * MM }, { size: 9 });

  y = heading(document, TEXT.banks, y + 6 * MM);
  write(document, `${TEXT.single} ${due}`, { x: left, y, width: column }, { font: 'bold', size: 11 });
  write(document, amount, { x: right, y, width: column }, { font: 'black', size: 13 });
  y += 9 * MM;
  drawQr(document, qrText(notice), left, y);
  const besideQr = left + QR_SIZE + 6 * MM;
  const fields: [string, string, Style][] = [
    [TEXT.to, name, 'bold'],
    [TEXT.body, creditor.companyName, 'bold'],
    [TEXT.subject, subject, 'regular'],
    [TEXT.noticeNumber, groupedNoticeNumber(notice.noticeNumber), 'mono'],
    [TEXT.bodyCode, creditor.fiscalCode, 'mono'],
    ...(creditor.cbillCode === null
      ? []
      : [[TEXT.cbill, creditor.cbillCode, 'mono'] satisfies [string, string, Style]]),
  ];
  let fieldY = y;
  for (const [label, value, font] of fields) {
    fieldY = write(document, label, { x: besideQr, y: fieldY }, { size: 8 });
    fieldY = write(document, value, { x: besideQr, y: fieldY }, { font, size: 11 }) + 1 * MM;
  }
  write(document, TEXT.scan, { x: left, y: Math.max(fieldY, y + QR_SIZE) + 3 * MM }, { size: 9 });
}

/** Version 4, level M, in one colour, as vectors: what every reader of notices expects. */
function drawQr(document: PDFKit.PDFDocument, text: string, x: number, y: number): void {
  const [code] = bwipjs.raw('qrcode', text, 'eclevel=M fixedeclevel version=4');
  if (code === undefined || !('pixs' in code)) throw new Error('a QR code was not drawn as a matrix');
  const module = QR_SIZE / code.pixx;
  document.addStructure(
    document.struct('Figure', { alt: TEXT.qr }, () => {
      code.pixs.forEach((dark, index) => {
        if (dark === 0) return;
        document.rect(x + (index % code.pixx) * module, y + Math.floor(index / code.pixx) * module, module, module);
      });
      document.fill('#000000');
    }),
  );
}
