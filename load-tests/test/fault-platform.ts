import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  eventually,
  freePort,
  type PrivateStore,
  privatePostgres,
  privateRabbit,
  privateRedis,
  type RunningPart,
  startProcess,
} from '@campanella/testkit';
import pg from 'pg';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIELD_KEY = Buffer.alloc(32, 7).toString('base64');
const DATABASES = ['anagrafica', 'attendance', 'ledger'] as const;
type DatabaseName = (typeof DATABASES)[number];

/** A part that can be killed and started again in its place, on the same ports. */
export interface Restartable {
  readonly name: string;
  readonly address: string;
  readonly opsUrl: string;
  /** Ends it at once, as a crash would, and starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** A canteen: agent, virtual reader, and the badges of its school. */
export interface Canteen {
  readonly agent: Restartable;
  readonly reader: RunningPart;
  readonly control: number;
  readonly screenUrl: string;
  readonly journalFile: string;
  readonly badges: readonly string[];
}

export interface FaultPlatform {
  readonly databases: Readonly<Record<DatabaseName, pg.Pool>>;
  readonly redis: PrivateStore;
  readonly rabbit: PrivateStore;
  readonly ledgers: readonly Restartable[];
  readonly attendances: readonly Restartable[];
  readonly canteens: readonly Canteen[];
  close(): Promise<void>;
}

/** Starts stores, anagrafica, two ledgers, two attendances and a generated town with an agent on a real serial line for each school. */
export async function startFaultPlatform(pupilCount: number): Promise<FaultPlatform> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  try {
    return await start(pupilCount, (cleanUp) => cleanUps.unshift(cleanUp));
  } catch (cause) {
    // Half a platform would keep the test from ending.
    for (const cleanUp of cleanUps) await cleanUp().catch(() => {});
    throw cause;
  }
}

async function start(pupilCount: number, atEnd: (cleanUp: () => Promise<unknown>) => void): Promise<FaultPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'campanella-faults-'));
  const [postgres, redis, rabbit] = await Promise.all([privatePostgres(), privateRedis(), privateRabbit()]);
  for (const store of [postgres, redis, rabbit]) atEnd(() => store.close());
  const urls = await createDatabases(postgres.url);
  const common = {
    AMQP_URL: rabbit.url,
    FIELD_KEY,
    LOG_LEVEL: 'info',
    IDENTITY_JWKS_URL: 'http://127.0.0.1:9/jwks.json',
    DIRECTORY_REFRESH_MS: '200',
  };
  const startNoted = async (...words: Parameters<typeof startService>): Promise<Restartable> => {
    const part = await startService(...words);
    atEnd(() => part.stop());
    return part;
  };
  const anagrafica = await startNoted('anagrafica', {
    ...common,
    DATABASE_URL: urls.anagrafica,
    DOCUMENT_STORE_URL: pathToFileURL(folder).href,
  });
  const ledgerEnvironment = { ...common, DATABASE_URL: urls.ledger, REDIS_URL: redis.url };
  const ledgers = await both((n) => startNoted('ledger', ledgerEnvironment, n));
  const LEDGER_ADDRESSES = ledgers.map(({ address }) => address).join(',');
  const attendanceEnvironment = {
    ...common,
    DATABASE_URL: urls.attendance,
    ANAGRAFICA_ADDRESS: anagrafica.address,
    LEDGER_ADDRESSES,
  };
  const attendances = await both((n) => startNoted('attendance', attendanceEnvironment, n));
  const ATTENDANCE_ADDRESSES = attendances.map(({ address }) => address).join(',');

  const generate = (...words: string[]) =>
    execFileSync(
      process.execPath,
      [
        '--no-warnings',
        join(ROOT, 'sandbox/demo-town/src/main.ts'),
        'generate',
        '--pupils',
        String(pupilCount),
        ...words,
      ],
      {
        env: { ...process.env, ANAGRAFICA_ADDRESS: anagrafica.address, ATTENDANCE_ADDRESSES, LEDGER_ADDRESSES },
        encoding: 'utf8',
      },
    );
  generate('--out', folder);
  generate('--load');
  const databases = Object.fromEntries(
    DATABASES.map((name) => {
      const pool = new pg.Pool({ connectionString: urls[name], max: 2 });
      pool.on('error', () => {});
      return [name, pool];
    }),
  ) as Record<DatabaseName, pg.Pool>;
  await eventually(() => areAccountsOpen(databases), { withinMs: 60_000 });
  const canteens = await startCanteens(folder, ATTENDANCE_ADDRESSES, atEnd);
  return {
    databases,
    redis,
    rabbit,
    ledgers,
    attendances,
    canteens,
    async close() {
      await Promise.all(canteens.flatMap(({ agent, reader }) => [agent.stop(), reader.kill('SIGTERM')]));
      await Promise.all(attendances.map((part) => part.stop()));
      await Promise.all([...ledgers, anagrafica].map((part) => part.stop()));
      await Promise.all(DATABASES.map((name) => databases[name].end()));
      await Promise.all([postgres.close(), redis.close(), rabbit.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function both(start: (n: number) => Promise<Restartable>): Promise<Restartable[]> {
  return Promise.all([start(1), start(2)]);
}

async function createDatabases(serverUrl: string): Promise<Record<DatabaseName, string>> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  for (const name of DATABASES) await client.query(`create database ${name}`);
  await client.end();
  const urlOf = (name: DatabaseName): string => {
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    return url.href;
  };
  const urls = { anagrafica: urlOf('anagrafica'), attendance: urlOf('attendance'), ledger: urlOf('ledger') };
  for (const name of DATABASES) {
    execFileSync(process.execPath, ['--no-warnings', join(ROOT, `services/${name}/src/migrate.ts`)], {
      env: { ...process.env, DATABASE_URL: urls[name] },
    });
  }
  return urls;
}

async function startService(
  name: DatabaseName,
  environment: Readonly<Record<string, string>>,
  n = 1,
): Promise<Restartable> {
  const [grpc, http, ops] = [await freePort(), await freePort(), await freePort()];
  return startRestartable(`${name}-${n}`, `services/${name}/src/main.ts`, grpc, ops, {
    ...environment,
    GRPC_PORT: String(grpc),
    HTTP_PORT: String(http),
  });
}

async function startRestartable(
  name: string,
  entry: string,
  port: number,
  ops: number,
  environment: Readonly<Record<string, string>>,
): Promise<Restartable> {
  const opsUrl = `http://127.0.0.1:${ops}`;
  const start = () =>
    startProcess({
      entry: join(ROOT, entry),
      readyUrl: `${opsUrl}/ready`,
      environment: { ...environment, OPS_PORT: String(ops) },
    });
  let part = await start();
  return {
    name,
    address: `127.0.0.1:${port}`,
    opsUrl,
    async crash() {
      await part.kill('SIGKILL');
      part = await start();
    },
    stop: () => part.kill('SIGTERM'),
  };
}

async function areAccountsOpen(databases: Readonly<Record<DatabaseName, pg.Pool>>): Promise<boolean> {
  const count = async (name: DatabaseName, text: string) => Number((await databases[name].query(text)).rows[0].n);
  const wanted = await count(
    'anagrafica',
    `select count(distinct (pupil_id, service)) as n from enrolments where payment_mode = 'prepaid'`,
  );
  const opened = await count('ledger', `select count(*) as n from accounts where kind = 'household'`);
  return wanted > 0 && opened === wanted;
}

/** A few canteens take the whole town's badges: those of other schools are unknown to their screens, and recorded all the same. */
const CANTEENS = 3;

interface GeneratedTerminal {
  readonly municipalityId: number;
  readonly schoolId: string;
  readonly terminalId: string;
  readonly terminalKey: string;
}

async function startCanteens(
  folder: string,
  attendanceAddresses: string,
  atEnd: (cleanUp: () => Promise<unknown>) => void,
): Promise<Canteen[]> {
  const terminals = lines(join(folder, 'terminals.jsonl'))
    .slice(0, CANTEENS)
    .map((line): GeneratedTerminal => JSON.parse(line));
  const badges = lines(join(folder, 'badges.csv'))
    .slice(1)
    .map((line) => line.split(','));
  return Promise.all(
    terminals.map(async (terminal, index) => {
      const [control, screen, ops] = [await freePort(), await freePort(), await freePort()];
      const link = join(folder, `reader-${index}`);
      const dataFolder = join(folder, `terminal-${index}`);
      const reader = await startProcess({
        entry: join(ROOT, 'sandbox/badge-reader/src/main.ts'),
        arguments: ['serve', '--link', link, '--control', String(control)],
        environment: {},
        readyLine: 'badge reader ready',
      });
      atEnd(() => reader.kill('SIGTERM'));
      const agent = await startRestartable(`edge-agent-${index}`, 'edge-agent/src/main.ts', screen, ops, {
        SCREEN_PORT: String(screen),
        SERIAL_READERS: link,
        TERMINAL_ID: terminal.terminalId,
        TERMINAL_KEY: terminal.terminalKey,
        MUNICIPALITY_ID: String(terminal.municipalityId),
        SCHOOL_ID: terminal.schoolId,
        ATTENDANCE_ADDRESSES: attendanceAddresses,
        DATA_FOLDER: dataFolder,
        FIELD_KEY,
      });
      atEnd(() => agent.stop());
      return {
        agent,
        reader,
        control,
        screenUrl: `http://127.0.0.1:${screen}`,
        journalFile: join(dataFolder, 'journal.sqlite'),
        badges: badges.filter((_badge, at) => at % CANTEENS === index).map(([, , , badge = '']) => badge),
      };
    }),
  );
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}
