import type { Page } from 'playwright-core';

/** One of SPID's invented providers; which one does not matter to a journey that is about something else. */
const SPID_PROVIDER = 'Identità Inventata Alfa';

/** From the portal's first sign-in page to the identity provider's page, by SPID. */
export async function goToProvider(page: Page, provider = SPID_PROVIDER): Promise<void> {
  await page.getByRole('link', { name: 'Accedi al servizio' }).click();
  await page.getByRole('button', { name: 'Entra con SPID' }).click();
  await page.getByRole('dialog').getByRole('link', { name: provider }).click();
  await page.locator('button[name=username]').first().waitFor();
}

/** Chooses a citizen on an identity provider's page, and waits until the portal knows them. */
export async function chooseCitizen(page: Page, portal: string, username: string): Promise<void> {
  await page.locator(`button[name=username][value="${username}"]`).click();
  await page.waitForURL((url) => url.origin === portal && !url.pathname.startsWith('/login'));
  await signedIn(page);
}

/** Waits until the page shows that somebody is signed in. */
export async function signedIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Esci', exact: true }).waitFor();
}

/** Signs in through the provider's real pages, from the portal's first sign-in page on. */
export async function signIn(page: Page, username: string): Promise<void> {
  const portal = new URL(page.url()).origin;
  await goToProvider(page);
  await chooseCitizen(page, portal, username);
}

/** Leaves through the portal's button, and confirms at the provider where it asks. */
export async function signOut(page: Page): Promise<void> {
  const portal = new URL(page.url()).origin;
  await page.getByRole('button', { name: 'Esci', exact: true }).click();
  const confirmation = page.locator('button[name=logout]');
  const backHome = page.getByRole('link', { name: 'Accedi', exact: true });
  await confirmation.or(backHome).first().waitFor();
  if (await confirmation.isVisible()) await confirmation.click();
  await page.waitForURL((url) => url.origin === portal);
  await backHome.waitFor();
}
