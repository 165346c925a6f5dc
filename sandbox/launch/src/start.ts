import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ClearError } from './clear-error.ts';
import { DEFAULT_FOLDER } from './places.ts';
import { endLeftOvers, startPlatform } from './platform.ts';
import { Progress } from './progress.ts';
import {
  claimFolder,
  isRunning,
  launcherOf,
  type RunRecord,
  readProcesses,
  readRunRecord,
  releaseFolder,
  removeRecords,
} from './run-record.ts';

const HELP = `Starts the whole platform on this machine, with the demonstration town.

  npm start [-- options]

  --detach     return when everything is ready; npm stop ends it
  --fresh      begin anew: the data of earlier starts are removed
  --port N     the gateway's port (8080, or a free one where that is taken)
  --folder F   where data, logs and run.json are (.campanella)

Servers of your own are used when CAMPANELLA_POSTGRES_URL, CAMPANELLA_REDIS_URL or CAMPANELLA_AMQP_URL is set.
With OTEL_EXPORTER_OTLP_ENDPOINT set, every part sends its traces there.`;

const DEFAULT_PORT = 8080;

export async function start(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      detach: { type: 'boolean' },
      fresh: { type: 'boolean' },
      port: { type: 'string' },
      folder: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new ClearError('--port must be 0 to 65535 (0: any free one)');
  const folder = values.folder === undefined ? DEFAULT_FOLDER : resolve(values.folder);
  const present = readRunRecord(folder);
  if (present !== null && isRunning(present.supervisor)) {
    console.log(`Campanella runs already: ${present.gatewayUrl}. Stop it with npm stop.`);
    return 0;
  }
  const other = launcherOf(folder);
  if (other !== null) throw new ClearError(beingStarted(other.pid));
  if (values.detach === true) return detach(folder, words);
  if (!claimFolder(folder)) throw new ClearError(beingStarted(launcherOf(folder)?.pid));
  try {
    const left = await endLeftOvers(readProcesses(folder));
    if (left > 0) console.log(`ended ${left} processes that an earlier start had left behind`);
    removeRecords(folder);
    return await runInFront({ folder, port, mayMovePort: values.port === undefined, isFresh: values.fresh === true });
  } finally {
    releaseFolder(folder);
  }
}

const beingStarted = (pid: number | undefined) =>
  `Campanella is being started or stopped here already (process ${pid ?? 'unknown'}): wait for it, or npm stop.`;

async function runInFront(options: Parameters<typeof startPlatform>[0]): Promise<number> {
  const progress = new Progress();
  const signalled = new Promise<'signal'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('signal'));
  });
  const starting = startPlatform(options, progress);
  const first = await Promise.race([starting, signalled]);
  if (first === 'signal') {
    // What is being started is stopped as soon as it is there: half a start leaves nothing behind.
    await starting.then((platform) => platform.stop()).catch(() => {});
    return 130;
  }
  console.log(describe(first.record));
  console.log(READY);
  const end = await Promise.race([signalled, first.broken]);
  if (end !== 'signal') console.error(`\n${end}\nEverything is stopped.`);
  await first.stop();
  return end === 'signal' ? 0 : 1;
}

/** The last line of a start; whoever waits for a detached one looks for it. */
const READY = 'Campanella is ready. Ctrl-C or npm stop ends it.';

function describe(record: RunRecord): string {
  const guardians = record.guardians.map(({ username, displayName, pupils }) => {
    const children = pupils.map((pupil) => `${pupil.displayName} (badge ${pupil.badgeNumber})`).join(', ');
    return `    ${displayName} [${username}]: ${children === '' ? 'no pupils: sees the refusal' : children}`;
  });
  const badge = record.guardians.flatMap(({ pupils }) => pupils)[0]?.badgeNumber ?? record.badges['good']?.badgeNumber;
  return [
    '',
    `  Portal           ${record.gatewayUrl}`,
    ...record.terminals.map(({ schoolName, screenUrl }) => `  Canteen screen   ${screenUrl}   ${schoolName}`),
    '',
    '  Sign in with SPID or CIE as one of these invented people:',
    ...guardians,
    '',
    `  Or with a card: import one of ${join(dirname(record.cards.authorityFile), '<user>.pem')} into the browser (see sandbox/smart-cards)`,
    `  Or as a company: ${record.company.name}, username ${record.company.partitaIva}, password ${record.company.password}`,
    '',
    `  Pay a notice     ${record.pagopa.deskUrl}   a make-believe desk`,
    `  Messages sent    ${record.services['messages']?.[0]?.http}   mail and App IO of the invented people`,
    `  Swipe a badge:   npm run swipe -- --badge ${badge}`,
    '',
  ].join('\n');
}

const LOOK_EVERY_MS = 100;

/** Starts a launcher of its own in the background, and shows what it says until it is ready. */
async function detach(folder: string, words: readonly string[]): Promise<number> {
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const logFile = join(folder, 'logs', 'launcher.log');
  const log = openSync(logFile, 'w');
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--no-warnings', main, 'start', ...words.filter((word) => word !== '--detach')],
    {
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  closeSync(log);
  let exitCode: number | null | undefined;
  child.once('exit', (code) => {
    exitCode = code;
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
  let shown = 0;
  for (;;) {
    const text = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
    process.stdout.write(text.slice(shown));
    shown = text.length;
    if (text.includes(READY)) {
      child.unref();
      return 0;
    }
    if (exitCode !== undefined) return exitCode ?? 1;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
