import type { Page } from 'playwright-core';
import { readCents } from './amounts.ts';
import type { DemoPupil } from './run.ts';

const SHOWN = ['current-balance', 'opening-balance', 'difference', 'closing-balance'] as const;

/** What the page `Conto corrente virtuale` shows, in cents. */
export interface ShownAccount {
  readonly currentCents: number;
  readonly openingCents: number;
  readonly differenceCents: number;
  readonly closingCents: number;
  /** Signed amounts of the movements, in their order. */
  readonly movementsCents: readonly number[];
}

/** Shows a pupil's account on the page, by its own filters, and waits for it. */
export async function showAccount(page: Page, pupil: DemoPupil): Promise<void> {
  const badge = page.getByLabel('Badge');
  const option = badge.locator('option', { hasText: pupil.badgeNumber });
  await badge.selectOption((await option.getAttribute('value')) ?? '');
  await page.getByRole('button', { name: 'CERCA' }).click();
  await page
    .getByText(`Movimenti del conto del badge ${pupil.badgeNumber}`)
    .or(page.getByText('Nessun movimento'))
    .waitFor();
}

/** Reads what the page shows, in one instant, so that it can be added up. */
export async function readAccount(page: Page): Promise<ShownAccount> {
  const texts = await page.evaluate((ids) => {
    const text = (selector: string) => document.querySelector(selector)?.textContent ?? '';
    const amounts = [...document.querySelectorAll('.data-table tbody tr:not(.edge) td:nth-child(3)')];
    return {
      shown: ids.map((id) => text(`[data-testid="${id}"]`)),
      movements: amounts.map((cell) => cell.textContent ?? ''),
    };
  }, SHOWN);
  const [currentCents = 0, openingCents = 0, differenceCents = 0, closingCents = 0] = texts.shown.map(readCents);
  return { currentCents, openingCents, differenceCents, closingCents, movementsCents: texts.movements.map(readCents) };
}

/** What one meal costs a pupil today, as anagrafica tells the pupil's own guardian. */
export async function readPriceCents(page: Page, pupil: DemoPupil): Promise<number> {
  return page.evaluate(async (pupilId) => {
    const answer: { pupils: { pupilId: string; enrolments: { service: string; priceCents: number }[] }[] } = await (
      await fetch('/api/anagrafica/pupils')
    ).json();
    const found = answer.pupils.find((one) => one.pupilId === pupilId);
    return found?.enrolments.find(({ service }) => service === 'school_meals')?.priceCents ?? 0;
  }, pupil.pupilId);
}

/** The meals of today on a pupil's account, as the ledger tells the pupil's own guardian. */
export async function countMealsToday(page: Page, pupil: DemoPupil): Promise<number> {
  return page.evaluate(async (pupilId) => {
    const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Rome' }).format(new Date());
    const query = new URLSearchParams({ service: 'school_meals', from: today, to: today });
    const answer: { movements: { kind: string }[] } = await (
      await fetch(`/api/ledger/pupils/${pupilId}/statement?${query}`)
    ).json();
    return answer.movements.filter(({ kind }) => kind === 'meal').length;
  }, pupil.pupilId);
}
