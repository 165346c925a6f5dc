import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { complaintsOf } from '../src/browser.ts';
import { openStage, type Stage } from '../src/stage.ts';

const RECORD = '/scheda-anagrafica';
const STEP_MS = 60_000;
/** The demonstration guardian of Riccio and Vento. */
const GUARDIAN = 'aurora.esempio';
const PART_NAMES = ['Dati Generali', 'Altre Informazioni', 'Servizi', 'Fascicolo'];

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

async function openList(size: 'phone' | 'desktop' = 'desktop'): Promise<Page> {
  const page = await stage.guardian(GUARDIAN, size);
  await page.goto(new URL(RECORD, stage.run.gatewayUrl).href);
  await page.getByRole('heading', { name: 'Elenco' }).waitFor();
  return page;
}

const namesIn = (page: Page) => page.getByRole('rowheader').allTextContents();
const partLink = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Parti della scheda' }).getByRole('link', { name });
/** The value beside a label of the record, within the part that has the heading. */
const fieldOf = async (page: Page, heading: string, label: string) => {
  const part = page.locator('.record-part').filter({ has: page.getByRole('heading', { name: heading, exact: true }) });
  const line = part.locator('.record-line').filter({ has: page.getByText(label, { exact: true }) });
  return (await line.locator('dd').textContent()) ?? '';
};

test(
  'a parent searches by name and by badge, opens the record, walks through its four parts, and back finds the filters',
  async () => {
    const page = await openList();
    const complaints = complaintsOf(page);
    const headings = await page.getByRole('columnheader').allTextContents();
    expect(headings.slice(0, 3)).toEqual(['Nominativo', 'Badge', 'Status']);
    expect(await namesIn(page)).toEqual(['Riccio Esempio', 'Vento Esempio']);
    expect(await page.getByRole('row', { name: /Riccio/ }).textContent()).toContain('Aperto');
    await page.getByLabel('Nominativo').selectOption({ label: 'Vento Esempio' });
    await page.getByRole('button', { name: 'CERCA' }).click();
    await expectNames(page, ['Vento Esempio']);
    await page.getByRole('link', { name: 'Apri la scheda di Vento Esempio' }).click();
    await page.getByRole('heading', { name: 'Scheda di Vento Esempio' }).waitFor();
    const parts = page.getByRole('navigation', { name: 'Parti della scheda' }).getByRole('link');
    expect(await parts.allTextContents()).toEqual(PART_NAMES);
    for (const name of PART_NAMES.slice(1)) {
      await partLink(page, name).click();
      await page.locator('a[aria-current="true"]').filter({ hasText: name }).waitFor();
    }
    for (const _ of PART_NAMES.slice(1)) await page.goBack();
    await page.locator('a[aria-current="true"]').filter({ hasText: 'Dati Generali' }).waitFor();
    await page.getByRole('link', { name: 'Torna all’elenco' }).click();
    await expectNames(page, ['Vento Esempio']);
    expect(await page.getByLabel('Nominativo').locator('option:checked').textContent()).toBe('Vento Esempio');
    await page.getByLabel('Nominativo').selectOption({ label: 'Tutti' });
    await page.getByLabel('Nr. Badge').selectOption({ index: 1 });
    await page.getByRole('button', { name: 'CERCA' }).click();
    await expectNames(page, ['Riccio Esempio']);
    expect(complaints).toEqual([]);
  },
  STEP_MS,
);

async function expectNames(page: Page, names: readonly string[]): Promise<void> {
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll('tbody th')].map((cell) => cell.textContent).join() === wanted,
    names.join(),
  );
}

test(
  'the record shows birth, residence, payer, enrolment, payment and price, and nothing in it can be changed',
  async () => {
    const page = await openList('phone');
    await page.getByRole('link', { name: 'Apri la scheda di Riccio Esempio' }).click();
    await page.getByRole('heading', { name: 'Dati di nascita' }).waitFor();
    expect(await fieldOf(page, 'Dati di nascita', 'Codice Fiscale')).toMatch(
      /^[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]$/,
    );
    expect(await fieldOf(page, 'Dati di nascita', 'Data')).toMatch(/^\d{2}\/\d{2}\/20\d{2}$/);
    expect(await fieldOf(page, 'Dati di nascita', 'Sesso')).toMatch(/^(Maschio|Femmina)$/);
    for (const [heading, labels] of [
      ['Dati di nascita', ['Comune', 'Provincia']],
      ['Dati di residenza', ['Comune', 'C.A.P.', 'Provincia', 'Indirizzo', 'Telefono']],
    ] as const) {
      for (const label of labels) expect(await fieldOf(page, heading, label)).not.toBe('');
    }
    await partLink(page, 'Altre Informazioni').click();
    expect(await fieldOf(page, 'Altre Informazioni', 'Genitore intestatario')).toBe('Aurora Esempio');
    await partLink(page, 'Servizi').click();
    expect(await fieldOf(page, 'Refezione scolastica', 'Tipologia di pagamento')).toContain('Prepagato');
    expect(await fieldOf(page, 'Refezione scolastica', 'Costo del servizio')).toMatch(/^\d,\d{2}\u00a0€ al giorno$/);
    expect(await fieldOf(page, 'Refezione scolastica', 'Periodo')).toMatch(/^dal \d{2}\/\d{2}\/\d{4} al/);
    expect(await fieldOf(page, 'Refezione scolastica', 'Domiciliazione della fattura')).not.toBe('');
    expect(await page.locator('main').locator('input, select, textarea').count()).toBe(0);
    await page.getByRole('heading', { name: 'Dati sbagliati?' }).waitFor();
    expect(await page.locator('.wrong-data').textContent()).toContain('ufficio.scuola@');
  },
  STEP_MS,
);

test(
  'a reduction is told with its reason, and the price is the one that is paid',
  async () => {
    const page = await stage.guardian('zefiro.prova');
    await page.goto(new URL(RECORD, stage.run.gatewayUrl).href);
    const cents: number[] = [];
    for (const [name, reduction] of [
      ['Nembo Prova', /^nessuna$/],
      ['Vaniglia Prova', /^20 % dal \d{2}\/\d{2}\/\d{4} al \d{2}\/\d{2}\/\d{4} \(più figli iscritti\)$/],
    ] as const) {
      await page.getByRole('link', { name: `Apri la scheda di ${name}` }).click();
      await partLink(page, 'Servizi').click();
      const service = page.locator('.record-part').first();
      const value = (label: string) =>
        service
          .locator('.record-line')
          .filter({ has: page.getByText(label, { exact: true }) })
          .locator('dd');
      expect(await value('Riduzioni').textContent()).toMatch(reduction);
      cents.push(Number((await value('Costo del servizio').textContent())?.replace(/\D/g, '')));
      await page.getByRole('link', { name: 'Torna all’elenco' }).click();
    }
    const [whole = 0, reduced] = cents;
    expect(reduced).toBe(Math.round(whole * 0.8));
    await page.close();
  },
  STEP_MS,
);

test(
  'a document of the fascicolo is downloaded whole, and the parent sees who looked at the record',
  async () => {
    const page = await openList();
    await page.getByRole('link', { name: 'Apri la scheda di Riccio Esempio' }).click();
    await partLink(page, 'Fascicolo').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: /^Scarica Conferma di iscrizione/ }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('conferma-di-iscrizione.pdf');
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    expect(Buffer.concat(chunks).subarray(0, 5).toString()).toBe('%PDF-');
    await page.reload();
    await partLink(page, 'Altre Informazioni').click();
    const reads = page.getByRole('table', { name: /^Consultazioni della scheda/ });
    await reads.waitFor();
    const text = await reads.textContent();
    for (const word of ['Tu', 'Scheda', 'Documento']) expect(text).toContain(word);
  },
  STEP_MS,
);

test(
  'a pupil whose meals are invoiced: where the invoices go, and what the household’s ISEE makes of the price',
  async () => {
    const page = await stage.guardian('nuvola.inventati', 'phone');
    const invoiceAddress = {
      ...{ recipient: 'Nuvola Inventati', street: 'Via della Fantasia 1', postalCode: '00000' },
      ...{ municipality: 'Vallefinta', province: 'EE' },
    };
    const isee = { outcome: 'in_band', upToCents: 1_500_000, certifiedUntil: '2026-12-31' };
    for (const [change, shown] of [
      [isee, 'fino a 15.000,00\u00a0€, attestazione valida fino al 31/12/2026'],
      [{ ...isee, outcome: 'above_bands', upToCents: null }, /^oltre l’ultima fascia: si paga la tariffa intera, /],
      [{ outcome: 'no_certification', upToCents: null, certifiedUntil: null }, /presentalo all’ufficio comunale\.$/],
    ] as const) {
      await page.unrouteAll();
      await page.route(/\/api\/anagrafica\/pupils\/[^/]+$/, async (route) => {
        const response = await route.fetch();
        const record = await response.json();
        const enrolments = record.enrolments.map((one: object) => ({
          ...one,
          invoiceAddress,
          invoiceEmail: '',
          isee: change,
        }));
        await route.fulfill({ response, json: { ...record, enrolments } });
      });
      await page.goto(new URL(RECORD, stage.run.gatewayUrl).href);
      await page.getByRole('link', { name: /^Apri la scheda di/ }).click();
      await partLink(page, 'Servizi').click();
      expect(await fieldOf(page, 'Refezione scolastica', 'Fascia ISEE')).toMatch(shown);
      expect(await fieldOf(page, 'Refezione scolastica', 'Domiciliazione della fattura')).toBe(
        'In questo portale, alla pagina Documenti contabili; per posta a Nuvola Inventati, Via della Fantasia 1, 00000 Vallefinta (EE)',
      );
    }
    await page.close();
  },
  STEP_MS,
);
