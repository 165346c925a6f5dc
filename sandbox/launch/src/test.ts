import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKS, runCheck } from './checks.ts';
import { runToEnd } from './children.ts';
import { ClearError, explain } from './clear-error.ts';
import { ROOT } from './places.ts';
import { startPlatform } from './platform.ts';
import { ensureForTests } from './programs.ts';
import { Progress } from './progress.ts';

const KINDS = ['checks', 'unit', 'integration', 'e2e'] as const;
type Kind = (typeof KINDS)[number];

const HELP = `Runs all checks and tests, after setting up what they need.

  npm test [-- --only checks|unit|integration|e2e]

  checks        types, format, direction of dependencies, contracts
  unit          rules and parsers
  integration   each part on real PostgreSQL, Redis, RabbitMQ, serial ports
  e2e           journeys through the whole platform in a real Chromium
Ctrl-C ends what was started and nothing else. The last line is "N passed, N failed".`;

/** How many passed and failed. */
interface Count {
  passed: number;
  failed: number;
}

export async function runTests(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const kinds = KINDS.filter((kind) => values.only === undefined || values.only === kind);
  if (kinds.length === 0) throw new ClearError(`--only must be one of ${KINDS.join(', ')}`);
  const progress = new Progress();
  const folder = mkdtempSync(join(tmpdir(), 'campanella-test-'));
  const count: Count = { passed: 0, failed: 0 };
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new ClearError('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  try {
    if (kinds.some((kind) => kind === 'integration' || kind === 'e2e'))
      await ensureForTests(progress, kinds.includes('e2e'));
    await progress.step('contracts and portal', () =>
      runToEnd('build', 'turbo', ['run', 'generate', 'build', '--output-logs=errors-only'], folder, {
        TURBO_TELEMETRY_DISABLED: '1',
      }),
    );
    for (const kind of kinds) {
      interruption.signal.throwIfAborted();
      await runKind(kind, folder, count, progress, interruption.signal);
    }
  } catch (cause) {
    console.error(`\n${explain(cause)}`);
    count.failed += 1;
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`\n${count.passed} passed, ${count.failed} failed`);
  return count.failed === 0 && count.passed > 0 ? 0 : 1;
}

async function runKind(
  kind: Kind,
  folder: string,
  count: Count,
  progress: Progress,
  interruption: AbortSignal,
): Promise<void> {
  if (kind === 'checks')
    for (const check of CHECKS) await progress.step(check.name, async () => note(check.name, runCheck(check), count));
  else if (kind === 'e2e') await runJourneys(folder, count, progress, interruption);
  else await progress.step(`${kind} tests`, () => runJest(kind, folder, count, {}, interruption));
}

function note(name: string, fault: string | null, count: Count): void {
  if (fault === null) {
    count.passed += 1;
    return;
  }
  count.failed += 1;
  console.error(`\nFAILED: ${name}\n${fault}\n`);
}

/** The whole platform in a folder of its own on free ports, for as long as the journeys take. */
async function runJourneys(folder: string, count: Count, progress: Progress, interruption: AbortSignal): Promise<void> {
  const place = join(folder, 'platform');
  mkdirSync(place);
  const platform = await startPlatform({ folder: place, port: 0, mayMovePort: false, isFresh: true }, progress);
  try {
    const environment = { CAMPANELLA_RUN: join(place, 'run.json') };
    await progress.step('journeys', () => runJest('e2e', folder, count, environment, interruption));
  } finally {
    await platform.stop();
  }
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly numPendingTests: number;
}

async function runJest(
  project: string,
  folder: string,
  count: Count,
  environment: Readonly<Record<string, string>>,
  interruption: AbortSignal,
): Promise<void> {
  interruption.throwIfAborted();
  const reportFile = join(folder, `${project}.json`);
  const exitCode = await new Promise<number | null>((resolve) => {
    const child = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--no-warnings',
        'node_modules/jest/bin/jest.js',
        '--selectProjects',
        project,
        '--json',
        '--outputFile',
        reportFile,
      ],
      // What jest prints as JSON goes to the file as well; its readable report is on standard error.
      { cwd: ROOT, env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const end = () => child.kill('SIGTERM');
    interruption.addEventListener('abort', end);
    child.once('exit', (code) => {
      interruption.removeEventListener('abort', end);
      resolve(code);
    });
  });
  interruption.throwIfAborted();
  const report: JestReport = JSON.parse(readFileSync(reportFile, 'utf8'));
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  count.passed += report.numPassedTests;
  count.failed += failed;
  // Jest found fault with something that is no test, such as its own tear-down.
  if (exitCode !== 0 && failed === 0) note(`jest, project ${project}`, `it ended with status ${exitCode}`, count);
}
