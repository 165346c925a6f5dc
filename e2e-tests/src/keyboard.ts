import type { Page } from 'playwright-core';

/** What has the focus, as somebody hears it. */
export interface Focused {
  readonly text: string;
  readonly name: string;
  readonly label: string;
  readonly isInvalid: boolean;
}

/** What to look for with the tabulator: any of these. */
export interface Target {
  readonly text?: string;
  readonly name?: string | RegExp;
  readonly label?: string;
}

const PRESSES_MAX = 80;

/** Says what has the focus. */
export function focused(page: Page): Promise<Focused> {
  return page.evaluate(() => {
    const element = document.activeElement;
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined;
    return {
      text: element?.textContent?.trim() ?? '',
      name: element?.getAttribute('aria-label') ?? '',
      label: label?.trim() ?? '',
      isInvalid: element?.getAttribute('aria-invalid') === 'true',
    };
  });
}

/** Presses the tabulator until the focus is there. @throws Error where it never gets there */
export async function tabTo(page: Page, target: Target): Promise<void> {
  for (let press = 0; press < PRESSES_MAX; press += 1) {
    await page.keyboard.press('Tab');
    const found = await focused(page);
    const isNamed = typeof target.name === 'string' ? found.name === target.name : target.name?.test(found.name);
    if (
      isNamed === true ||
      found.text === target.text ||
      (target.label !== undefined && found.label === target.label)
    ) {
      return;
    }
  }
  throw new Error(`the tabulator does not get to ${String(target.text ?? target.name ?? target.label)}`);
}
