import { expect, test } from '@jest/globals';
import { amount } from '../domain/list.ts';
import { csvAmount, writeCsv } from './csv.ts';

test('a list begins with a byte order mark, and each line ends with CR LF', async () => {
  expect(await writeCsv({ asOf: '', columns: ['Data', 'Menù'], rows: [['23/11/2026', 'riso']] })).toBe(
    '\uFEFFData;Menù\r\n23/11/2026;riso\r\n',
  );
});

test.each([
  ['pasta; pane', '"pasta; pane"'],
  ['il "solito"', '"il ""solito"""'],
  ['primo\nsecondo', '"primo\nsecondo"'],
])('%j keeps to its cell', async (text, written) => {
  expect(await writeCsv({ asOf: '', columns: ['Menù'], rows: [[text]] })).toBe(`\uFEFFMenù\r\n${written}\r\n`);
});

test.each(['=1+1', '+39', '-1+1', '@SUM(A1)', '\t=1', '-5,20'])('%j does not run as a formula', async (text) => {
  expect(await writeCsv({ asOf: '', columns: ['Menù'], rows: [[text]] })).toBe(`\uFEFFMenù\r\n'${text}\r\n`);
});

test.each([
  [-520, '-5,20'],
  [-5, '-0,05'],
  [0, '0,00'],
  [123_450, '1234,50'],
])('%i cents are the number %s', async (cents, written) => {
  expect(csvAmount(cents)).toBe(written);
  expect(await writeCsv({ asOf: '', columns: ['Importo'], rows: [[amount(cents)]] })).toBe(
    `\uFEFFImporto\r\n${written}\r\n`,
  );
});
