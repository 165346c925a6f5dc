import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cents, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { noticeNumber } from '../src/domain/notice-number.ts';
import { groupedNoticeNumber, type NoticeContent, qrText, renderNotice } from '../src/pdf/notice.ts';

const NOTICE: NoticeContent = {
  creditor: {
    fiscalCode: '01234567897',
    companyName: 'Comune di Prova',
    officeName: 'Ufficio scuola',
    cbillCode: 'AB123',
  },
  debtor: { codiceFiscale: 'PRVZFR01S01M900X', fullName: 'Zefiro Prova' },
  description: 'Ricarica refezione scolastica',
  amountCents: cents(102_099),
  dueOn: serviceDate('2026-12-23'),
  noticeNumber: noticeNumber('47', 12_345),
  issuedAt: new Date('2026-11-23T10:00:00Z'),
};

interface Read {
  readonly pages: number;
  readonly text: string;
  readonly codes: readonly {
    readonly format: string;
    readonly text: string;
    readonly version: string;
    readonly ecLevel: string;
  }[];
}

/** What another program reads in a file. */
function read(file: Buffer): Read {
  const words = ['--no-warnings', fileURLToPath(new URL('read-pdf.ts', import.meta.url))];
  const found: Read = JSON.parse(execFileSync(process.execPath, words, { input: file }).toString());
  // A reader tells words one by one.
  return { ...found, text: found.text.replaceAll(/\s+/g, ' ') };
}

test('the codes are as pagoPA writes them', () => {
  expect(qrText({ ...NOTICE, amountCents: cents(6_450) })).toBe('PAGOPA|002|347000000001234592|01234567897|6450');
  expect(qrText({ ...NOTICE, amountCents: cents(5) })).toBe('PAGOPA|002|347000000001234592|01234567897|05');
  expect(groupedNoticeNumber(NOTICE.noticeNumber)).toBe('3470 0000 0001 2345 92');
});

test('another program finds every heading, the amount, the day, the code in groups of four, and reads the QR code', async () => {
  const { pages, text, codes } = read(await renderNotice(NOTICE));
  expect(pages).toBe(1);
  for (const part of [
    ...['AVVISO DI PAGAMENTO', 'ENTE CREDITORE', 'DESTINATARIO AVVISO', 'QUANTO E QUANDO PAGARE?', 'DOVE PAGARE?'],
    ...['BANCHE E ALTRI CANALI', 'Comune di Prova', 'Zefiro Prova', 'Ricarica refezione scolastica', '1.020,99 Euro'],
    ...['entro il 23/12/2026', '3470 0000 0001 2345 92', 'AB123', '01234567897'],
  ]) {
    expect(text).toContain(part);
  }
  expect(codes).toEqual([{ format: 'QRCode', text: qrText(NOTICE), version: '4', ecLevel: 'M' }]);
});

test('a reprint is the same file to the byte, and another notice is another file', async () => {
  const first = await renderNotice(NOTICE);
  expect((await renderNotice(NOTICE)).equals(first)).toBe(true);
  expect((await renderNotice({ ...NOTICE, amountCents: cents(1) })).equals(first)).toBe(false);
});

test('names and subjects as long as they get stay on one page, cut where the model cuts them', async () => {
  const { pages, text } = read(
    await renderNotice({
      ...NOTICE,
      creditor: { ...NOTICE.creditor, companyName: 'Comune '.repeat(14).trim(), officeName: 'U'.repeat(50) },
      debtor: { ...NOTICE.debtor, fullName: 'Zefirò '.repeat(20) },
      description: 'Ricarica '.repeat(15),
    }),
  );
  expect(pages).toBe(1);
  expect(text).toContain('Zefirò '.repeat(10).trim());
  expect(text).not.toContain('Zefirò '.repeat(11).trim());
});
