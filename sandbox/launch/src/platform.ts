import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@campanella/local-stores';
import { answerOf, type Child, type PartToStart, runToEnd, startPart } from './children.ts';
import { ClearError } from './clear-error.ts';
import {
  addressesOf,
  CREDITOR,
  canteenParts,
  cardUrl,
  choosePorts,
  DATABASES,
  serviceParts,
  type Wiring,
} from './parts.ts';
import { documentFolder, postgresFolder } from './places.ts';
import { ensureStores } from './programs.ts';
import type { Progress } from './progress.ts';
import {
  type DemoCards,
  type DemoCompany,
  type DemoSummary,
  isRunning,
  noteProcess,
  type RunRecord,
  removeRecords,
  type StartedProcess,
  writeProcesses,
  writeRunRecord,
} from './run-record.ts';
import { keepSecrets } from './secrets.ts';
import { type RunningStores, startStores } from './stores.ts';

export interface PlatformOptions {
  /** Holds data, logs and run.json. */
  readonly folder: string;
  readonly port: number;
  /** Take a free port where that one is taken. */
  readonly mayMovePort: boolean;
  readonly isFresh: boolean;
}

/** The whole platform, running. */
export interface Platform {
  readonly record: RunRecord;
  /** Resolves, with what happened, when a part ends that nobody stopped. */
  readonly broken: Promise<string>;
  stop(): Promise<void>;
}

/** Brings everything up, each part when those it needs are ready. What was started is stopped again where it fails. */
export async function startPlatform(options: PlatformOptions, progress: Progress): Promise<Platform> {
  const running = new Running(options.folder, progress);
  try {
    return await bringUp(options, progress, running);
  } catch (cause) {
    await running.stop();
    throw cause;
  }
}

async function bringUp(options: PlatformOptions, progress: Progress, running: Running): Promise<Platform> {
  const { folder } = options;
  if (options.isFresh)
    for (const place of [
      join(folder, 'data'),
      join(folder, 'demo-town.json'),
      join(folder, 'demo-company.json'),
      join(folder, 'cards'),
      join(folder, 'secrets.json'),
      postgresFolder(folder),
    ])
      rmSync(place, { recursive: true, force: true });
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const secrets = keepSecrets(folder);
  await ensureStores(progress);
  const [stores] = await Promise.all([
    progress.step('PostgreSQL, Redis and RabbitMQ', async () =>
      running.keepStores(await startStores(folder, secrets.storePassword)),
    ),
    progress.step('contracts and portal', () =>
      runToEnd('build', 'turbo', ['run', 'generate', 'build', '--output-logs=errors-only'], folder, {
        TURBO_TELEMETRY_DISABLED: '1',
      }),
    ),
  ]);
  await progress.step('migrations', () => migrateAll(stores, folder));
  const port = await choosePort(options, progress);
  const cards = await keepCards(folder);
  const wiring: Wiring = {
    ports: await choosePorts(port),
    cardPort: await freePort(),
    nodePort: await freePort(),
    cards,
    stores,
    secrets,
    documentFolder: documentFolder(folder),
  };
  await progress.step('services', () => startInOrder(serviceParts(wiring), running));
  const demo = await seedWhenNew(wiring, folder, progress);
  const company = await keepCompany(wiring, folder);
  await putCreditor(wiring, folder);
  const canteens = await progress.step('canteens', () =>
    Promise.all(demo.terminals.map((terminal, index) => startCanteen(wiring, folder, terminal, index, running))),
  );
  const record: RunRecord = {
    gatewayUrl: `http://127.0.0.1:${port}`,
    canteenScreenUrl: canteens[0]?.screenUrl ?? '',
    services: addressesOf(wiring.ports),
    stores: {
      postgresUrl: stores.postgresUrl,
      databaseUrls: stores.databaseUrls,
      redisUrl: stores.redisUrl,
      amqpUrl: stores.amqpUrl,
    },
    demo,
    guardians: demo.guardians,
    badges: demo.badges,
    company,
    cards,
    cardUrl: cardUrl(wiring),
    pagopa: {
      deskUrl: `http://127.0.0.1:${wiring.ports['pagopa-node'].http}/sportello`,
      control: `http://127.0.0.1:${wiring.ports['pagopa-node'].grpc}`,
    },
    terminals: canteens,
    serialDevices: canteens.map(({ serialDevice }) => serialDevice),
    parts: running.processes(),
    supervisor: noteProcess('launcher', process.pid),
  };
  writeRunRecord(folder, record);
  return { record, broken: running.broken, stop: () => running.stop() };
}

async function migrateAll(stores: RunningStores, folder: string): Promise<void> {
  await Promise.all(
    DATABASES.map((name) =>
      runToEnd(`migrate-${name}`, process.execPath, ['--no-warnings', `services/${name}/src/migrate.ts`], folder, {
        DATABASE_URL: stores.databaseUrls[name],
      }),
    ),
  );
}

async function choosePort(options: PlatformOptions, progress: Progress): Promise<number> {
  if (options.port === 0) return freePort();
  if (await isFree(options.port)) return options.port;
  if (!options.mayMovePort)
    throw new ClearError(`port ${options.port} is taken: stop what uses it, or give another with --port`);
  const port = await freePort();
  progress.say(`port ${options.port} is taken; the gateway goes to ${port}`);
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const { createServer } = await import('node:net');
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function startInOrder(
  parts: readonly (PartToStart & { readonly needs: readonly string[] })[],
  running: Running,
): Promise<void> {
  const ready = new Map<string, Promise<void>>();
  for (const part of parts) {
    const needs = part.needs.map((name) => ready.get(name));
    ready.set(
      part.name,
      Promise.all(needs).then(() => running.start(part)),
    );
  }
  await Promise.all(ready.values());
}

async function startCanteen(
  wiring: Wiring,
  folder: string,
  terminal: DemoSummary['terminals'][number],
  index: number,
  running: Running,
) {
  const canteen = await canteenParts(wiring, folder, terminal, index);
  await running.start(canteen.reader);
  await running.start(canteen.agent);
  return canteen.terminal;
}

/** The demo town is seeded once per folder; its summary stays beside the data. */
async function seedWhenNew(wiring: Wiring, folder: string, progress: Progress): Promise<DemoSummary> {
  const file = join(folder, 'demo-town.json');
  if (!existsSync(file)) {
    const { ports } = wiring;
    await progress.step('the demonstration town, with a month of history', () =>
      runToEnd(
        'demo-town',
        process.execPath,
        ['--no-warnings', 'sandbox/demo-town/src/main.ts', 'seed', '--summary', file],
        folder,
        {
          ANAGRAFICA_ADDRESS: `127.0.0.1:${ports.anagrafica.grpc}`,
          ATTENDANCE_ADDRESSES: `127.0.0.1:${ports.attendance.grpc}`,
          LEDGER_ADDRESSES: `127.0.0.1:${ports.ledger.grpc}`,
        },
      ),
    );
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The invented cards stay with the folder, so that one imported into a browser stays good. */
async function keepCards(folder: string): Promise<DemoCards> {
  const place = join(folder, 'cards');
  const words = ['--no-warnings', 'sandbox/smart-cards/src/main.ts', 'make', '--folder', place];
  await runToEnd('smart-cards', process.execPath, words, folder);
  return JSON.parse(readFileSync(join(place, 'cards.json'), 'utf8'));
}

const COMPANY = { partitaIva: '12345670017', name: 'Cooperativa Esempio' };

/** The invented company is added once per folder, as an operator would; its password stays beside the data. */
async function keepCompany({ stores, secrets }: Wiring, folder: string): Promise<DemoCompany> {
  const file = join(folder, 'demo-company.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const environment = {
    DATABASE_URL: stores.databaseUrls.identity,
    FIELD_KEY: secrets.fieldKey,
    PERSON_HASH_KEY: secrets.personHashKey,
  };
  const which = ['--municipality', '1', '--partita-iva', COMPANY.partitaIva];
  const entry = ['--no-warnings', 'services/identity/src/companies.ts'];
  const ask = (...words: string[]) =>
    answerOf('companies', process.execPath, [...entry, ...words], folder, environment);
  // A database of the user's own may have it from a folder that is gone.
  const answer = await ask('add', ...which, '--name', COMPANY.name).catch(() => ask('reset', ...which));
  const { password }: { password: string } = JSON.parse(answer);
  const company = { ...COMPANY, password };
  writeFileSync(file, JSON.stringify(company), { mode: 0o600 });
  return company;
}

/** Vallefinta at pagoPA, put at every start: where parents come back to is where the gateway is this time. */
async function putCreditor({ ports }: Wiring, folder: string): Promise<void> {
  await runToEnd(
    'creditor',
    process.execPath,
    [
      ...['--no-warnings', 'sandbox/demo-town/src/main.ts', 'creditor', '--billing', `127.0.0.1:${ports.billing.grpc}`],
      ...['--portal', `http://127.0.0.1:${ports.gateway.http}`],
      ...['--broker', CREDITOR.brokerId, '--station', CREDITOR.stationId],
    ],
    folder,
  );
}

/** How often the launcher looks whether its stores are still there. */
const STORE_WATCH_EVERY_MS = 1_000;

/** All that runs, in the order of its start; stopped in the opposite one. */
class Running {
  readonly broken: Promise<string>;
  readonly #folder: string;
  readonly #progress: Progress;
  readonly #children: Child[] = [];
  readonly #notes: StartedProcess[] = [];
  #stores: RunningStores | null = null;
  #storeWatch: NodeJS.Timeout | undefined;
  #isStopping = false;
  #announceBroken: (what: string) => void = () => {};

  constructor(folder: string, progress: Progress) {
    this.#folder = folder;
    this.#progress = progress;
    this.broken = new Promise((resolve) => {
      this.#announceBroken = resolve;
    });
  }

  keepStores(stores: RunningStores): RunningStores {
    this.#stores = stores;
    const notes = stores.started.map(({ name, store }) => this.#note(name, store.pid));
    this.#storeWatch = setInterval(() => {
      const gone = notes.find((note) => !isRunning(note));
      if (gone !== undefined && !this.#isStopping) this.#announceBroken(`${gone.name} ended`);
    }, STORE_WATCH_EVERY_MS);
    return stores;
  }

  async start(part: PartToStart): Promise<void> {
    // While another part has failed already, nothing is started that nobody would stop.
    if (this.#isStopping) throw new ClearError(`${part.name} was not started: the platform stops`);
    const { child, ready } = startPart(part, this.#folder);
    this.#children.push(child);
    this.#note(child.name, child.pid);
    await ready;
    void child.ended.then((how) => {
      if (!this.#isStopping) this.#announceBroken(`${child.name} ended (${how}); its log is ${child.logFile}`);
    });
  }

  processes(): readonly StartedProcess[] {
    return this.#notes;
  }

  /** Parts first, those started last before the others, then the stores. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    clearInterval(this.#storeWatch);
    const isCanteen = ({ name }: Child) => /^(edge-agent|badge-reader)/.test(name);
    await Promise.all(this.#children.filter(isCanteen).map((child) => child.stop()));
    for (const child of this.#children.filter((one) => !isCanteen(one)).toReversed()) await child.stop();
    await Promise.all((this.#stores?.started ?? []).map(({ store }) => store.stop()));
    removeRecords(this.#folder);
    this.#progress.say('stopped');
  }

  #note(name: string, pid: number): StartedProcess {
    const note = noteProcess(name, pid);
    this.#notes.push(note);
    writeProcesses(this.#folder, this.#notes);
    return note;
  }
}

const LEFT_OVER_STOP_MS = 10_000;

/** Ends what a launcher that was killed has left behind: only processes of its list that are still the same ones. */
export async function endLeftOvers(processes: readonly StartedProcess[]): Promise<number> {
  const left = processes.filter(isRunning).toReversed();
  for (const one of left) {
    try {
      // PostgreSQL's orderly stop is SIGINT; for the others SIGTERM is.
      process.kill(one.pid, one.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
    } catch {
      // It ended by itself.
    }
  }
  const deadline = Date.now() + LEFT_OVER_STOP_MS;
  while (left.some(isRunning)) {
    if (Date.now() > deadline) for (const { pid } of left.filter(isRunning)) process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return left.length;
}
