import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const CHROMIUM_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Where the journeys find the running platform and the browser. */
export interface Config {
  /** The run.json of a platform started by `npm start`. */
  readonly runFile: string;
  readonly chromium: string;
}

/** Reads the environment. @throws Error that says what to set or install */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const given = environment['CAMPANELLA_CHROMIUM'];
  const chromium = given ?? CHROMIUM_PLACES.find((place) => existsSync(place));
  if (chromium === undefined) {
    throw new Error('no Chromium found: install it (apt-get install chromium) or set CAMPANELLA_CHROMIUM to its path');
  }
  return { runFile: environment['CAMPANELLA_RUN'] ?? `${ROOT}.campanella/run.json`, chromium };
}
