import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

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

/** A card in the reader: shown to the listener at an origin when it asks for one. */
export interface Card {
  readonly origin: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Starts a headless Chromium. */
export function startBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** Opens a window of its own, with its own cookies; the clock is Rome's and the language Italian, as a parent's. */
export function openWindow(browser: Browser, size: Size, signedIn?: SignedIn, card?: Card): Promise<BrowserContext> {
  return browser.newContext({
    ...(card === undefined ? {} : withCard(card)),
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

/** The listener's own certificate is of the same invented authority, which no browser knows. */
function withCard({ origin, certificateFile, keyFile }: Card): BrowserContextOptions {
  return { ignoreHTTPSErrors: true, clientCertificates: [{ origin, certPath: certificateFile, keyPath: keyFile }] };
}
