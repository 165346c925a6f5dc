import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStage, type Stage } from '../src/stage.ts';

const STEP_MS = 60_000;
const GUARDIAN = 'aurora.esempio';
const CARDS = [
  ['Scheda anagrafica', '/scheda-anagrafica', 'ANAGRAFICA UTENTI'],
  ['Refezione scolastica', '/refezione-scolastica', 'REFEZIONE SCOLASTICA'],
  ['Documenti contabili', '/documenti-contabili', 'STORICO DOCUMENTI CONTABILI'],
  ['Conto corrente virtuale', '/conto-corrente-virtuale', 'CONTO CORRENTE VIRTUALE'],
  ['Pagamento servizi scolastici', '/pagamento-servizi-scolastici', 'PAGAMENTI ONLINE'],
  ['Ricariche con PagoPA', '/ricariche-pagopa', 'RICARICA CON SISTEMA PAGOPA'],
  ['Comunicazioni assenze', '/comunicazioni-assenze', 'COMUNICAZIONE ASSENZE'],
] as const;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

const addressOf = (path: string) => new URL(path, stage.run.gatewayUrl).href;

test(
  'the hub is open to everybody: seven cards in their order, each of which asks for a sign-in that leads to its page',
  async () => {
    const page = await stage.visitor();
    await page.goto(addressOf('/'));
    const links = page.getByRole('link', { name: /^VAI AL SERVIZIO/ });
    await links.first().waitFor();
    expect(await page.locator('.service-card h2, .service-card h3').allTextContents()).toEqual(
      CARDS.map(([title]) => title),
    );
    for (const [index, [title, path]] of CARDS.entries()) {
      expect((await page.locator('.service-card').nth(index).locator('p').first().textContent())?.trim()).toMatch(
        /\.$/,
      );
      await page.getByRole('link', { name: `VAI AL SERVIZIO: ${title}` }).click();
      await page.waitForURL(/\/accedi\?/);
      expect(new URL(page.url()).searchParams.get('return')).toBe(path);
      await page.getByText(`Dopo l’accesso vai direttamente a: ${title}.`).waitFor();
      await page.goBack();
      await links.first().waitFor();
    }
    await page.close();
  },
  STEP_MS,
);

test(
  'every page says whose it is, where one is, and where statement and privacy notice are',
  async () => {
    const page = await stage.guardian(GUARDIAN);
    for (const [title, path, heading] of CARDS) {
      await page.goto(addressOf(path));
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      const banner = page.getByRole('banner');
      await banner.getByText('Comune di Vallefinta').first().waitFor();
      expect(await banner.getByRole('link', { name: /Sito istituzionale del Comune/ }).getAttribute('href')).toMatch(
        /^https?:\/\//,
      );
      for (const name of ['Cittadini', 'Imprese', 'Altri Enti', 'Tutti i servizi']) {
        expect(await banner.getByRole('link', { name, exact: true }).count()).toBe(1);
      }
      const crumbs = page.getByRole('navigation', { name: 'Percorso di navigazione' }).getByRole('listitem');
      const words = (await crumbs.allTextContents()).map((text) => text.replaceAll('/', '').trim());
      expect(words).toEqual(['Servizi Online', 'Cittadini', 'Servizi Scolastici', title]);
      for (const element of ['accessibility-link', 'privacy-policy-link']) {
        expect(await page.locator(`footer [data-element="${element}"]`).count()).toBe(1);
      }
    }
    await page.close();
  },
  STEP_MS,
);

test(
  'the sign-in pages say where one is',
  async () => {
    const page = await stage.visitor('phone');
    for (const [path, last] of [
      ['/accedi', ['Accedi']],
      ['/accedi/identita-digitale', ['Accedi', "IDENTITA' DIGITALE"]],
    ] as const) {
      await page.goto(addressOf(path));
      const trail = page.getByRole('navigation', { name: 'Percorso di navigazione' }).getByRole('listitem');
      await trail.first().waitFor();
      const words = (await trail.allTextContents()).map((text) => text.replaceAll('/', '').trim());
      expect(words).toEqual(['Home', 'Servizi online', ...last]);
    }
    await page.close();
  },
  STEP_MS,
);

test(
  'pages of data say who produced the data, at what time, and which office corrects them',
  async () => {
    const page = await stage.guardian(GUARDIAN);
    for (const [, path] of CARDS) {
      await page.goto(addressOf(path));
      await page.getByText('devi segnalarlo all’ufficio comunale competente: Ufficio Scuola').waitFor();
      // A communication of absences answers for itself.
      if (path === '/comunicazioni-assenze') continue;
      await page
        .getByText(/^Dati forniti dall?[’ ].* del Comune di Vallefinta il \d\d\/\d\d\/\d{4} alle \d\d:\d\d:\d\d$/)
        .waitFor();
      expect(await page.locator('table input, table select').count()).toBe(0);
    }
    await page.close();
  },
  STEP_MS,
);
