import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { complaintsOf } from '../src/browser.ts';
import { focused, tabTo } from '../src/keyboard.ts';
import { downloadCsv, downloadPdf, plain } from '../src/list-files.ts';
import { openStage, type Stage } from '../src/stage.ts';

const TOP_UPS = '/ricariche-pagopa';
const ACCOUNT = '/conto-corrente-virtuale';
const STEP_MS = 60_000;
/** Nobody else's journey has to do with him. */
const GUARDIAN = 'lampo.difantasia';
const CREDITOR = '99999000021';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());
afterEach(() => script('POST', '/reset'));

/** Scripts the stand-in of pagoPA. */
async function script(method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${stage.run.pagopa.control}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${await response.text()}`);
}

const at = (path: string) => new URL(path, stage.run.gatewayUrl).href;

async function openPage(size: 'phone' | 'desktop' = 'phone'): Promise<Page> {
  const page = await stage.guardian(GUARDIAN, size);
  await page.goto(at(TOP_UPS));
  await page.getByRole('button', { name: 'CONFERMA' }).waitFor();
  return page;
}

/** Orders a top-up; the page then asks how to pay. @returns its notice number */
async function order(page: Page, amount: string): Promise<string> {
  await page.getByLabel('Importo in euro').fill(amount);
  await page.getByRole('button', { name: 'CONFERMA' }).click();
  await page.getByRole('heading', { name: 'Come vuoi pagare?' }).waitFor();
  return ((await page.locator('.notice-number').textContent()) ?? '').replaceAll(/\D/g, '');
}

/** The newest top-up of an amount in the list. */
const rowOf = (page: Page, amount: string) =>
  page
    .getByRole('row')
    .filter({ hasText: `${amount}\u00a0€` })
    .first();

async function balance(page: Page): Promise<number> {
  await page.goto(at(ACCOUNT));
  const shown = (await page.getByTestId('current-balance').textContent()) ?? '';
  return Number(shown.replaceAll(/[^\d−]/g, '').replace('−', '-'));
}

test(
  'a parent tops up online: order, Checkout, and the money is on the account',
  async () => {
    const page = await openPage();
    const complaints = complaintsOf(page);
    const before = await balance(page);
    await page.goto(at(TOP_UPS));
    await page.getByText(/^Scegli il servizio e il badge, scrivi l’importo e premi CONFERMA/).waitFor();
    await page
      .getByText(/^Il credito si aggiorna dopo la verifica del Comune sulle operazioni confermate da pagoPA/)
      .waitFor();
    expect(await page.locator('form label').allTextContents()).toEqual([
      ...['Servizio da ricaricare', 'Badge', 'Importo in euro'],
    ]);
    await order(page, '20,00');
    await page.getByRole('button', { name: 'PAGA ONLINE' }).click();
    await page.getByRole('heading', { name: 'Pagamento di prova' }).waitFor();
    await page.getByText('Ricarica Refezione scolastica').waitFor();
    await page.getByRole('button', { name: /^Paga 20,00/ }).click();
    await page.getByText('Pagamento inviato').waitFor();
    await rowOf(page, '20,00')
      .getByText(/Accreditata il/)
      .waitFor();
    expect(await balance(page)).toBe(before + 2_000);
    await page.goto(at(TOP_UPS));
    const csv = await downloadCsv(page);
    expect(csv[1]?.join(';')).toMatch(/;20,00;Accreditata il /);
    expect(plain((await downloadPdf(page)).rows)).toEqual(plain(csv));
    expect(complaints).toEqual([]);
    await page.close();
  },
  STEP_MS,
);

test(
  'a parent who turns back at Checkout has paid nothing, and cancels the top-up',
  async () => {
    const page = await openPage('desktop');
    await order(page, '30,50');
    await page.getByRole('button', { name: 'PAGA ONLINE' }).click();
    await page.getByRole('button', { name: 'Annulla e torna indietro' }).click();
    await page.getByText('Non hai pagato nulla').waitFor();
    const row = rowOf(page, '30,50');
    await row.getByText(/In attesa di pagamento/).waitFor();
    await row.getByRole('button', { name: /^Annulla la ricarica/ }).click();
    await row.getByText('Annullata').waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'a top-up whose outcome is awaited is in verification, cannot be paid twice, and is credited when the receipt comes',
  async () => {
    await script('PATCH', '/behaviour', { holdsReceipts: true });
    const page = await openPage('desktop');
    await order(page, '40,00');
    await page.getByRole('button', { name: 'PAGA ONLINE' }).click();
    await page.getByRole('button', { name: 'Paga, con esito in attesa' }).click();
    await page.getByText('Esito in attesa').waitFor();
    const row = rowOf(page, '40,00');
    await row.getByText('In verifica').waitFor();
    expect(await row.getByRole('button').count()).toBe(0);
    await script('PATCH', '/behaviour', { holdsReceipts: false });
    await row.getByText(/Accreditata il/).waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'a top-up is paid later at a desk by its notice number, with a receipt that comes three times',
  async () => {
    await script('PATCH', '/behaviour', { receiptCopies: 3 });
    const page = await openPage();
    const before = await balance(page);
    await page.goto(at(TOP_UPS));
    const noticeNumber = await order(page, '15,00');
    expect(noticeNumber).toMatch(/^301\d{15}$/);
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'SCARICA L’AVVISO (PDF)' }).click();
    expect((await downloading).suggestedFilename()).toBe(`avviso-${noticeNumber}.pdf`);
    const desk = await stage.visitor('phone');
    await desk.goto(stage.run.pagopa.deskUrl);
    await desk.getByLabel(/Codice avviso/).fill(noticeNumber);
    await desk.getByLabel(/Codice fiscale/).fill(CREDITOR);
    await desk.getByRole('button', { name: 'Mostra quanto si paga' }).click();
    await desk.getByRole('button', { name: /^Paga 15,00/ }).click();
    await desk.getByText('Pagato.').waitFor();
    await page.getByRole('button', { name: 'Torna alle ricariche' }).click();
    await rowOf(page, '15,00')
      .getByText(/Accreditata il/)
      .waitFor();
    expect(await balance(page)).toBe(before + 1_500);
    await desk.goto(stage.run.pagopa.deskUrl);
    await desk.getByLabel(/codice QR/).fill(`PAGOPA|002|${noticeNumber}|${CREDITOR}|1500`);
    await desk.getByRole('button', { name: 'Mostra quanto si paga' }).click();
    await desk.getByText('Questo avviso è già stato pagato.').waitFor();
    await Promise.all([page.close(), desk.close()]);
  },
  STEP_MS,
);

test(
  'an amount that cannot be says what to do and keeps what was typed; a double click is one order; back comes to the form',
  async () => {
    const page = await openPage();
    let sent = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/top-ups')) sent += 1;
    });
    for (const [typed, message] of [
      ['venti', 'Scrivi un importo in euro, per esempio 20,00.'],
      ['4,99', 'L’importo minimo di una ricarica è 5,00\u00a0€.'],
      ['200,50', 'L’importo massimo di una ricarica è 200,00\u00a0€.'],
      ['10,20', 'L’importo deve essere un multiplo di 0,50\u00a0€.'],
    ] as const) {
      await page.getByLabel('Importo in euro').fill(typed);
      await page.getByRole('button', { name: 'CONFERMA' }).click();
      await page.getByText(message).waitFor();
      expect(await page.getByLabel('Importo in euro').inputValue()).toBe(typed);
    }
    expect(sent).toBe(0);
    await page.getByLabel('Importo in euro').fill('12,50');
    await page.getByRole('button', { name: 'CONFERMA' }).dblclick();
    await page.getByRole('heading', { name: 'Come vuoi pagare?' }).waitFor();
    expect(sent).toBe(1);
    await page.goBack();
    await page.getByRole('button', { name: 'CONFERMA' }).waitFor();
    const waiting = page.getByRole('row').filter({ hasText: '12,50\u00a0€' }).filter({ hasText: 'In attesa' });
    await waiting.first().waitFor();
    expect(await waiting.count()).toBe(1);
    await rowOf(page, '12,50')
      .getByRole('button', { name: /^Annulla la ricarica/ })
      .click();
    await rowOf(page, '12,50').getByText('Annullata').waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'while pagoPA is away the page says so and the top-up stays payable',
  async () => {
    await script('PATCH', '/behaviour', { isAway: true });
    const page = await openPage();
    await order(page, '18,00');
    await page.getByRole('button', { name: 'PAGA ONLINE' }).click();
    await page.getByText('Il pagamento online non è disponibile in questo momento.').waitFor();
    await page.getByRole('button', { name: 'Torna alle ricariche' }).click();
    const row = rowOf(page, '18,00');
    await row.getByRole('button', { name: /^Annulla la ricarica/ }).click();
    await row.getByText('Annullata').waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'a top-up is ordered, sent to pagoPA and cancelled with the keyboard alone',
  async () => {
    const page = await openPage();
    await tabTo(page, { label: 'Importo in euro' });
    await page.keyboard.type('venti');
    await page.keyboard.press('Enter');
    await page.getByText('Scrivi un importo in euro').waitFor();
    expect(await focused(page)).toMatchObject({ label: 'Importo in euro', isInvalid: true });
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('24,50');
    await tabTo(page, { text: 'CONFERMA' });
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Come vuoi pagare?' }).waitFor();
    expect(await focused(page)).toMatchObject({ text: 'Come vuoi pagare?' });
    await tabTo(page, { text: 'PAGA ONLINE' });
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Pagamento di prova' }).waitFor();
    await tabTo(page, { text: 'Annulla e torna indietro' });
    await page.keyboard.press('Enter');
    await page.getByText('Non hai pagato nulla').waitFor();
    const row = rowOf(page, '24,50');
    await row.getByRole('button', { name: /^Annulla la ricarica/ }).waitFor();
    await tabTo(page, { name: 'Annulla la ricarica di 24,50\u00a0€' });
    await page.keyboard.press('Enter');
    await row.getByText('Annullata').waitFor();
    await page.close();
  },
  STEP_MS,
);
