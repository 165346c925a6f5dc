import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The two sizes in which every page is tried: the smallest phone we promise, and a desk. */
export const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } } as const;

/** A name of {@link SIZES}. */
export type Size = keyof typeof SIZES;

/** A stored sign-in, to open further windows with. */
export type SignedIn = Awaited<ReturnType<BrowserContext['storageState']>>;

/** Starts a headless Chromium. */
export function startBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** Opens a window of its own, with its own cookies; the clock is Rome's and the language Italian, as a parent's. */
export function openWindow(browser: Browser, size: Size, signedIn?: SignedIn): Promise<BrowserContext> {
  return browser.newContext({
    viewport: SIZES[size],
    locale: 'it-IT',
    timezoneId: 'Europe/Rome',
    ...(signedIn === undefined ? {} : { storageState: signedIn }),
  });
}

/** Collects what a page complains about: faults of its script, and whatever the content security policy blocked. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  return complaints;
}
