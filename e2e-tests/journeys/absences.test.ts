import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { complaintsOf } from '../src/browser.ts';
import { focused, tabTo } from '../src/keyboard.ts';
import { openStage, type Stage } from '../src/stage.ts';

const ABSENCES = '/comunicazioni-assenze';
const STEP_MS = 60_000;
/** Nobody else's journey has to do with her. */
const GUARDIAN = 'brina.segnaposto';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(process.env);
}, STEP_MS);
afterAll(() => stage?.close());

async function openPage(size: 'phone' | 'desktop' = 'phone'): Promise<Page> {
  const page = await stage.guardian(GUARDIAN, size);
  await page.goto(new URL(ABSENCES, stage.run.gatewayUrl).href);
  await page.getByRole('button', { name: 'CONFERMA' }).waitFor();
  return page;
}

/** The next service days, as the guardian's own notice and list tell them; the last of the calendar, so that runs do not meet. */
async function freeDays(page: Page, count: number): Promise<readonly string[]> {
  const days = await page.evaluate(async () => {
    const { pupils }: { pupils: { pupilId: string }[] } = await (await fetch('/api/anagrafica/pupils')).json();
    const found: string[] = [];
    const today = Date.now();
    const day = (offset: number) => new Date(today + offset * 86_400_000).toISOString().slice(0, 10);
    const path = `/api/attendance/pupils/${pupils[0]?.pupilId}/presences?service=school_meals&from=${day(2)}&to=${day(150)}&limit=100`;
    const answer: { days: { serviceDate: string; presence: string }[] } = await (await fetch(path)).json();
    for (const one of answer.days) if (one.presence === 'expected') found.push(one.serviceDate);
    return found;
  });
  const chosen = days.toSorted().slice(0, count);
  if (chosen.length < count)
    throw new Error('the calendar has no free days left: begin anew with npm start -- --fresh');
  return chosen;
}

const italian = (day: string) => `${day.slice(8)}/${day.slice(5, 7)}/${day.slice(0, 4)}`;

test(
  'a parent communicates an absence, reads the outcome, and finds it in the canteen page; a double click is one communication',
  async () => {
    const page = await openPage();
    const complaints = complaintsOf(page);
    const [day = ''] = await freeDays(page, 1);
    expect(await page.getByLabel('Genitore').inputValue()).toBe('Brina Segnaposto');
    expect(await page.getByLabel('Genitore').getAttribute('readonly')).not.toBeNull();
    await page.getByText('L’assenza si comunica entro le 09:30 del giorno stesso.').waitFor();
    await page.getByLabel('Da data').fill(italian(day));
    await page.getByLabel('A data', { exact: true }).fill(italian(day));
    await page.getByLabel('Tipologia').selectOption({ label: 'ASSENTE' });
    let sent = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/absences')) sent += 1;
    });
    await page.getByRole('button', { name: 'CONFERMA' }).dblclick();
    await page.getByText(`${italian(day)} Assenza comunicata con successo`).waitFor();
    expect(sent).toBe(1);

    await page.goto(new URL(`/refezione-scolastica?da=${day}&a=${day}`, stage.run.gatewayUrl).href);
    await page.getByRole('table').getByText('Assenza comunicata').waitFor();

    // The same day again, as after going back.
    await page.goto(new URL(`${ABSENCES}?da=${italian(day)}&a=${italian(day)}`, stage.run.gatewayUrl).href);
    await page.getByRole('button', { name: 'CONFERMA' }).click();
    await page.getByText(`${italian(day)} L’assenza era già stata comunicata`).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
  STEP_MS,
);

test(
  'a session that ends while the form is filled loses nothing: after signing in again the form is as it was',
  async () => {
    const page = await openPage('desktop');
    const [day = ''] = await freeDays(page, 1);
    await page.getByLabel('Da data').fill(italian(day));
    await page.getByLabel('A data', { exact: true }).fill(italian(day));
    await page.getByLabel('Tipologia').selectOption({ label: 'DIETA IN BIANCO' });
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'CONFERMA' }).click();
    await page.getByText('Sessione scaduta').waitFor();
    const back = await page.getByRole('link', { name: 'Accedi di nuovo' }).getAttribute('href');
    const wanted = new URLSearchParams(back?.split('?')[1]).get('return') ?? '';
    const again = await stage.guardian(GUARDIAN, 'desktop');
    await again.goto(new URL(wanted, stage.run.gatewayUrl).href);
    await again.getByRole('button', { name: 'CONFERMA' }).waitFor();
    expect(await again.getByLabel('Da data').inputValue()).toBe(italian(day));
    expect(await again.getByLabel('Tipologia').locator('option:checked').textContent()).toBe('DIETA IN BIANCO');
    await page.close();
    await again.close();
  },
  STEP_MS,
);

test(
  'a range of the past is refused with what to do, and the form keeps what was typed',
  async () => {
    const page = await openPage();
    await page.getByLabel('Da data').fill('01/09/2026');
    await page.getByLabel('A data', { exact: true }).fill('02/09/2026');
    await page.getByRole('button', { name: 'CONFERMA' }).click();
    await page.getByText('Le date sono già passate').waitFor();
    expect(await page.getByLabel('Da data').inputValue()).toBe('01/09/2026');
    await page.close();
  },
  STEP_MS,
);

test(
  'the same page in two tabs: what is communicated in one is told by the other, and the second communication changes nothing',
  async () => {
    const page = await openPage('desktop');
    const [day = ''] = (await freeDays(page, 1)).map(italian);
    const other = await page.context().newPage();
    await other.goto(new URL(ABSENCES, stage.run.gatewayUrl).href);
    await other.getByRole('button', { name: 'CONFERMA' }).waitFor();
    for (const tab of [page, other]) {
      await tab.getByLabel('Da data').fill(day);
      await tab.getByLabel('A data', { exact: true }).fill(day);
    }
    await page.getByRole('button', { name: 'CONFERMA' }).click();
    await page.getByText(`${day} Assenza comunicata con successo`).waitFor();
    await other.getByRole('button', { name: 'CONFERMA' }).click();
    await other.getByText(`${day} L’assenza era già stata comunicata`).waitFor();
    await page.close();
  },
  STEP_MS,
);

test(
  'an absence is communicated with the keyboard alone, the fault and the outcome take the focus',
  async () => {
    const page = await openPage();
    const [day = ''] = (await freeDays(page, 1)).map(italian);
    await tabTo(page, { label: 'Da data' });
    await page.keyboard.type('31/02/2027');
    await page.keyboard.press('Enter');
    await page.getByText('Scrivi la data di inizio').waitFor();
    expect(await focused(page)).toMatchObject({ label: 'Da data', isInvalid: true });
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(day);
    await tabTo(page, { label: 'A data' });
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(day);
    await tabTo(page, { text: 'CONFERMA' });
    await page.keyboard.press('Enter');
    await page.getByText(`${day} Assenza comunicata con successo`).waitFor();
    expect(await focused(page)).toMatchObject({ text: 'Esito della comunicazione' });
    await page.close();
  },
  STEP_MS,
);

test(
  'a day that is refused for being late says so beside the days that were accepted, with the time it ended, and what can still be done',
  async () => {
    const page = await openPage('desktop');
    await page.route('**/absences', (route) =>
      route.fulfill({
        json: {
          days: [
            { serviceDate: '2026-12-01', outcome: 'cut_off_passed', cutOffAt: '2026-12-01T08:30:00.000Z' },
            { serviceDate: '2026-12-02', outcome: 'accepted', cutOffAt: '2026-12-02T08:30:00.000Z' },
          ],
        },
      }),
    );
    await page.getByRole('button', { name: 'CONFERMA' }).click();
    await page.getByText('Esito della comunicazione').waitFor();
    expect(await page.locator('.absence-outcomes li').allTextContents()).toEqual([
      '01/12/2026 Non accettata: il termine era il 01/12/2026 alle 09:30',
      '02/12/2026 Assenza comunicata con successo',
    ]);
    await page.getByText('Puoi comunicare l’assenza dei giorni successivi entro il loro termine').waitFor();
    await page.close();
  },
  STEP_MS,
);
