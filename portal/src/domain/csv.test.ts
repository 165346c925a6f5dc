import { expect, test } from '@jest/globals';
import { csvAmount, writeCsv } from './csv.ts';

test('a list begins with a byte order mark, and each line ends with CR LF', async () => {
  expect(
    await writeCsv([
      ['Data', 'Menù'],
      ['23/11/2026', 'riso'],
    ]),
  ).toBe('\uFEFFData;Menù\r\n23/11/2026;riso\r\n');
});

test.each([
  ['pasta; pane', '"pasta; pane"'],
  ['il "solito"', '"il ""solito"""'],
  ['primo\nsecondo', '"primo\nsecondo"'],
])('%j keeps to its cell', async (text, written) => {
  expect(await writeCsv([[text]])).toBe(`\uFEFF${written}\r\n`);
});

test.each(['=1+1', '+39', '-1+1', '@SUM(A1)', '\t=1', '-5,20=1'])('%j does not run as a formula', async (text) => {
  expect(await writeCsv([[text]])).toBe(`\uFEFF'${text}\r\n`);
});

test.each([
  [-520, '-5,20'],
  [-5, '-0,05'],
  [0, '0,00'],
  [123_450, '1234,50'],
])('%i cents are the number %s', async (cents, written) => {
  expect(csvAmount(cents)).toBe(written);
  expect(await writeCsv([[csvAmount(cents)]])).toBe(`\uFEFF${written}\r\n`);
});
