import type { Page } from 'playwright-core';

/** From the portal's first sign-in page to the identity provider's page. */
export async function goToProvider(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Accedi al servizio' }).click();
  await page.getByRole('link', { name: 'Entra con SPID' }).click();
  await page.locator('button[name=username]').first().waitFor();
}

/** Signs in through the provider's real pages, from the portal's first sign-in page on. */
export async function signIn(page: Page, username: string): Promise<void> {
  const portal = new URL(page.url()).origin;
  await goToProvider(page);
  await page.locator(`button[name=username][value="${username}"]`).click();
  await page.waitForURL((url) => url.origin === portal && !url.pathname.startsWith('/login'));
  await page.getByRole('button', { name: 'Esci' }).waitFor();
}

/** Leaves through the portal's button, and confirms at the provider where it asks. */
export async function signOut(page: Page): Promise<void> {
  const portal = new URL(page.url()).origin;
  await page.getByRole('button', { name: 'Esci' }).click();
  const confirmation = page.locator('button[name=logout]');
  const backHome = page.getByRole('link', { name: 'Accedi', exact: true });
  await confirmation.or(backHome).first().waitFor();
  if (await confirmation.isVisible()) await confirmation.click();
  await page.waitForURL((url) => url.origin === portal);
  await backHome.waitFor();
}
