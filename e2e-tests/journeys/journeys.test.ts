import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violationsOf } from '../src/accessibility.ts';
import { countMealsToday, readAccount, readPriceCents, showAccount } from '../src/account.ts';
import { complaintsOf, SIZES, type Size } from '../src/browser.ts';
import { busiestTerminal, type DemoPupil, pidsOf, type Terminal } from '../src/run.ts';
import { goToProvider, signIn, signOut } from '../src/sign-in.ts';
import { openStage, type Stage } from '../src/stage.ts';
import { enterState, STATES } from '../src/states.ts';
import { swipe } from '../src/swipe.ts';

// One file on purpose: the journeys share one platform, and one of them stops a part of it.

const ACCOUNT = '/conto-corrente-virtuale';
const CANTEEN = '/refezione-scolastica';
/** A swipe shows in the browser "within a second or two": two seconds of asking, and room for a busy machine. */
const SHOWN_WITHIN_MS = 8_000;
const STEP_MS = 60_000;
const OFFLINE_MS = 150_000;

let stage: Stage;
let terminal: Terminal;
let pupils: readonly (DemoPupil & { username: string })[];

beforeAll(async () => {
  stage = await openStage(process.env);
  ({ terminal, pupils } = busiestTerminal(stage.run));
}, STEP_MS);

afterAll(async () => {
  await stage?.close();
});

function addressOf(path: string): string {
  return new URL(path, stage.run.gatewayUrl).href;
}

async function openScreen(): Promise<Page> {
  const screen = await stage.visitor();
  await screen.goto(terminal.screenUrl);
  await screen.locator('#line').filter({ hasText: 'Linea attiva' }).waitFor({ timeout: 30_000 });
  return screen;
}

async function holdBadge(
  screen: Page,
  badgeNumber: string,
  shown: { colour?: string; text: string | RegExp },
): Promise<void> {
  await swipe(terminal.readerControl, badgeNumber);
  const panel = shown.colour === undefined ? '#panel' : `#panel[data-colour="${shown.colour}"]`;
  await screen.locator(panel).filter({ hasText: shown.text }).waitFor({ timeout: 10_000 });
}

/** A pupil who has not eaten today yet; a meal is charged once a day, so every journey needs one of its own. */
async function hungryPupil(): Promise<DemoPupil & { username: string }> {
  for (const pupil of pupils) {
    const page = await stage.guardian(pupil.username);
    await page.goto(addressOf('/'));
    const mealCount = await countMealsToday(page, pupil);
    await page.close();
    if (mealCount === 0) return pupil;
  }
  throw new Error('every demonstration pupil of this terminal has eaten today: begin anew with npm start -- --fresh');
}

describe('a parent', () => {
  test(
    'finds the service, signs in, and sees a swiped badge become a presence, a debit and a new balance without reloading',
    async () => {
      const pupil = await hungryPupil();
      const page = await stage.visitor('phone');
      const complaints = complaintsOf(page);
      await page.goto(stage.run.gatewayUrl);
      await page.getByRole('link', { name: 'VAI AL SERVIZIO: Conto corrente virtuale' }).click();
      await signIn(page, pupil.username);
      expect(new URL(page.url()).pathname).toBe(ACCOUNT);
      await showAccount(page, pupil);
      const before = await readAccount(page);
      const priceCents = await readPriceCents(page, pupil);
      expect(priceCents).toBeGreaterThan(0);
      const canteen = await page.context().newPage();
      await canteen.goto(addressOf(`${CANTEEN}?utente=${pupil.pupilId}`));
      await canteen.getByRole('heading', { name: 'Elenco' }).waitFor();
      for (const open of [page, canteen]) await open.evaluate(() => document.body.setAttribute('data-kept', 'yes'));

      const screen = await openScreen();
      await holdBadge(screen, pupil.badgeNumber, { colour: 'green', text: pupil.displayName });
      expect(await screen.locator('#class').textContent()).toMatch(/\S/);
      expect(await screen.locator('body').textContent()).not.toMatch(/€|saldo|credito/i);

      const expected = before.currentCents - priceCents;
      await waitForBalance(page, expected);
      await canteen
        .getByTestId('today')
        .filter({ hasText: /Presente alle \d\d:\d\d/ })
        .waitFor({ timeout: SHOWN_WITHIN_MS });
      const after = await readAccount(page);
      expect(after.movementsCents).toEqual([...before.movementsCents, -priceCents]);
      expect(after).toMatchObject({
        currentCents: expected,
        closingCents: expected,
        openingCents: before.openingCents,
      });
      expect(after.openingCents + after.movementsCents.reduce((sum, cents) => sum + cents, 0)).toBe(after.closingCents);
      expect(after.differenceCents).toBe(after.closingCents - after.openingCents);
      const row = canteen.locator('tr.today');
      expect(await row.textContent()).toContain(pupil.badgeNumber);
      expect(await row.textContent()).toContain('dal conto virtuale');
      for (const open of [page, canteen]) expect(await open.locator('body').getAttribute('data-kept')).toBe('yes');
      expect(complaints).toEqual([]);
      await canteen.close();
      await Promise.all([page.close(), screen.close()]);
    },
    STEP_MS,
  );

  test(
    'keeps the filters in the address, and finds them again by going back',
    async () => {
      const page = await stage.guardian('aurora.esempio');
      await page.goto(addressOf(ACCOUNT));
      await page.getByLabel('Da data').fill('01/09/2026');
      await page.getByLabel('A data', { exact: true }).fill('30/9/2026');
      await page.getByRole('button', { name: 'CERCA' }).click();
      await page.waitForURL(/da=2026-09-01&a=2026-09-30/);
      await page.getByRole('link', { name: 'Servizi Scolastici', exact: true }).first().click();
      await page.getByRole('heading', { level: 1, name: 'SERVIZI SCOLASTICI' }).waitFor();
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('page-title');
      await page.goBack();
      await page.getByRole('heading', { level: 1, name: 'CONTO CORRENTE VIRTUALE' }).waitFor();
      expect(await page.getByLabel('Da data').inputValue()).toBe('01/09/2026');
      expect(page.url()).not.toMatch(/esempio/i);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'reads twenty months of presences page by page',
    async () => {
      const page = await stage.guardian('aurora.esempio');
      await page.goto(addressOf(`${CANTEEN}?da=2025-04-13&a=2026-12-13`));
      await page.getByRole('table').waitFor();
      const rows = page.locator('.data-table tbody tr');
      const firstCount = await rows.count();
      const more = page.getByRole('button', { name: 'Mostra altri' });
      if (await more.isVisible()) {
        await more.click();
        await page.waitForFunction(
          (count) => document.querySelectorAll('.data-table tbody tr').length > count,
          firstCount,
        );
      }
      const days = await page.locator('.data-table tbody tr th').allTextContents();
      expect(new Set(days).size).toBe(days.length);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'gets from the hub to the account with the keyboard alone',
    async () => {
      const page = await stage.guardian('aurora.esempio', 'phone');
      await page.goto(addressOf('/'));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Vai al contenuto principale');
      const isThere = () => document.activeElement?.getAttribute('href') === '/conto-corrente-virtuale';
      for (let press = 0; press < 40 && !(await page.evaluate(isThere)); press += 1) await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByTestId('current-balance').waitFor();
      await page.close();
    },
    STEP_MS,
  );
});

async function waitForBalance(page: Page, expectedCents: number): Promise<void> {
  const deadline = Date.now() + SHOWN_WITHIN_MS;
  while ((await readAccount(page)).currentCents !== expectedCents && Date.now() < deadline) await pause(100);
  expect((await readAccount(page)).currentCents).toBe(expectedCents);
}

describe('sign-in', () => {
  test(
    'a guardian of no pupil meets the refusal, letter by letter, and can close it',
    async () => {
      const page = await stage.guardian('orso.fittizi');
      for (const path of [ACCOUNT, CANTEEN]) {
        await page.goto(addressOf(path));
        const dialog = page.getByRole('dialog');
        await dialog
          .getByText("Consultazione non possibile, verificare il codice fiscale dell'utente", { exact: true })
          .waitFor();
        await dialog.getByRole('button', { name: 'Chiudi' }).click();
        await dialog.waitFor({ state: 'detached' });
        expect(await page.getByRole('table').count()).toBe(0);
        await page.getByRole('heading', { level: 1, name: 'ANAGRAFICA UTENTI' }).waitFor();
        for (const label of ['Nominativo', 'Nr. Badge']) expect(await page.getByLabel(label).count()).toBe(1);
      }
      await page.close();
    },
    STEP_MS,
  );

  test(
    "somebody else's pupil and one that does not exist get the same answer, byte for byte",
    async () => {
      const page = await stage.guardian('aurora.esempio');
      await page.goto(addressOf('/'));
      const others = stage.run.demo.guardians.find(({ username }) => username === 'zefiro.prova')?.pupils[0]?.pupilId;
      const answers = await page.evaluate(
        async ([foreign, absent]) => {
          const today = '2026-11-02';
          const query = `service=school_meals&from=${today}&to=${today}`;
          const ask = async (path: string) => {
            const response = await fetch(path);
            return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
          };
          const both = (path: (id: string) => string) =>
            Promise.all([ask(path(foreign ?? '')), ask(path(absent ?? ''))]);
          return [
            await both((id) => `/api/ledger/pupils/${id}/statement?${query}`),
            await both((id) => `/api/attendance/pupils/${id}/presences?${query}`),
            await both((id) => `/api/attendance/pupils/${id}/absence-notice?service=school_meals`),
            await both((id) => `/api/anagrafica/pupils/${id}`),
            await both((id) => `/api/anagrafica/pupils/${id}/documents`),
            await both((id) => `/api/anagrafica/pupils/${id}/reads`),
          ];
        },
        [others, '0198c7aa-0000-7000-8000-000000000000'],
      );
      for (const [foreign, absent] of answers) {
        expect(foreign?.status).toBe(404);
        expect(foreign).toEqual(absent);
      }
      await page.close();
    },
    STEP_MS,
  );

  test(
    'leads straight to the chosen page, explains a sign-in that was cancelled, and really ends',
    async () => {
      const page = await stage.visitor();
      const wanted = `${CANTEEN}?da=2026-11-02&a=2026-11-06`;
      await page.goto(addressOf(wanted));
      await page.waitForURL(/\/accedi\?return=/);
      await goToProvider(page);
      await page.getByRole('button', { name: 'Annulla', exact: true }).click();
      await page.getByText('Accesso annullato').waitFor();
      await page.getByText('Hai annullato l’accesso prima di concluderlo').waitFor();
      await signIn(page, 'aurora.esempio');
      expect(page.url()).toBe(addressOf(wanted));
      const cookies = await page.context().cookies(stage.run.gatewayUrl);
      await signOut(page);
      // The cookies of before open nothing any more: the session has ended on the other side too.
      await page.context().addCookies(cookies);
      const status = await page.evaluate(async () => (await fetch('/api/anagrafica/pupils')).status);
      expect(status).toBe(401);
      await page.goto(addressOf(ACCOUNT));
      await page.waitForURL(/\/accedi\?return=/);
      await page.close();
    },
    STEP_MS,
  );
});

describe('the canteen', () => {
  test(
    'shows what to do about a second swipe, an unknown, a blocked and an expired badge',
    async () => {
      const screen = await openScreen();
      const { badges } = stage.run.demo;
      const pupil = pupils[0];
      if (pupil === undefined) throw new Error('the terminal has no demonstration pupil');
      await holdBadge(screen, badges.unknown.badgeNumber, { text: 'Badge sconosciuto' });
      if (badges.blocked.schoolId === terminal.schoolId) {
        await holdBadge(screen, badges.blocked.badgeNumber, { text: 'Badge bloccato' });
      }
      if (badges.expired.schoolId === terminal.schoolId) {
        await holdBadge(screen, badges.expired.badgeNumber, { text: 'Badge non valido oggi' });
      }
      await holdBadge(screen, pupil.badgeNumber, { text: pupil.displayName });
      // The same card held on the reader is one swipe: another badge in between makes it a second one.
      await holdBadge(screen, badges.unknown.badgeNumber, { text: 'Badge sconosciuto' });
      await holdBadge(screen, pupil.badgeNumber, { colour: 'amber', text: 'Ha già passato il badge oggi' });
      const page = await stage.guardian(pupil.username);
      await page.goto(addressOf('/'));
      await screen.locator('#unsent').filter({ hasText: 'Tutto inviato' }).waitFor({ timeout: 20_000 });
      expect(await countMealsToday(page, pupil)).toBe(1);
      await Promise.all([page.close(), screen.close()]);
    },
    STEP_MS,
  );

  test(
    'serves on while the platform does not answer, and every debit arrives once afterwards',
    async () => {
      const screen = await openScreen();
      const pupil = await hungryPupil();
      const pids = pidsOf(stage.run, 'attendance');
      const page = await stage.guardian(pupil.username);
      await page.goto(addressOf('/'));
      // Stopped, not ended: the launcher takes a part that ends for a failure of the whole. To the agent it is a server that is gone.
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      try {
        await holdBadge(screen, pupil.badgeNumber, { colour: 'green', text: pupil.displayName });
        await screen
          .locator('#unsent')
          .filter({ hasText: /\d+ da inviare/ })
          .waitFor({ timeout: 10_000 });
        expect(await countMealsToday(page, pupil)).toBe(0);
        await screen.locator('#line').filter({ hasText: 'Senza linea' }).waitFor({ timeout: 60_000 });
      } finally {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      }
      await screen.locator('#unsent').filter({ hasText: 'Tutto inviato' }).waitFor({ timeout: 60_000 });
      await screen.locator('#line').filter({ hasText: 'Linea attiva' }).waitFor({ timeout: 60_000 });
      expect(await countMealsToday(page, pupil)).toBe(1);
      await Promise.all([page.close(), screen.close()]);
    },
    OFFLINE_MS,
  );
});

describe.each(Object.keys(SIZES))('accessibility on a %s', (sizeName) => {
  const size: Size = sizeName === 'phone' ? 'phone' : 'desktop';
  test.each(STATES.map((state) => [state.name, state] as const))(
    '%s: no violation of WCAG 2.1 A and AA, nothing wider than the screen, nothing blocked by the policy',
    async (_name, state) => {
      const page = state.username === null ? await stage.visitor(size) : await stage.guardian(state.username, size);
      const complaints = complaintsOf(page);
      await enterState(page, stage.run.gatewayUrl, state);
      expect(await violationsOf(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
        0,
      );
      expect(complaints).toEqual([]);
      await page.close();
    },
    STEP_MS,
  );
});
