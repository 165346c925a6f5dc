import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { type ReadPdf, readPdf } from './read-pdf.ts';

type Rows = readonly (readonly string[])[];

/** Downloads the list of the page as CSV. @returns headings and rows */
export async function downloadCsv(page: Page): Promise<Rows> {
  const text = await readFile(await download(page, 'CSV'), 'utf8');
  if (!text.startsWith('\uFEFF')) throw new Error('the file has no byte order mark');
  return text
    .slice(1)
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(';'));
}

/** Downloads the list of the page as PDF and reads it with another program than wrote it. */
export async function downloadPdf(page: Page): Promise<ReadPdf> {
  return readPdf(await download(page, 'PDF'));
}

/** Rows as both files have them: amounts as plain numbers, and whatever blank a line was broken at as one. */
export function plain(rows: Rows): Rows {
  return rows.map((row) => row.map((cell) => asNumber(cell.replaceAll(/^"|"$/g, '').replaceAll(/\s+/g, ' ').trim())));
}

function asNumber(cell: string): string {
  return /^−?[\d.]+,\d\d €$/.test(cell) ? cell.slice(0, -2).replaceAll('.', '').replace('−', '-') : cell;
}

async function download(page: Page, kind: 'CSV' | 'PDF'): Promise<string> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: `Scarica l’elenco (${kind})` }).click();
  return (await downloading).path();
}
