import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from './config.ts';

const run = promisify(execFile);
const WITHIN_MS = 20_000;

/** Holds a badge to a virtual reader: its bytes go through the pseudo-terminal that the agent has opened by serialport. */
export async function swipe(control: string, badgeNumber: string): Promise<void> {
  const reader = `${ROOT}sandbox/badge-reader/src/main.ts`;
  await run(process.execPath, ['--no-warnings', reader, 'swipe', '--control', control, '--badge', badgeNumber], {
    timeout: WITHIN_MS,
  });
}
