import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Card, openWindow, type SignedIn, type Size, startBrowser } from './browser.ts';
import { readConfig } from './config.ts';
import { type Run, readRun } from './run.ts';
import { signIn } from './sign-in.ts';

/** A browser in front of the running platform. */
export interface Stage {
  readonly run: Run;
  /** A new window with nobody signed in. @param card in the reader */
  visitor(size?: Size, card?: Card): Promise<Page>;
  /** A new window with somebody signed in; the sign-in itself happens once per person. */
  guardian(username: string, size?: Size): Promise<Page>;
  close(): Promise<void>;
}

/** Starts the browser and reads where the platform is. */
export async function openStage(environment: NodeJS.ProcessEnv): Promise<Stage> {
  const config = readConfig(environment);
  const run = readRun(config.runFile);
  const browser: Browser = await startBrowser(config.chromium);
  const signedIn = new Map<string, Promise<SignedIn>>();
  const keep = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage();
    // Where the browser itself is closed the window is gone already.
    page.on('close', () => void context.close().catch(() => undefined));
    return page;
  };
  const rememberSignIn = async (username: string): Promise<SignedIn> => {
    const page = await keep(await openWindow(browser, 'desktop'));
    await page.goto(new URL('/accedi', run.gatewayUrl).href);
    await signIn(page, username);
    const state = await page.context().storageState();
    await page.close();
    return state;
  };
  return {
    run,
    visitor: async (size = 'desktop', card) => keep(await openWindow(browser, size, undefined, card)),
    guardian: async (username, size = 'desktop') => {
      const remembered = signedIn.get(username) ?? rememberSignIn(username);
      signedIn.set(username, remembered);
      return keep(await openWindow(browser, size, await remembered));
    },
    close: () => browser.close(),
  };
}
