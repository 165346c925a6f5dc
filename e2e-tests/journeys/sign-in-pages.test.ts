import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { violationsOf } from '../src/accessibility.ts';
import { complaintsOf, SIZES, type Size } from '../src/browser.ts';
import {
  type Answers,
  answerWith,
  EVERYTHING,
  enterCompany,
  enterSignInState,
  METHODS,
  offering,
  ok,
  PROVIDERS,
  problem,
  SIGN_IN_STATES,
  signedInAs,
} from '../src/sign-in-states.ts';
import { openStage, type Stage } from '../src/stage.ts';

// The pages alone, in a real browser, with the gateway's answers put in its place: every state at will. The whole way is in journeys.test.ts.

const STEP_MS = 60_000;
const ACCOUNT = '/conto-corrente-virtuale';
const IDENTITY = '/accedi/identita-digitale';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);

afterAll(async () => {
  await stage?.close();
});

function addressOf(path: string): string {
  return new URL(path, stage.run.gatewayUrl).href;
}

/** A visitor's window on a page, with answers in the gateway's place. */
async function open(path: string, answers: Answers = EVERYTHING): Promise<Page> {
  const page = await stage.visitor();
  await answerWith(page, answers);
  await page.goto(addressOf(path));
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

/** Requests that a page sends to a path, as they are sent. */
function requestsTo(
  page: Page,
  path: string,
): { method: string; body: string | null; headers: Record<string, string> }[] {
  const sent: { method: string; body: string | null; headers: Record<string, string> }[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname !== path) return;
    sent.push({ method: request.method(), body: request.postData(), headers: request.headers() });
  });
  return sent;
}

/** Keeps the browser on this side: a sign-in that leaves for the gateway is answered with an empty page. */
async function catchLogins(page: Page): Promise<void> {
  await page.route(
    (url) => url.pathname.startsWith('/login/') && url.pathname !== '/login/company',
    (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<!doctype html><title>x</title>' }),
  );
}

/** Goes to an element with the Tab key and opens it with Enter. */
async function openByKeys(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  const isThere = () => target.evaluate((element) => element === document.activeElement);
  for (let press = 0; press < 40 && !(await isThere()); press += 1) await page.keyboard.press('Tab');
  expect(await isThere()).toBe(true);
  await page.keyboard.press('Enter');
}

async function returnAsked(page: Page): Promise<string | null> {
  await page.waitForURL(/\/login\//);
  return new URL(page.url()).searchParams.get('return');
}

describe.each(Object.keys(SIZES))('on a %s', (sizeName) => {
  const size: Size = sizeName === 'phone' ? 'phone' : 'desktop';
  test.each(SIGN_IN_STATES.map((state) => [state.name, state] as const))(
    '%s: says what it must, no violation of WCAG 2.1 A and AA, nothing wider than the screen, nothing blocked by the policy',
    async (_name, state) => {
      const page = await stage.visitor(size);
      const complaints = complaintsOf(page);
      await enterSignInState(page, stage.run.gatewayUrl, state);
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

describe('the ways to sign in', () => {
  test(
    'are those that the municipality offers and no others, their buttons in its order',
    async () => {
      const page = await open('/accedi', offering(METHODS.card, METHODS.spid));
      await page.getByText('Puoi usare SPID o la tessera sanitaria (TS-CNS) con un lettore di carte.').waitFor();
      expect(await page.getByText('LOGIN E PASSWORD').count()).toBe(0);
      await page.getByRole('link', { name: 'Accedi al servizio' }).click();
      await page.getByRole('heading', { level: 2, name: 'SPID' }).waitFor();
      expect(await page.locator('main h2').allTextContents()).toEqual(['CNS/CIE', 'SPID']);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'are asked for again by whoever could not get them',
    async () => {
      const page = await open('/accedi', { ...EVERYTHING, '/api/sign-in-methods': problem(503, 'service_away') });
      const again = page.getByRole('button', { name: 'Riprova' });
      await again.waitFor();
      await answerWith(page, EVERYTHING);
      await again.click();
      await page.getByRole('link', { name: 'Accedi al servizio' }).waitFor();
      await page.close();
    },
    STEP_MS,
  );

  test(
    'lead to the gateway with the page to come back to, each under its own name',
    async () => {
      for (const [name, path] of [
        ['Entra con CIE', '/login/cie'],
        ['Entra con CNS/CIE', '/login/cns'],
        ['Entra con il portale regionale', '/login/regione'],
      ] as const) {
        const page = await open(`${IDENTITY}?return=${encodeURIComponent(`${ACCOUNT}?badge=b1`)}`);
        await catchLogins(page);
        await page.getByRole('link', { name, exact: true }).click();
        expect(await returnAsked(page)).toBe(`${ACCOUNT}?badge=b1`);
        expect(new URL(page.url()).pathname).toBe(path);
        await page.close();
      }
    },
    STEP_MS,
  );

  test(
    'can be gone with the keyboard alone, from the page that was wanted to the provider',
    async () => {
      const page = await open(ACCOUNT);
      await catchLogins(page);
      await openByKeys(page, page.getByRole('link', { name: 'Accedi al servizio' }));
      await openByKeys(page, page.getByRole('button', { name: 'Entra con SPID' }));
      await openByKeys(page, page.getByRole('link', { name: 'Gestore alfa' }));
      expect(await returnAsked(page)).toBe(ACCOUNT);
      await page.close();
    },
    STEP_MS,
  );

  test.each(['//evil.example', '/login/spid', 'https://evil.example/', `/${'x'.repeat(600)}`])(
    'never carry a page to come back to that is not ours: %s',
    async (wanted) => {
      const page = await open(`${IDENTITY}?return=${encodeURIComponent(wanted)}`);
      await catchLogins(page);
      await page.getByRole('link', { name: 'Entra con CIE' }).click();
      expect(await returnAsked(page)).toBe('/');
      await page.close();
    },
    STEP_MS,
  );
});

describe('the button of SPID', () => {
  test(
    'opens the list of providers with the keyboard, keeps the focus in it, and gives it back with Esc',
    async () => {
      const page = await open(IDENTITY);
      const button = page.getByRole('button', { name: 'Entra con SPID' });
      await button.focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Scegli il gestore della tua identità SPID' });
      await dialog.waitFor();
      for (let press = 0; press < 12; press += 1) {
        await page.keyboard.press('Tab');
        expect(await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null)).toBe(true);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'sends to the provider that was chosen',
    async () => {
      const page = await open(`${IDENTITY}?return=%2Frefezione-scolastica`);
      await catchLogins(page);
      await page.getByRole('button', { name: 'Entra con SPID' }).click();
      await page.getByRole('link', { name: 'Gestore beta' }).click();
      expect(await returnAsked(page)).toBe('/refezione-scolastica');
      const address = new URL(page.url());
      expect([address.pathname, address.searchParams.get('idp')]).toEqual(['/login/spid', 'https://beta.example']);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'lists every provider once, in another order on another visit',
    async () => {
      const page = await open(IDENTITY);
      const orders = new Set<string>();
      // Three providers have six orders: that twenty visits show one order only happens once in 600 million million.
      for (let visit = 0; visit < 20 && orders.size < 2; visit += 1) {
        await page.reload();
        await page.getByRole('button', { name: 'Entra con SPID' }).click();
        const names = await page.locator('.providers a').allTextContents();
        expect([...names].sort()).toEqual(PROVIDERS.map(({ name }) => name));
        orders.add(names.join());
      }
      expect(orders.size).toBe(2);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'goes straight to the only provider there is',
    async () => {
      const [alfa] = PROVIDERS;
      if (alfa === undefined) throw new Error('no provider');
      const single = ok({ methods: [{ ...METHODS.spid, providers: [alfa] }] });
      const page = await open(IDENTITY, { ...EVERYTHING, '/api/sign-in-methods': single });
      await catchLogins(page);
      await page.getByRole('link', { name: 'Entra con SPID' }).click();
      await page.waitForURL(/\/login\/spid/);
      expect(new URL(page.url()).searchParams.get('idp')).toBe(alfa.issuer);
      await page.close();
    },
    STEP_MS,
  );
});

describe('a company', () => {
  test(
    'that is let in goes to the page it wanted; what it typed was sent once, as JSON',
    async () => {
      const answers = { ...EVERYTHING, '/login/company': ok({ redirectUrl: '/imprese' }) };
      const page = await open(`/accedi?return=${encodeURIComponent(ACCOUNT)}`, answers);
      const sent = requestsTo(page, '/login/company');
      await enterCompany(page, ' 01234567897 ', ' con spazi ');
      await page.waitForURL(addressOf('/imprese'));
      expect(sent.map(({ body }) => JSON.parse(body ?? 'null'))).toEqual([
        { partitaIva: '01234567897', password: ' con spazi ', return: ACCOUNT },
      ]);
      expect(sent[0]?.headers['content-type']).toBe('application/json');
      await page.close();
    },
    STEP_MS,
  );

  test(
    'that presses twice, or Enter and the button, is sent once',
    async () => {
      const page = await open('/accedi', { ...EVERYTHING, '/login/company': 'never' });
      const sent = requestsTo(page, '/login/company');
      await page.getByLabel('Username').fill('01234567897');
      await page.getByLabel('Password', { exact: true }).fill('segreto di prova');
      await page.evaluate(() => {
        const form = document.querySelector<HTMLFormElement>('form.company-form');
        for (let time = 0; time < 3; time += 1) form?.requestSubmit();
      });
      await page.getByRole('button', { name: 'Accesso in corso…' }).click();
      await page.keyboard.press('Enter');
      expect(sent).toHaveLength(1);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'that is refused keeps its username, loses its password, and can try again from the same form',
    async () => {
      const page = await open('/accedi', { ...EVERYTHING, '/login/company': problem(401, 'wrong_credentials') });
      await enterCompany(page, '01234567897', 'sbagliata');
      await page.getByRole('alert').filter({ hasText: 'La partita IVA o la password' }).waitFor();
      const password = page.getByLabel('Password', { exact: true });
      expect(await page.getByLabel('Username').inputValue()).toBe('01234567897');
      expect(await password.inputValue()).toBe('');
      expect(await password.evaluate((element) => element === document.activeElement)).toBe(true);
      await answerWith(page, { '/login/company': ok({ redirectUrl: '/imprese' }) });
      await password.fill('giusta');
      await page.keyboard.press('Enter');
      await page.waitForURL(addressOf('/imprese'));
      await page.close();
    },
    STEP_MS,
  );

  test(
    'without a line is told so, and nothing of what it typed is in the address',
    async () => {
      const page = await open('/accedi');
      await page.route('**/login/company', (route) => route.abort('connectionfailed'));
      await enterCompany(page, '01234567897', 'segreto di prova');
      await page.getByRole('alert').filter({ hasText: 'controlla il collegamento a Internet' }).waitFor();
      expect(page.url()).toBe(addressOf('/accedi'));
      await page.close();
    },
    STEP_MS,
  );

  test(
    'that leaves a field empty is led to it, and nothing is sent',
    async () => {
      const page = await open('/accedi');
      const sent = requestsTo(page, '/login/company');
      await page.getByLabel('Username').fill('01234567897');
      await page.getByRole('button', { name: 'Entra con LOGIN' }).click();
      await page.getByText('Scrivi la password.').waitFor();
      const password = page.getByLabel('Password', { exact: true });
      expect(await password.getAttribute('aria-invalid')).toBe('true');
      expect(await password.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(sent).toEqual([]);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'finds fields that a password manager knows, and can look at what it typed',
    async () => {
      const page = await open('/accedi');
      const password = page.getByLabel('Password', { exact: true });
      expect(await page.getByLabel('Username').getAttribute('autocomplete')).toBe('username');
      expect(await password.getAttribute('autocomplete')).toBe('current-password');
      await password.fill('segreto di prova');
      await page.getByRole('button', { name: 'Mostra la password' }).click();
      expect(await password.getAttribute('type')).toBe('text');
      await page.getByRole('button', { name: 'Nascondi la password' }).click();
      expect(await password.getAttribute('type')).toBe('password');
      await page.close();
    },
    STEP_MS,
  );

  test(
    'that is a person is shown the way of persons before anything is sent',
    async () => {
      const page = await open(`/accedi?return=${encodeURIComponent(ACCOUNT)}`);
      const sent = requestsTo(page, '/login/company');
      await page.getByLabel('Username').fill('fntcmp80a01h501x');
      await page.getByRole('link', { name: 'accedi con SPID, CIE o CNS' }).click();
      await page.waitForURL(new RegExp(`${IDENTITY}\\?return=`));
      expect(new URL(page.url()).searchParams.get('return')).toBe(ACCOUNT);
      expect(sent).toEqual([]);
      await page.close();
    },
    STEP_MS,
  );
});

describe('a sign-in that did not happen', () => {
  test(
    'is explained first, to the eyes, in the window’s title and to the keyboard, and tried again towards the same page',
    async () => {
      const wanted = `${ACCOUNT}?badge=b1&da=2026-11-01&a=2026-11-30`;
      const page = await open(`/accedi?errore=provider_error&codice=nr21&return=${encodeURIComponent(wanted)}`);
      await catchLogins(page);
      await page.getByRole('heading', { level: 2, name: 'Tempo scaduto' }).waitFor();
      expect(await page.title()).toMatch(/^Tempo scaduto/);
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('outcome-title');
      await page.getByRole('link', { name: 'Riprova' }).click();
      await page.getByRole('link', { name: 'Entra con CIE' }).click();
      expect(await returnAsked(page)).toBe(wanted);
      await page.goBack();
      await page.getByRole('link', { name: 'Entra con CIE' }).waitFor();
      await page.goBack();
      await page.getByRole('heading', { level: 2, name: 'Tempo scaduto' }).waitFor();
      await page.getByRole('banner').getByRole('link', { name: 'Accedi' }).click();
      await page.getByText('Dopo l’accesso vai direttamente a: Conto corrente virtuale.').waitFor();
      expect(await page.getByText('Tempo scaduto').count()).toBe(0);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'shows its code small, for the help desk, and nothing that a link made up',
    async () => {
      const page = await open('/accedi?errore=provider_error&codice=nr19');
      expect(await page.locator('.outcome code').textContent()).toBe('provider_error / nr19');
      await page.goto(addressOf('/accedi?errore=Chiama+il+numero+000&codice=dai+il+PIN'));
      await page.getByText('Accesso momentaneamente non disponibile').waitFor();
      expect(await page.locator('body').textContent()).not.toMatch(/Chiama|PIN\b.*dai|dai il PIN/);
      await page.close();
    },
    STEP_MS,
  );
});

describe('signing out', () => {
  test(
    'on every device is asked about, can be given up, and carries the session’s token',
    async () => {
      const answers = { ...signedInAs('guardian'), '/logout/everywhere': ok({ redirectUrl: '/imprese' }) };
      const page = await open('/', answers);
      const sent = requestsTo(page, '/logout/everywhere');
      const waysOut = page.getByRole('button', { name: 'Altri modi di uscire' });
      const everywhere = page.getByRole('button', { name: 'Esci da tutti i dispositivi' });
      await waysOut.focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Uscire da tutti i dispositivi?' });
      await dialog.getByRole('button', { name: 'Annulla' }).click();
      await dialog.waitFor({ state: 'detached' });
      expect(sent).toEqual([]);
      expect(await waysOut.evaluate((element) => element === document.activeElement)).toBe(true);
      await waysOut.click();
      await everywhere.click();
      await dialog.getByRole('button', { name: 'Esci da tutti i dispositivi' }).click();
      await page.waitForURL(addressOf('/imprese'));
      expect(sent.map(({ method, headers }) => [method, headers['x-csrf-token']])).toEqual([
        ['POST', 'csrf-token-of-the-test'],
      ]);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'has a menu that closes with Esc and when the focus goes elsewhere',
    async () => {
      const page = await open('/', signedInAs('guardian'));
      const waysOut = page.getByRole('button', { name: 'Altri modi di uscire' });
      const everywhere = page.getByRole('button', { name: 'Esci da tutti i dispositivi' });
      await waysOut.click();
      await everywhere.waitFor();
      await page.keyboard.press('Escape');
      await everywhere.waitFor({ state: 'hidden' });
      await waysOut.click();
      await everywhere.waitFor();
      await page.getByRole('link', { name: 'Tutti i servizi' }).focus();
      await everywhere.waitFor({ state: 'hidden' });
      await page.close();
    },
    STEP_MS,
  );
});

test(
  'a page that the browser brings back as it stood is loaded anew: after a sign-out nothing of it can be read again',
  async () => {
    const page = await open('/', signedInAs('guardian'));
    await page.getByText('Aurora Esempio').waitFor();
    await answerWith(page, EVERYTHING);
    // Playwright turns off the browser's own keeping of pages, so the browser's word for it is given by hand.
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await page.getByRole('banner').getByRole('link', { name: 'Accedi' }).waitFor();
    expect(await page.getByText('Aurora Esempio').count()).toBe(0);
    await page.close();
  },
  STEP_MS,
);

describe('a person who answers for no pupil', () => {
  const pages = [
    '/scheda-anagrafica',
    '/refezione-scolastica',
    '/documenti-contabili',
    ACCOUNT,
    '/pagamento-servizi-scolastici',
    '/ricariche-pagopa',
    '/comunicazioni-assenze',
  ];

  test.each(['noPupils', 'company'] as const)(
    'meets the refusal over the search of ANAGRAFICA UTENTI on every data page, and no service is asked anything (%s)',
    async (who) => {
      const page = await open('/', signedInAs(who));
      const asked: string[] = [];
      page.on('request', (request) => {
        const { pathname } = new URL(request.url());
        if (/^\/api\/(?!session|sign-in-methods)/.test(pathname)) asked.push(pathname);
      });
      for (const path of pages) {
        await page.goto(addressOf(path));
        const dialog = page.getByRole('dialog', {
          name: "Consultazione non possibile, verificare il codice fiscale dell'utente",
          exact: true,
        });
        await dialog.waitFor();
        expect(await dialog.textContent()).toMatch(
          /^\s*Consultazione non possibile, verificare il codice fiscale dell'utente\s*Chiudi\s*$/,
        );
        await dialog.getByRole('button', { name: 'Chiudi' }).click();
        await dialog.waitFor({ state: 'detached' });
        await page.getByRole('heading', { level: 1, name: 'ANAGRAFICA UTENTI' }).waitFor();
        await page.getByLabel('Nominativo').fill('Chiunque');
        await page.getByLabel('Nr. Badge').fill('0000000000');
        await page.getByRole('button', { name: 'CERCA' }).click();
        await dialog.getByRole('button', { name: 'Chiudi' }).click();
        expect(await page.getByRole('table').count()).toBe(0);
      }
      expect(asked).toEqual([]);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'meets it too when the pupils went while the session still said otherwise',
    async () => {
      const page = await open(ACCOUNT, signedInAs('guardian'));
      await page.getByRole('dialog').getByText('Consultazione non possibile').waitFor();
      await page.getByRole('button', { name: 'Chiudi' }).click();
      await page.getByRole('heading', { level: 1, name: 'ANAGRAFICA UTENTI' }).waitFor();
      await page.close();
    },
    STEP_MS,
  );
});
