import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { complaintsOf } from '../src/browser.ts';
import { openStage, type Stage } from '../src/stage.ts';

const STEP_MS = 60_000;
const TOP_UPS = '/ricariche-pagopa';
const CANTEEN = '/refezione-scolastica';
const ACCOUNT = '/conto-corrente-virtuale';
/** He orders; nobody else's journey looks at his top-ups by their amount. */
const GUARDIAN = 'lampo.difantasia';
const READER = 'aurora.esempio';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

const at = (path: string) => new URL(path, stage.run.gatewayUrl).href;

async function openTopUps(): Promise<Page> {
  const page = await stage.guardian(GUARDIAN, 'phone');
  await page.goto(at(TOP_UPS));
  await page.getByRole('button', { name: 'CONFERMA' }).waitFor();
  return page;
}

test(
  'a session that ends while a top-up is filled in loses nothing: after signing in again the form is as it was, and nothing was ordered',
  async () => {
    const page = await openTopUps();
    await page.getByLabel('Importo in euro').fill('23,50');
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'CONFERMA' }).click();
    await page.getByText('Sessione scaduta').waitFor();
    const back = await page.getByRole('link', { name: 'Accedi di nuovo' }).getAttribute('href');
    const wanted = new URLSearchParams(back?.split('?')[1]).get('return') ?? '';
    const again = await stage.guardian(GUARDIAN, 'phone');
    await again.goto(at(wanted));
    await again.getByRole('heading', { name: 'Le tue ricariche' }).waitFor();
    expect(await again.getByLabel('Importo in euro').inputValue()).toBe('23,50');
    expect(await again.getByRole('row').filter({ hasText: '23,50' }).count()).toBe(0);
    await Promise.all([page.close(), again.close()]);
  },
  STEP_MS,
);

test(
  'a top-up cancelled in one tab cannot be paid in the other, which says so and leads back to the list',
  async () => {
    const page = await openTopUps();
    await page.getByLabel('Importo in euro').fill('21,50');
    await page.getByRole('button', { name: 'CONFERMA' }).click();
    await page.getByRole('button', { name: 'PAGA ONLINE' }).waitFor();
    const other = await page.context().newPage();
    await other.goto(at(TOP_UPS));
    const row = other.getByRole('row').filter({ hasText: '21,50' }).first();
    await row.getByRole('button', { name: /^Annulla la ricarica/ }).click();
    await row.getByText('Annullata').waitFor();
    await page.getByRole('button', { name: 'PAGA ONLINE' }).click();
    await page.getByText('Questa ricarica non è più in attesa di pagamento.').waitFor();
    await page.getByRole('button', { name: 'Torna alle ricariche' }).click();
    await page.getByRole('row').filter({ hasText: '21,50' }).first().getByText('Annullata').waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'back from Checkout without having paid: the top-up is in verification, is not paid twice, and the page says what that means',
  async () => {
    const page = await openTopUps();
    await page.getByLabel('Importo in euro').fill('22,50');
    await page.getByRole('button', { name: 'CONFERMA' }).click();
    let carts = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/carts')) carts += 1;
    });
    await page.getByRole('button', { name: 'PAGA ONLINE' }).dblclick();
    await page.getByRole('heading', { name: 'Pagamento di prova' }).waitFor();
    expect(carts).toBe(1);
    const checkout = page.url();
    await page.goBack();
    await page.getByText('Un pagamento di questa ricarica è già in verifica').waitFor();
    await page.getByRole('button', { name: 'Torna alle ricariche' }).click();
    const row = page.getByRole('row').filter({ hasText: '22,50' }).first();
    await row.getByText('In verifica').waitFor();
    expect(await row.getByRole('button').count()).toBe(0);
    // Who really turns back there may pay, or cancel, at once.
    await page.goto(checkout);
    await page.getByRole('button', { name: 'Annulla e torna indietro' }).click();
    await page.getByText('Non hai pagato nulla').waitFor();
    await row.getByRole('button', { name: /^Annulla la ricarica/ }).click();
    await row.getByText('Annullata').waitFor();
    await page.close();
  },
  STEP_MS,
);

test.each([
  ['inverted days', 'da=2026-12-31&a=2026-01-01', 'La data di inizio viene dopo la data di fine: correggi'],
  ['a day that there is not', 'da=2026-02-31&a=2026-03-01', 'Nel link c’è una data che non esiste'],
  ['words for a day', 'da=ieri&a=domani', 'Nel link c’è una data che non esiste'],
  ['the year 9999', 'da=9999-01-01&a=9999-12-31', 'Controlla l’anno: si possono cercare i giorni dal 2000 al 2099.'],
  ['the year 1066', 'da=1066-01-01&a=1066-12-31', 'Controlla l’anno'],
  ['a school year long gone', 'da=2003-09-01&a=2004-06-30', /Nessun (giorno di mensa|movimento) nel periodo scelto/],
  ['fifty years', 'da=2000-01-01&a=2050-12-31', 'Il periodo è troppo lungo: scegli al massimo 36 mesi.'],
  ['twenty months', 'da=2025-04-13&a=2026-12-13', /^Dati forniti /],
  ['one single day', 'da=2026-11-10&a=2026-11-10', /^Dati forniti /],
  ['nothing at all', 'da=&a=', 'Nel link c’è una data che non esiste'],
] as const)(
  'a link with %s shows a page that says what to do, for the canteen and the account',
  async (_what, days, shown) => {
    const page = await stage.guardian(READER, 'phone');
    const complaints = complaintsOf(page);
    const failed: number[] = [];
    page.on('response', (response) => {
      if (response.status() >= 500) failed.push(response.status());
    });
    for (const path of [CANTEEN, ACCOUNT]) {
      await page.goto(at(`${path}?${days}`));
      await page.getByText(shown).first().waitFor();
      expect(await page.getByRole('button', { name: 'CERCA' }).isEnabled()).toBe(true);
    }
    expect(complaints).toEqual([]);
    expect(failed).toEqual([]);
    await page.close();
  },
  STEP_MS,
);

test(
  'a link to a badge or a pupil that is not yours meets the refusal, and the search goes on from there',
  async () => {
    const page = await stage.guardian(READER, 'phone');
    for (const path of [`${ACCOUNT}?badge=01938f00-0000-7000-8000-0000000000ff`, `${CANTEEN}?utente=x`]) {
      await page.goto(at(path));
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Consultazione non possibile').waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'CERCA' }).click();
      await page.getByText(/^Dati forniti /).waitFor();
    }
    await page.close();
  },
  STEP_MS,
);
