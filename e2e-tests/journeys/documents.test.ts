import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { complaintsOf } from '../src/browser.ts';
import { tabTo } from '../src/keyboard.ts';
import { openStage, type Stage } from '../src/stage.ts';

const DOCUMENTS = '/documenti-contabili';
const PAYMENTS = '/pagamento-servizi-scolastici';
const STEP_MS = 60_000;
/** The demonstration guardian who is sent documents: 13,00; three of 45,00; two of 26,00. */
const GUARDIAN = 'nuvola.inventati';
const EURO = '\u00a0€';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());
afterEach(async () => {
  await fetch(`${stage.run.pagopa.control}/reset`, { method: 'POST' });
});

async function openPage(path: string, size: 'phone' | 'desktop' = 'desktop'): Promise<Page> {
  const page = await stage.guardian(GUARDIAN, size);
  await page.goto(new URL(path, stage.run.gatewayUrl).href);
  await page.getByRole('heading', { name: 'Elenco' }).waitFor();
  return page;
}

/** Amounts that wait for their payment, in the order of the page. */
async function due(page: Page): Promise<string[]> {
  const cells = page.locator('td[data-label="IMPORTO"]');
  return (await cells.allTextContents()).map((text) => text.replace(EURO, ''));
}

/** The boxes of the instalments of an amount. */
const boxesOf = (page: Page, amount: string) =>
  page
    .getByRole('row')
    .filter({ hasText: `${amount}${EURO}` })
    .getByRole('checkbox');

test(
  'what is to be paid is listed with the latest due day first; the sum follows the choice; the sixth cannot be ticked',
  async () => {
    const page = await openPage(PAYMENTS);
    const complaints = complaintsOf(page);
    expect((await due(page)).toSorted()).toEqual(['13,00', '26,00', '26,00', '45,00', '45,00', '45,00']);
    const instructions = page.getByRole('region', { name: 'Come pagare' });
    expect(await instructions.getByRole('listitem').allTextContents()).toEqual([
      expect.stringMatching(/^Per pagare subito seleziona nell’elenco i documenti, al massimo 5/),
      expect.stringMatching(/^Poi premi AVVIA PAGAMENTO/),
    ]);
    await instructions
      .getByText(/negozi, supermercati e sportelli bancari prima della scadenza premi Stampa/)
      .waitFor();
    const days = (await page.getByRole('rowheader').allTextContents()).map((text) => text.replace(' (scaduto)', ''));
    const sortable = days.map((day) => day.split('/').reverse().join('-'));
    expect(sortable).toEqual(sortable.toSorted().reverse());
    expect(await page.getByRole('button', { name: 'AVVIA PAGAMENTO' }).isDisabled()).toBe(true);
    await boxesOf(page, '13,00').check();
    for (const box of await boxesOf(page, '45,00').all()) await box.check();
    expect(await page.getByTestId('total').textContent()).toBe(`148,00${EURO}`);
    await boxesOf(page, '26,00').first().check();
    await page.getByText('Si possono pagare al massimo 5 documenti per volta').waitFor();
    expect(await boxesOf(page, '26,00').last().isDisabled()).toBe(true);
    expect(await page.getByTestId('total').textContent()).toBe(`174,00${EURO}`);
    await page.getByLabel('Scegli i primi 5').check();
    expect(await page.getByRole('table').getByRole('checkbox', { checked: true }).count()).toBe(5);
    await page.getByLabel('Scegli i primi 5').uncheck();
    expect(await page.getByTestId('total').textContent()).toBe(`0,00${EURO}`);
    expect(complaints).toEqual([]);
    await page.close();
  },
  STEP_MS,
);

test(
  'a parent pays two instalments of different documents at once, and finds them paid with their receipts',
  async () => {
    const page = await openPage(PAYMENTS, 'phone');
    await boxesOf(page, '13,00').check();
    await boxesOf(page, '45,00').last().check();
    await page.getByRole('button', { name: 'AVVIA PAGAMENTO' }).click();
    await page.getByRole('heading', { name: 'Pagamento di prova' }).waitFor();
    await page.getByRole('button', { name: /^Paga 58,00/ }).click();
    await page.getByText('Pagamento inviato').waitFor();
    await page.getByText(`13,00${EURO}`).waitFor({ state: 'detached' });
    expect((await due(page)).toSorted()).toEqual(['26,00', '26,00', '45,00', '45,00']);

    await page.goto(new URL(DOCUMENTS, stage.run.gatewayUrl).href);
    const paid = page.getByRole('row').filter({ hasText: 'Mensa scolastica, settembre' });
    await paid.getByText('Sì').waitFor();
    const downloading = page.waitForEvent('download');
    await paid.getByRole('link', { name: /^Scarica la ricevuta/ }).click();
    expect((await downloading).suggestedFilename()).toMatch(/^ricevuta-301\d{15}\.pdf$/);
    expect(await paid.getByRole('link', { name: /^Scarica l’avviso/ }).count()).toBe(0);
    const partly = page.getByRole('row').filter({ hasText: 'Mensa scolastica, primo trimestre' });
    for (const amount of ['135,00', '90,00', '45,00']) await partly.getByText(`${amount}${EURO}`).waitFor();
    expect(await partly.getByRole('link', { name: /^Scarica l’avviso/ }).count()).toBe(2);
    expect(await partly.getByRole('link', { name: /^Scarica la ricevuta/ }).count()).toBe(1);
    const untouched = page.getByRole('row').filter({ hasText: 'Pre e post scuola' });
    expect(await untouched.getByRole('link', { name: /^Scarica la ricevuta/ }).count()).toBe(0);
    await page.close();
  },
  STEP_MS,
);

test(
  'the columns are those that parents know, in their order, and the two PAGATO are told apart',
  async () => {
    const page = await openPage(DOCUMENTS);
    const columns = await page.getByRole('columnheader').allTextContents();
    expect(columns).toEqual([
      ...['DATA', 'NUMERO', 'UTENTE', 'IMPORTO', 'DA PAGARE', 'PAGATO (importo)', 'SCADENZA', 'MESSA A RUOLO'],
      ...['PAGATO (saldato)', 'AVVISO PAGOPA', 'RICEVUTA PAGOPA'],
    ]);
    await page.getByLabel('Nominativo').selectOption({ label: 'Basilico Inventati' });
    await page.waitForURL(/utente=/);
    // The whole list goes, and the chosen pupil's comes.
    await page.waitForFunction((name) => {
      const cells = [...document.querySelectorAll('td[data-label="UTENTE"]')];
      return cells.length > 0 && cells.every((cell) => cell.textContent === name);
    }, 'Basilico Inventati');
    await page.getByRole('row').filter({ hasText: 'Pre e post scuola' }).waitFor();
    await page.getByRole('link', { name: 'Pagamento servizi scolastici' }).last().click();
    await page.getByRole('heading', { name: 'PAGAMENTI ONLINE' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'STORICO DOCUMENTI CONTABILI' }).waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'who turns back at Checkout finds everything payable again; what is awaited cannot be chosen',
  async () => {
    const page = await openPage(PAYMENTS);
    await boxesOf(page, '26,00').first().check();
    await page.getByRole('button', { name: 'AVVIA PAGAMENTO' }).click();
    await page.getByRole('button', { name: 'Annulla e torna indietro' }).click();
    await page.getByText('Non hai pagato nulla').waitFor();
    await boxesOf(page, '26,00').nth(1).waitFor();
    await fetch(`${stage.run.pagopa.control}/behaviour`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ holdsReceipts: true }),
    });
    await boxesOf(page, '26,00').first().check();
    await page.getByRole('button', { name: 'AVVIA PAGAMENTO' }).click();
    await page.getByRole('button', { name: 'Paga, con esito in attesa' }).click();
    await page.getByText('Esito in attesa').waitFor();
    await page.getByRole('table').getByText('In verifica').waitFor();
    expect(await boxesOf(page, '26,00').count()).toBe(1);
    await fetch(`${stage.run.pagopa.control}/reset`, { method: 'POST' });
    await page.getByRole('table').getByText('In verifica').waitFor({ state: 'detached' });
    expect((await due(page)).filter((amount) => amount === '26,00')).toHaveLength(1);
    await page.close();
  },
  STEP_MS,
);

test(
  'a document is chosen and sent to pagoPA with the keyboard alone, once for a double press; back from there it is in verification, explained',
  async () => {
    const page = await openPage(PAYMENTS, 'phone');
    let carts = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/carts')) carts += 1;
    });
    const [amount = ''] = await due(page);
    await tabTo(page, { name: /^Scegli il documento/ });
    await page.keyboard.press('Space');
    expect(await page.getByTestId('total').textContent()).toBe(`${amount}${EURO}`);
    await tabTo(page, { text: 'AVVIA PAGAMENTO' });
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Pagamento di prova' }).waitFor();
    expect(carts).toBe(1);
    const checkout = page.url();
    await page.goBack();
    await page.getByRole('table').getByText('In verifica').waitFor();
    await page.getByText(/Se sei tornato indietro senza pagare puoi riprovare entro 30 minuti/).waitFor();
    await page.goto(checkout);
    await tabTo(page, { text: 'Annulla e torna indietro' });
    await page.keyboard.press('Enter');
    await page.getByText('Non hai pagato nulla').waitFor();
    await page.getByRole('table').getByText('In verifica').waitFor({ state: 'detached' });
    await page.close();
  },
  STEP_MS,
);

test(
  'a document that another tab is paying is refused with what to do, and the choice is asked for again',
  async () => {
    const page = await openPage(PAYMENTS);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByRole('heading', { name: 'Elenco' }).waitFor();
    for (const tab of [page, other])
      await tab
        .getByRole('checkbox', { name: /^Scegli il documento/ })
        .first()
        .check();
    await other.getByRole('button', { name: 'AVVIA PAGAMENTO' }).click();
    await other.getByRole('heading', { name: 'Pagamento di prova' }).waitFor();
    await page.getByRole('button', { name: 'AVVIA PAGAMENTO' }).click();
    await page.getByText('Uno dei documenti scelti è già in verifica').waitFor();
    await page.getByRole('table').getByText('In verifica').waitFor();
    expect(await page.getByTestId('total').textContent()).toBe(`0,00${EURO}`);
    await other.getByRole('button', { name: 'Annulla e torna indietro' }).click();
    await other.getByText('Non hai pagato nulla').waitFor();
    await page.close();
  },
  STEP_MS,
);

test.each([
  ['ok', 'Pagamento inviato', 'puoi seguirla nell’elenco qui sotto'],
  ['annullato', 'Pagamento annullato', 'puoi riprovare quando vuoi'],
  ['errore', 'Pagamento non riuscito', 'non ripetere il pagamento'],
  ['attesa', 'Esito in attesa', 'Non ripeterlo'],
])(
  'the payments page tells the outcome %s of pagoPA, and what to do',
  async (outcome, title, next) => {
    const page = await openPage(`${PAYMENTS}?carrello=01938f00-0000-7000-8000-000000000001&esito=${outcome}`);
    await page.getByText(title, { exact: true }).waitFor();
    await page.getByText(next).waitFor();
    await page.close();
  },
  STEP_MS,
);
