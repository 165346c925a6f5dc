import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { focused, tabTo } from '../src/keyboard.ts';
import { openStage, type Stage } from '../src/stage.ts';

const STEP_MS = 60_000;
const GUARDIAN = 'aurora.esempio';
const PAGES = [
  ...['/', '/scheda-anagrafica', '/refezione-scolastica', '/conto-corrente-virtuale', '/documenti-contabili'],
  ...['/pagamento-servizi-scolastici', '/ricariche-pagopa', '/comunicazioni-assenze'],
];

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

async function open(page: Page, path: string): Promise<void> {
  await page.goto(new URL(path, stage.run.gatewayUrl).href);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('.loading') === null);
}

test(
  'every page has one title, headings without a gap, its landmarks once and named, and tables that say what they hold',
  async () => {
    const page = await stage.guardian(GUARDIAN, 'phone');
    for (const path of PAGES) {
      await open(page, path);
      const levels = await page
        .locator('h1, h2, h3, h4, h5, h6')
        .evaluateAll((headings) => headings.map((heading) => Number(heading.tagName.slice(1))));
      expect(levels.filter((level) => level === 1)).toHaveLength(1);
      // Of a page's own content; the footer begins anew at the second level.
      const gaps = levels.filter((level, index) => index > 0 && level > (levels[index - 1] ?? 0) + 1);
      expect({ path, gaps, levels }).toMatchObject({ gaps: [] });
      for (const role of ['banner', 'main', 'contentinfo'] as const) expect(await page.getByRole(role).count()).toBe(1);
      const names = await page
        .getByRole('navigation')
        .evaluateAll((regions) => regions.map((region) => region.getAttribute('aria-label')));
      expect(names).not.toContain(null);
      expect(new Set(names).size).toBe(names.length);
      const nameless = await page
        .locator('table')
        .evaluateAll(
          (tables) =>
            tables.filter(
              (table) =>
                !table.querySelector('caption')?.textContent?.trim() ||
                [...table.querySelectorAll('thead th')].some((head) => head.getAttribute('scope') !== 'col') ||
                [...table.querySelectorAll('tbody th')].some((head) => head.getAttribute('scope') !== 'row'),
            ).length,
        );
      expect({ path, nameless }).toEqual({ path, nameless: 0 });
    }
    await page.close();
  },
  STEP_MS,
);

test(
  'what is loading is said in a region that was there before, and its end too',
  async () => {
    const page = await stage.guardian(GUARDIAN, 'phone');
    await open(page, '/');
    await page.evaluate(() => {
      const region = document.querySelector('[role=status]');
      const said: string[] = [];
      Object.assign(window, { said });
      if (region === null) return;
      const listen = () => said.push(region.textContent ?? '');
      new MutationObserver(listen).observe(region, { childList: true, characterData: true, subtree: true });
    });
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/ledger/**', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('link', { name: 'VAI AL SERVIZIO: Conto corrente virtuale' }).click();
    await page.locator('.loading').waitFor();
    const said = () => page.evaluate(() => (window as Window & { said?: string[] }).said?.at(-1));
    expect(await said()).toBe('Caricamento in corso…');
    answer();
    await page.getByTestId('current-balance').waitFor();
    await page.waitForFunction(() => document.querySelector('.loading') === null);
    expect(await said()).toBe('Caricamento terminato.');
    await page.close();
  },
  STEP_MS,
);

test(
  'after CERCA the focus is on what was found, or on the date that is wrong; a record that is opened takes it too',
  async () => {
    const page = await stage.guardian(GUARDIAN, 'phone');
    await open(page, '/refezione-scolastica');
    await tabTo(page, { label: 'Da data' });
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('31/02/2026');
    await page.keyboard.press('Enter');
    await page.getByText('Scrivi la data di inizio').waitFor();
    expect(await focused(page)).toMatchObject({ label: 'Da data', isInvalid: true });
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('02/11/2026');
    await page.keyboard.press('Enter');
    await page.waitForURL(/da=2026-11-02/);
    await page.waitForFunction(() => document.activeElement?.id === 'results-title');

    await open(page, '/scheda-anagrafica');
    await tabTo(page, { name: /^Apri la scheda di/ });
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'record-title');
    await page.close();
  },
  STEP_MS,
);
