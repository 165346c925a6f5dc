import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { CardFiles } from '../src/run.ts';
import { chooseCitizen, goToProvider, signedIn } from '../src/sign-in.ts';
import { openStage, type Stage } from '../src/stage.ts';

const STEP_MS = 60_000;
const GUARDIAN = 'zefiro.prova';
const GREETING = 'Zefiro Prova';
const ACCOUNT = '/conto-corrente-virtuale';
const REFUSAL = "Consultazione non possibile, verificare il codice fiscale dell'utente";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

const addressOf = (path: string) => new URL(path, stage.run.gatewayUrl).href;

/** A visitor on the sign-in page, who wanted to see an account. */
async function visitor(card?: CardFiles): Promise<Page> {
  const page = await stage.visitor('phone', card === undefined ? undefined : { origin: stage.run.cardUrl, ...card });
  await page.goto(addressOf(ACCOUNT));
  await page.getByRole('link', { name: 'Accedi al servizio' }).waitFor();
  return page;
}

async function expectSignedIn(page: Page, greeting = GREETING): Promise<void> {
  await signedIn(page);
  expect(new URL(page.url()).pathname).toBe(ACCOUNT);
  expect(await page.locator('.who').textContent()).toBe(greeting);
}

describe('a parent signs in and comes to the page that was wanted', () => {
  test.each(['Identità Inventata Alfa', 'Identità Inventata Beta', 'Identità Inventata Gamma'])(
    'by SPID, with %s chosen from the list',
    async (provider) => {
      const page = await visitor();
      await goToProvider(page, provider);
      await page.getByRole('heading', { level: 1, name: provider }).waitFor();
      await chooseCitizen(page, stage.run.gatewayUrl, GUARDIAN);
      await expectSignedIn(page);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'by CIE',
    async () => {
      const page = await visitor();
      await page.getByRole('link', { name: 'Accedi al servizio' }).click();
      await page.getByRole('link', { name: 'Entra con CIE' }).click();
      await chooseCitizen(page, stage.run.gatewayUrl, GUARDIAN);
      await expectSignedIn(page);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'by the regional provider, whose session ends too on leaving',
    async () => {
      const page = await visitor();
      await page.getByRole('link', { name: 'Accedi al servizio' }).click();
      await page.getByRole('link', { name: 'Entra con il portale regionale' }).click();
      await chooseCitizen(page, stage.run.gatewayUrl, GUARDIAN);
      await expectSignedIn(page);
      await page.getByRole('button', { name: 'Esci', exact: true }).click();
      await page.locator('button[name=logout]').click();
      await page.waitForURL((url) => url.origin === stage.run.gatewayUrl);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'with a card in the reader (CNS)',
    async () => {
      const page = await visitor(stage.run.cards.citizens[GUARDIAN]);
      await page.getByRole('link', { name: 'Accedi al servizio' }).click();
      await page.getByRole('link', { name: 'Entra con CNS/CIE' }).click();
      await expectSignedIn(page);
      await page.close();
    },
    STEP_MS,
  );
});

describe('a company', () => {
  test(
    'signs in with partita IVA and password, and sees no pupil of anybody',
    async () => {
      const { partitaIva, password, name } = stage.run.company;
      const page = await visitor();
      await page.getByLabel('Username').fill(partitaIva);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Entra con LOGIN' }).click();
      await page.getByRole('dialog').getByText(REFUSAL).waitFor();
      expect(await page.locator('.who').textContent()).toBe(name);
      await page.close();
    },
    STEP_MS,
  );

  test(
    'with a wrong password is told so, and what was typed stays but for the password',
    async () => {
      const page = await visitor();
      await page.getByLabel('Username').fill('12345680016');
      await page.getByLabel('Password', { exact: true }).fill('sbagliata');
      await page.getByRole('button', { name: 'Entra con LOGIN' }).click();
      await page.getByText('La partita IVA o la password non sono giuste').waitFor();
      expect(await page.getByLabel('Username').inputValue()).toBe('12345680016');
      expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('');
      await page.close();
    },
    STEP_MS,
  );

  test(
    'is what this form is for: a codice fiscale is sent to the digital identity',
    async () => {
      const page = await visitor();
      await page.getByLabel('Username').fill('SMPRRA86C54H501M');
      await page.getByLabel('Password', { exact: true }).fill('qualunque');
      await page.getByRole('button', { name: 'Entra con LOGIN' }).click();
      await page.getByText('Hai scritto il codice fiscale di una persona').waitFor();
      await page.close();
    },
    STEP_MS,
  );
});

describe('a sign-in that does not succeed is explained', () => {
  test.each([
    ['nr19', 'Troppi tentativi con credenziali sbagliate'],
    ['nr20', 'Livello di sicurezza mancante'],
    ['nr21', 'Tempo scaduto'],
    ['nr22', 'Consenso non dato'],
    ['nr23', 'Identità sospesa o revocata'],
    ['nr25', 'Accesso annullato'],
    ['level_too_low', 'Livello di sicurezza insufficiente'],
    ['eidas', 'Codice fiscale mancante'],
    ['legal_person', 'Identità di una persona giuridica'],
    ['unknown_code', 'Accesso non riuscito'],
    ['malformed', 'Accesso non riuscito'],
    ['unavailable', 'Gestore non raggiungibile'],
  ])(
    'at the provider: %s',
    async (outcome, title) => {
      const page = await visitor();
      await goToProvider(page);
      await page.locator(`button[name=outcome][value="${outcome}"]`).click();
      await page.getByText(title).first().waitFor();
      // "Riprova" leads to the page that was wanted.
      const again = await page.getByRole('link', { name: 'Riprova' }).first().getAttribute('href');
      expect(new URLSearchParams(again?.split('?')[1]).get('return')).toBe(ACCOUNT);
      await page.close();
    },
    STEP_MS,
  );

  test.each([
    ['revoked', 'Carta revocata o sospesa'],
    ['expired', 'Carta scaduta'],
    ['untrusted', 'Carta non riconosciuta'],
    ['not_for_sign_in', 'Certificato non adatto all’accesso'],
    ['no_codice_fiscale', 'Codice fiscale mancante'],
  ])(
    'with a card: %s',
    async (fault, title) => {
      const page = await visitor(stage.run.cards.refused[fault]);
      await page.getByRole('link', { name: 'Accedi al servizio' }).click();
      await page.getByRole('link', { name: 'Entra con CNS/CIE' }).click();
      await page.getByText(title).first().waitFor();
      await page.close();
    },
    STEP_MS,
  );
});

test(
  'who leaves on every device is out on every device',
  async () => {
    const windows: Page[] = [];
    for (const _device of [1, 2]) {
      const page = await visitor();
      await goToProvider(page);
      await chooseCitizen(page, stage.run.gatewayUrl, 'nuvola.inventati');
      windows.push(page);
    }
    const [one, other] = windows;
    if (one === undefined || other === undefined) throw new Error('no windows');
    await one.getByRole('button', { name: 'Altri modi di uscire' }).click();
    await one.getByRole('button', { name: 'Esci da tutti i dispositivi' }).click();
    await one.getByRole('dialog').getByRole('button', { name: 'Esci da tutti i dispositivi' }).click();
    await one.getByRole('link', { name: 'Accedi', exact: true }).waitFor();
    await other.goto(addressOf('/refezione-scolastica'));
    await other.waitForURL(/\/accedi\?return=/);
    for (const page of windows) await page.close();
  },
  STEP_MS,
);
