import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { readAccount, readPriceCents } from '../src/account.ts';
import { readCents } from '../src/amounts.ts';
import { complaintsOf } from '../src/browser.ts';
import { downloadCsv, downloadPdf, plain } from '../src/list-files.ts';
import { openStage, type Stage } from '../src/stage.ts';

const STEP_MS = 60_000;
const GUARDIAN = 'aurora.esempio';
const CANTEEN = '/refezione-scolastica';
const ACCOUNT = '/conto-corrente-virtuale';
/** Long enough for several pages of either list. */
const LONG = 'da=2025-04-13&a=2026-12-13';
const PAGES = [
  ...['/', ACCOUNT, CANTEEN, '/scheda-anagrafica', '/documenti-contabili', '/pagamento-servizi-scolastici'],
  ...['/ricariche-pagopa', '/comunicazioni-assenze'],
];
/** Compressed script of a first visit (design: below 200 kB). */
const SCRIPT_BYTES_MAX = 200_000;
/** What Core Web Vitals call good. */
const SHIFT_MAX = 0.1;

/** A day as attendance tells it. */
interface ServedDay {
  readonly presence: string;
  readonly courses: readonly { readonly name: string }[];
  readonly amountCents: number;
  readonly badgeNumber: string | null;
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

async function openPage(path: string, size: 'phone' | 'desktop' = 'phone'): Promise<Page> {
  const page = await stage.guardian(GUARDIAN, size);
  await page.goto(new URL(path, stage.run.gatewayUrl).href);
  await page.getByRole('heading', { name: 'Elenco' }).waitFor();
  return page;
}

/** All entries of a list, however many pages the service makes of it, as its own guardian is told. */
async function countAll(page: Page, path: string, key: string): Promise<number> {
  return page.evaluate(
    async ([first, name]) => {
      let count = 0;
      for (let cursor: string | null = ''; cursor !== null; ) {
        const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const answer = await (await fetch(`${first}&limit=100${next}`)).json();
        count += answer[name ?? ''].length;
        cursor = answer.nextCursor;
      }
      return count;
    },
    [path, key],
  );
}

test(
  'a month of the canteen is a calendar that the keyboard walks through, its layout and month in the address',
  async () => {
    const page = await openPage(`${CANTEEN}?da=2026-11-01&a=2026-11-30&vista=calendario`);
    const complaints = complaintsOf(page);
    await page.getByRole('table', { name: /novembre 2026$/ }).waitFor();
    await page.locator('.calendar-day').first().focus();
    await page.keyboard.press('Enter');
    const day = await page.locator('.calendar-day').first().locator('.visually-hidden').textContent();
    expect(day).toMatch(/^\S+ \d\d\/11\/2026: \S/);
    const detail = page.locator('.day-detail');
    expect(await detail.getByRole('heading').textContent()).toBe(day?.split(':')[0]);
    expect(await detail.textContent()).toContain('Addebito');
    expect(await page.locator('.calendar-day').first().getAttribute('aria-pressed')).toBe('true');

    const before = page.getByRole('link', { name: 'Mese precedente' });
    await before.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/da=2026-10-01&a=2026-10-31&vista=calendario/);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Mese precedente');
    await page.goBack();
    await page.getByRole('table', { name: /novembre 2026$/ }).waitFor();
    const view = page.getByRole('navigation', { name: 'Come mostrare i giorni' });
    await view.getByRole('link', { name: 'Elenco' }).click();
    await page.getByRole('table', { name: /^Refezione di .* dal 01\/11\/2026 al 30\/11\/2026$/ }).waitFor();
    expect(new URL(page.url()).searchParams.has('vista')).toBe(false);
    expect(new URL(page.url()).searchParams.get('da')).toBe('2026-11-01');
    expect(complaints).toEqual([]);
    await page.close();
  },
  STEP_MS,
);

test(
  'the file of the virtual account has every movement of every page, and adds up',
  async () => {
    const page = await openPage(`${ACCOUNT}?${LONG}`, 'desktop');
    const pupil = stage.run.demo.guardians.find(({ username }) => username === GUARDIAN)?.pupils[0];
    const path = `/api/ledger/pupils/${pupil?.pupilId}/statement?service=school_meals&from=2025-04-13&to=2026-12-13`;
    const [head, ...rows] = await downloadCsv(page);
    expect(head).toEqual(['Data', 'Ora', 'Movimento', 'Importo', 'Saldo']);
    const cents = (cell: string | undefined) => readCents((cell ?? '').replace('-', '−'));
    const movements = rows.slice(1, -1);
    expect(movements.length).toBe(await countAll(page, path, 'movements'));
    const sum = movements.reduce((total, row) => total + cents(row[3]), cents(rows[0]?.[4]));
    expect(sum).toBe(cents(rows.at(-1)?.[4]));
    await page.getByText('Elenco scaricato: conto-corrente-virtuale-2025-04-13-2026-12-13.csv').waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'paper gets every day of the canteen, not the first page alone, and nothing to press',
  async () => {
    const page = await openPage(`${CANTEEN}?${LONG}`, 'desktop');
    const pupil = stage.run.demo.guardians.find(({ username }) => username === GUARDIAN)?.pupils[0];
    const path = `/api/attendance/pupils/${pupil?.pupilId}/presences?service=school_meals&from=2025-04-13&to=2026-12-13`;
    const dayCount = await countAll(page, path, 'days');
    await page.evaluate(() => {
      // A printer's dialog would wait for somebody.
      window.print = () =>
        document.body.setAttribute('data-printed', String(document.querySelectorAll('.data-table tbody tr').length));
    });
    await page.getByRole('button', { name: 'Stampa l’elenco' }).click();
    await page.waitForFunction(() => document.body.hasAttribute('data-printed'));
    expect(await page.locator('body').getAttribute('data-printed')).toBe(String(dayCount));
    expect((await downloadCsv(page)).length).toBe(dayCount + 1);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.getByRole('table').isVisible()).toBe(true);
    await page.close();
  },
  STEP_MS,
);

test(
  'the balance is told as a picture with words, and in meals at the pupil’s own price',
  async () => {
    const page = await openPage(ACCOUNT);
    const pupil = stage.run.demo.guardians.find(({ username }) => username === GUARDIAN)?.pupils[0];
    if (pupil === undefined) throw new Error('the demonstration guardian has no pupil');
    const account = await readAccount(page);
    const meals = Math.max(0, Math.floor(account.currentCents / (await readPriceCents(page, pupil))));
    const told = (await page.locator('.meals-left').textContent()) ?? '';
    expect(told).toContain(meals === 0 ? 'non basta' : `circa ${meals} past`);
    const name = await page.getByRole('img', { name: /^Grafico del saldo/ }).getAttribute('aria-label');
    const amounts = [...(name ?? '').matchAll(/[−\d.]+,\d\d/g)].map(([amount]) => readCents(amount));
    expect(amounts.slice(0, 2)).toEqual([account.openingCents, account.closingCents]);
    await page.close();
  },
  STEP_MS,
);

test.each(['phone', 'desktop'] as const)(
  'on a %s no page moves under the reader while it loads, and its first visit costs less script than allowed',
  async (size) => {
    for (const path of PAGES) {
      // A window of its own: nothing is in its cache.
      const page = await stage.guardian(GUARDIAN, size);
      await page.addInitScript(() => {
        const shifts: number[] = [];
        Object.assign(window, { shifts });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
        }).observe({ type: 'layout-shift', buffered: true });
      });
      await page.goto(new URL(path, stage.run.gatewayUrl).href);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForFunction(() => document.querySelector('.loading') === null);
      await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
      const measured = await page.evaluate(() => {
        const scripts = performance
          .getEntriesByType('resource')
          .filter((entry) => entry instanceof PerformanceResourceTiming && entry.name.endsWith('.js'));
        const { shifts = [] } = window as Window & { shifts?: number[] };
        return {
          shift: shifts.reduce((sum, value) => sum + value, 0),
          scriptBytes: scripts.reduce((sum, one) => sum + (one as PerformanceResourceTiming).encodedBodySize, 0),
        };
      });
      expect({ path, isStill: measured.shift <= SHIFT_MAX, measured }).toMatchObject({ isStill: true });
      expect(measured.scriptBytes).toBeGreaterThan(50_000);
      expect({ path, isSmall: measured.scriptBytes < SCRIPT_BYTES_MAX, measured }).toMatchObject({ isSmall: true });
      await page.close();
    }
  },
  STEP_MS,
);

test(
  'a slow phone on a slow line gets to read every page, and to press what is on it',
  async () => {
    const page = await stage.guardian(GUARDIAN, 'phone');
    const session = await page.context().newCDPSession(page);
    // What Lighthouse takes for a common phone: a quarter of the processor, 1.6 Mbit/s, 150 ms.
    await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    const line = { latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750, offline: false };
    await session.send('Network.emulateNetworkConditions', line);
    for (const path of PAGES) {
      await page.goto(new URL(path, stage.run.gatewayUrl).href);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForFunction(() => document.querySelector('.loading') === null);
    }
    await page.goto(new URL(ACCOUNT, stage.run.gatewayUrl).href);
    await page.getByLabel('Da data').fill('01/11/2026');
    await page.getByRole('button', { name: 'CERCA' }).click();
    await page.waitForURL(/da=2026-11-01/);
    await page.getByTestId('current-balance').waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'the file of the documents has every document, each of which adds up',
  async () => {
    const page = await stage.guardian('nuvola.inventati');
    await page.goto(new URL('/documenti-contabili', stage.run.gatewayUrl).href);
    await page.getByRole('heading', { name: 'Elenco' }).waitFor();
    const [head, ...rows] = await downloadCsv(page);
    expect(head?.slice(3, 6)).toEqual(['IMPORTO', 'DA PAGARE', 'PAGATO']);
    expect(rows.length).toBe(await countAll(page, '/api/billing/documents?', 'documents'));
    const cents = (cell: string | undefined) => readCents((cell ?? '').replace('-', '−'));
    for (const row of rows) expect(cents(row[3])).toBe(cents(row[4]) + cents(row[5]));
    await page.close();
  },
  STEP_MS,
);

test.each([
  ['the pupils', GUARDIAN, '/scheda-anagrafica', 'ANAGRAFICA UTENTI', 'Utenti di cui sei intestatario'],
  [
    'the canteen',
    GUARDIAN,
    `${CANTEEN}?${LONG}`,
    'REFEZIONE SCOLASTICA',
    /^Refezione di .* dal 13\/04\/2025 al 13\/12\/2026$/,
  ],
  ['the virtual account', GUARDIAN, `${ACCOUNT}?${LONG}`, 'CONTO CORRENTE VIRTUALE', /^Movimenti del conto del badge /],
  [
    'the documents',
    'nuvola.inventati',
    '/documenti-contabili',
    'STORICO DOCUMENTI CONTABILI',
    'Documenti, dal più recente',
  ],
  ['what is to be paid', 'nuvola.inventati', '/pagamento-servizi-scolastici', 'PAGAMENTI ONLINE', /^Da pagare, /],
] as const)(
  'the PDF of %s has the rows of the CSV, tagged and in reading order, and says who produced them and when',
  async (_list, username, path, title, caption) => {
    const page = await stage.guardian(username);
    const complaints = complaintsOf(page);
    await page.goto(new URL(path, stage.run.gatewayUrl).href);
    await page.getByRole('heading', { name: 'Elenco' }).waitFor();
    const csv = await downloadCsv(page);
    const pdf = await downloadPdf(page);
    expect(csv.length).toBeGreaterThan(1);
    expect(plain(pdf.rows)).toEqual(plain(csv));
    expect(pdf.lines.slice(0, 2)).toEqual(['P Comune di Vallefinta', `H1 ${title}`]);
    expect(pdf.lines[2]).toMatch(
      /^P Dati forniti .* del Comune di Vallefinta il \d\d\/\d\d\/\d{4} alle \d\d:\d\d:\d\d$/,
    );
    expect(pdf.lines[3]?.slice('Caption '.length)).toMatch(caption);
    expect(pdf).toMatchObject({
      isTagged: true,
      language: 'it-IT',
      title: expect.stringMatching(/ – Comune di Vallefinta$/),
    });
    for (const [index, artifact] of pdf.artifacts.entries()) {
      expect(artifact).toContain(`Pagina ${index + 1} di ${pdf.pageCount}`);
      expect(artifact.includes(csv[0]?.join(' ') ?? '')).toBe(index > 0);
    }
    expect(complaints).toEqual([]);
    await page.close();
  },
  STEP_MS,
);

test(
  'each day of the canteen tells presence, menu, whether it is accounted, what it cost, and the badge',
  async () => {
    const page = await openPage(`${CANTEEN}?da=2026-11-02&a=2026-11-27`, 'desktop');
    const pupil = stage.run.demo.guardians.find(({ username }) => username === GUARDIAN)?.pupils[0];
    const path = `/api/attendance/pupils/${pupil?.pupilId}/presences?service=school_meals&from=2026-11-02&to=2026-11-27`;
    const { days }: { days: readonly ServedDay[] } = await page.evaluate(
      async (address) => (await fetch(address)).json(),
      path,
    );
    expect(new Set(days.map(({ presence }) => presence))).toEqual(new Set(['present', 'absent']));
    const rows = await page.locator('.data-table tbody tr').all();
    expect(rows).toHaveLength(days.length);
    for (const [index, day] of days.entries()) {
      const [presence = '', menu = '', ...rest] = (await rows[index]?.locator('td').allTextContents()) ?? [];
      expect(presence).toMatch(day.presence === 'present' ? /^Presente alle \d\d:\d\d$/ : /^Assente$/);
      for (const { name } of day.courses) expect(menu.toLowerCase()).toContain(name.toLowerCase());
      const euros = `${String(day.amountCents / 100)
        .replace('.', ',')
        .padEnd(4, '0')}\u00a0€ dal conto virtuale`;
      expect(rest).toEqual(day.presence === 'present' ? ['Sì', euros, day.badgeNumber] : ['No', 'Nessuno', '–']);
    }
    await page.close();
  },
  STEP_MS,
);
