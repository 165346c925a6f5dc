import { cents, serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { type DocumentContent, renderDocument } from '../src/pdf/document.ts';
import { readFile } from './reader.ts';

const INVOICE: DocumentContent = {
  creditor: { fiscalCode: '01234567897', companyName: 'Comune di Prova', officeName: 'Ufficio scuola' },
  debtor: { codiceFiscale: 'PRVZFR01S01M900X', fullName: 'Zefiro Prova' },
  ...{ kind: 'invoice', number: '12/M/2026', correctsNumber: null, description: 'Mensa scolastica, ottobre 2026' },
  ...{ issuedOn: serviceDate('2026-11-02'), issuedCents: cents(104_000), vat: 'vat_4', vatCents: cents(4_000) },
  stampCents: cents(0),
  meals: [
    { count: 1, priceCents: cents(400) },
    { count: 19, priceCents: cents(520) },
  ],
  instalments: [
    { amountCents: cents(52_000), dueOn: serviceDate('2026-12-02') },
    { amountCents: cents(52_000), dueOn: serviceDate('2027-01-01') },
  ],
};
const EXEMPT = { ...INVOICE, vat: 'exempt', vatCents: cents(0), stampCents: cents(200) } as const;
const NOTE = {
  ...INVOICE,
  kind: 'credit_note',
  number: '13/M/2026',
  correctsNumber: '12/M/2026',
  instalments: [],
} as const;

test.each<[string, DocumentContent, string[], string[]]>([
  [
    ...(['an invoice with VAT', INVOICE] as const),
    [
      'FATTURA 12/M/2026',
      'del 02/11/2026',
      'Zefiro Prova',
      '1 pasto a 4,00 €',
      '19 pasti a 5,20 €',
      '1.000,00 €',
      'IVA 4 %',
    ],
    ['bollo', 'correzione'],
  ],
  [
    ...(['an exempt one with its stamp', EXEMPT] as const),
    ['Imposta di bollo', '2,00 €', 'Operazione senza IVA'],
    ['IVA 4 %'],
  ],
  [
    ...(['a credit note', NOTE] as const),
    ['NOTA DI CREDITO 13/M/2026', 'A correzione del documento 12/M/2026'],
    ['RATE'],
  ],
])(
  'another program reads %s: number, who owes, meals, amounts; the same content is the same bytes',
  async (_name, content, there, absent) => {
    const file = await renderDocument(content);
    expect((await renderDocument(content)).equals(file)).toBe(true);
    const { pages, text } = readFile(file);
    expect(pages).toBe(1);
    for (const part of there) expect(text).toContain(part);
    for (const part of absent) expect(text).not.toContain(part);
  },
  30_000,
);
