import { spawnSync } from 'node:child_process';
import { ROOT } from './places.ts';

/** A check that needs no server: counted as one test. */
export interface Check {
  readonly name: string;
  readonly program: string;
  readonly words: readonly string[];
  readonly folder?: string;
}

/** What a machine holds of the house rules; `npm run check` runs the same. */
export const CHECKS: readonly Check[] = [
  { name: 'types of every workspace', program: 'turbo', words: ['run', 'check-types', '--output-logs=errors-only'] },
  {
    name: 'format and lint',
    program: 'biome',
    words: ['ci', '--error-on-warnings', '--colors=off', '--max-diagnostics=20', '.'],
  },
  { name: 'direction of dependencies', program: 'npm', words: ['run', '--silent', 'check:dependencies'] },
  { name: 'contracts: lint', program: 'buf', words: ['lint'], folder: 'proto' },
  {
    name: 'contracts: nothing broken since the last release',
    program: 'buf',
    words: ['breaking', '--against', 'baseline.binpb'],
    folder: 'proto',
  },
];

/** Runs a check; answers null, or what it said. */
export function runCheck({ program, words, folder = '.' }: Check): string | null {
  const result = spawnSync(program, [...words], {
    cwd: `${ROOT}/${folder}`,
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return result.status === 0 ? null : `${result.stdout}${result.stderr}`.trim() || String(result.error);
}
