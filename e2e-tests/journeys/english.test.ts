import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violationsOf } from '../src/accessibility.ts';
import { complaintsOf } from '../src/browser.ts';
import { openStage, type Stage } from '../src/stage.ts';

const STEP_MS = 60_000;
const GUARDIAN = 'aurora.esempio';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

const languageOf = (page: Page) => page.evaluate(() => document.documentElement.lang);
const overflowOf = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Opens a page in Italian and turns it to English; the page is still the same one. */
async function openInEnglish(page: Page, path: string, heading: string): Promise<void> {
  await page.goto(new URL(path, stage.run.gatewayUrl).href);
  expect(await languageOf(page)).toBe('it');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  expect(await languageOf(page)).toBe('en');
}

test(
  'a visitor turns the portal to English with one button, it stays so, and Italian is as near',
  async () => {
    const page = await stage.visitor('phone');
    const complaints = complaintsOf(page);
    await openInEnglish(page, '/', 'SCHOOL SERVICES');
    expect(await page.getByRole('link', { name: /GO TO THE SERVICE/ }).count()).toBe(7);
    expect(await violationsOf(page)).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
    await page.goto(new URL('/accedi', stage.run.gatewayUrl).href);
    await page.getByRole('heading', { level: 1, name: 'SIGN IN TO THE SERVICES' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Italiano' }).click();
    await page.getByRole('heading', { level: 1, name: 'ACCEDI AI SERVIZI' }).waitFor();
    expect(await languageOf(page)).toBe('it');
    expect(complaints).toEqual([]);
  },
  STEP_MS,
);

test.each([
  ['/scheda-anagrafica', 'PUPILS’ RECORDS', 'Pupils whose payer you are'],
  ['/refezione-scolastica', 'SCHOOL MEALS', /^School meals of Riccio Esempio from \d{2}\/\d{2}\/\d{4} to/],
  ['/conto-corrente-virtuale', 'VIRTUAL ACCOUNT', /^Movements of the account/],
  ['/documenti-contabili', 'HISTORY OF ACCOUNTING DOCUMENTS', 'No document has been issued.'],
  ['/pagamento-servizi-scolastici', 'ONLINE PAYMENTS', 'There is nothing to pay.'],
  ['/ricariche-pagopa', 'TOP-UP WITH PAGOPA', 'Your top-ups'],
  ['/comunicazioni-assenze', 'REPORTING AN ABSENCE', /^An absence is reported by/],
])(
  'a parent reads %s in English, days and money written as in Italy',
  async (path, heading, shown) => {
    const page = await stage.guardian(GUARDIAN, 'phone');
    await openInEnglish(page, path, heading);
    await page.getByText(shown).first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
    await page.close();
  },
  STEP_MS,
);
