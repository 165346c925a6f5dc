import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres, startRabbit, startRedis } from '@campanella/local-stores';
import { OfficeServiceClient } from '@campanella/proto/attendance/v1/office';
import {
  AccountKind,
  LedgerServiceClient,
  type PostTransfersResponse,
  type Transfer,
  TransferKind,
} from '@campanella/proto/ledger/v1/ledger';
import { credentials } from '@grpc/grpc-js';
import pg from 'pg';
import { v7 } from 'uuid';
import type { Cleanup } from '../src/cleanup.ts';
import { migrateDatabase, startPart } from '../src/processes.ts';
import { startAnagrafica } from './anagrafica-stand-in.ts';
import { CREDIT_CENTS, MUNICIPALITIES, PRICE_CENTS, TERMINALS } from './town.ts';

/** The real parts on throw-away stores, seeded through their contracts. */
export interface Platform {
  readonly attendanceAddress: string;
  /** The naive path, on the same PostgreSQL. */
  readonly naiveAddress: string;
  readonly terminalKey: string;
  /** Enrols everybody in the round's services and puts credit on every account: nothing of a round is cold. Answers the directory's version. */
  beginRound(services: readonly string[]): Promise<number>;
  /** Compares acknowledgements, presences, transfers and balances. @throws Error where they differ */
  compareBooks(acknowledged: number, naiveAcknowledged: number): Promise<void>;
}

interface StartOptions {
  readonly pupilsPerMunicipality: number;
  readonly profileFolder: string | null;
  readonly report: (line: string) => void;
  readonly cleanup: Cleanup;
}

/** Starts stores, ledger, attendance and the naive path. */
export async function startPlatform(options: StartOptions): Promise<Platform> {
  const { report, pupilsPerMunicipality, profileFolder } = options;
  if (profileFolder !== null) mkdirSync(profileFolder, { recursive: true });
  report('starting PostgreSQL, Redis and RabbitMQ');
  const stores = await startStores(options.cleanup);
  const urls = await createDatabases(stores.postgresUrl, ['attendance', 'ledger', 'naive']);
  for (const service of ['attendance', 'ledger']) migrateDatabase(service, urls[service] ?? '');
  const anagrafica = await startAnagrafica(pupilsPerMunicipality);
  options.cleanup.add(anagrafica.close);
  report('starting ledger, attendance and the naive path');
  const addresses = await startParts(options, { ...stores, anagraficaAddress: anagrafica.address, urls });
  const clients = await openClients(options.cleanup, addresses, urls);
  const terminalKey = createHash('sha256').update('bench').digest('base64url');
  await registerTerminals(clients.office, terminalKey);
  return {
    attendanceAddress: addresses.attendance,
    naiveAddress: addresses.naive,
    terminalKey,
    async beginRound(services) {
      report(`enrolling ${pupilsPerMunicipality * MUNICIPALITIES.length} pupils in ${services.length} services`);
      const version = anagrafica.enrol(services);
      await untilKnown(clients.attendance, version, services, pupilsPerMunicipality);
      await putCredit(clients.ledger, services, clients.attendance);
      await seedNaive(clients.naive, services, clients.attendance);
      await clients.naive.query('checkpoint');
      return version;
    },
    compareBooks: (acknowledged, naiveAcknowledged) => compareBooks(clients, acknowledged, naiveAcknowledged),
  };
}

async function startStores(cleanup: Cleanup) {
  const folder = mkdtempSync(join(tmpdir(), 'campanella-bench-'));
  chmodSync(folder, 0o755);
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const [postgres, redis, rabbit] = await Promise.all([
    startPostgres({ folder: join(folder, 'postgres'), isThrowAway: true }),
    startRedis({ folder: join(folder, 'redis'), arguments: ['--maxmemory-policy', 'noeviction'] }),
    startRabbit({ folder: join(folder, 'rabbit') }),
  ]);
  for (const store of [postgres, redis, rabbit]) cleanup.add(() => store.stop());
  return { postgresUrl: postgres.url, redisUrl: redis.url, rabbitUrl: rabbit.url };
}

interface PartsSetting {
  readonly redisUrl: string;
  readonly rabbitUrl: string;
  readonly anagraficaAddress: string;
  readonly urls: Record<string, string>;
}

async function startParts({ profileFolder, cleanup }: StartOptions, setting: PartsSetting) {
  const shared = {
    AMQP_URL: setting.rabbitUrl,
    REDIS_URL: setting.redisUrl,
    // No request of the bench carries a token: the keys are never asked for.
    IDENTITY_JWKS_URL: 'http://127.0.0.1:9/jwks.json',
    ANAGRAFICA_ADDRESS: setting.anagraficaAddress,
    FIELD_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'warn',
    DIRECTORY_PULL_MS: '2000',
    DIRECTORY_REFRESH_MS: '500',
  };
  const run = async (entry: string, database: string, environment: Record<string, string> = {}): Promise<string> => {
    const [grpc, http, ops] = [await freePort(), await freePort(), await freePort()];
    const ports = { GRPC_PORT: String(grpc), HTTP_PORT: String(http), OPS_PORT: String(ops) };
    const all = { ...shared, ...ports, DATABASE_URL: setting.urls[database] ?? '', ...environment };
    const part = await startPart(entry, all, `http://127.0.0.1:${ops}/ready`, { profileFolder });
    cleanup.add(part.stop);
    return `127.0.0.1:${grpc}`;
  };
  const ledger = await run('services/ledger/src/main.ts', 'ledger');
  const attendance = await run('services/attendance/src/main.ts', 'attendance', { LEDGER_ADDRESSES: ledger });
  const naiveLedger = await run('load-tests/bench-swipe/naive-ledger.ts', 'naive');
  const naive = await run('load-tests/bench-swipe/naive-attendance.ts', 'naive', { LEDGER_ADDRESSES: naiveLedger });
  return { ledger, attendance, naive };
}

async function openClients(
  cleanup: Cleanup,
  addresses: { readonly ledger: string; readonly attendance: string },
  urls: Record<string, string>,
) {
  const ledger = new LedgerServiceClient(addresses.ledger, credentials.createInsecure());
  const office = new OfficeServiceClient(addresses.attendance, credentials.createInsecure());
  cleanup.add(() => {
    ledger.close();
    office.close();
  });
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: urls[database] });
    await client.connect();
    cleanup.add(() => client.end());
    return client;
  };
  const [attendance, books, naive] = [await connect('attendance'), await connect('ledger'), await connect('naive')];
  return { ledger, office, attendance, books, naive };
}

async function createDatabases(serverUrl: string, names: readonly string[]): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  for (const name of names) await client.query(`create database ${name}`);
  await client.end();
  return Object.fromEntries(
    names.map((name) => {
      const url = new URL(serverUrl);
      url.pathname = `/${name}`;
      return [name, url.href];
    }),
  );
}

async function registerTerminals(office: OfficeServiceClient, key: string): Promise<void> {
  for (const terminal of TERMINALS) {
    await new Promise<void>((resolve, reject) => {
      office.registerTerminal({ ...terminal, name: 'Cassa', key }, (cause) =>
        cause === null ? resolve() : reject(cause),
      );
    });
  }
}

const SEEDED_WITHIN_MS = 60_000;

async function untilKnown(
  attendance: pg.Client,
  version: number,
  services: readonly string[],
  pupils: number,
): Promise<void> {
  const deadline = Date.now() + SEEDED_WITHIN_MS;
  const accounts = MUNICIPALITIES.length * services.length * (pupils + 1);
  for (;;) {
    const { rows } = await attendance.query(
      `select (select count(*) from directories where version >= $1)::int as directories,
         (select count(*) from ledger_accounts where service = any($2::text[]))::int as accounts`,
      [version, services],
    );
    if (rows[0].directories === MUNICIPALITIES.length && rows[0].accounts === accounts) break;
    if (Date.now() > deadline) throw new Error(`attendance did not learn the directory: ${JSON.stringify(rows[0])}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  // Memory follows PostgreSQL at the next look.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

interface Account {
  readonly municipality_id: number;
  readonly account_id: number;
  readonly service: string;
  readonly owner_id: string;
}

async function householdAccounts(attendance: pg.Client, services: readonly string[]): Promise<Account[]> {
  const { rows } = await attendance.query<Account>(
    `select municipality_id::int, account_id::float8, service, owner_id from ledger_accounts
     where service = any($1::text[]) and owner_id <> '00000000-0000-0000-0000-000000000000'`,
    [services],
  );
  return rows;
}

/** Tops every account up over the ledger's own stream. */
async function putCredit(
  ledger: LedgerServiceClient,
  services: readonly string[],
  attendance: pg.Client,
): Promise<void> {
  const settlement = new Map<number, number>();
  for (const municipalityId of MUNICIPALITIES)
    settlement.set(municipalityId, await openSettlement(ledger, municipalityId));
  const transfers = (await householdAccounts(attendance, services)).map(
    (account): Transfer => ({
      transferId: v7(),
      municipalityId: account.municipality_id,
      debitAccountId: settlement.get(account.municipality_id) ?? 0,
      creditAccountId: account.account_id,
      amountCents: CREDIT_CENTS,
      kind: TransferKind.TOP_UP,
      reverses: '',
      occurredAtMs: Date.now(),
      retry: false,
    }),
  );
  await postAll(ledger, transfers);
}

function openSettlement(ledger: LedgerServiceClient, municipalityId: number): Promise<number> {
  const account = { municipalityId, kind: AccountKind.SETTLEMENT, ownerId: '', service: '', overdraftCents: 0 };
  return new Promise((resolve, reject) => {
    ledger.openAccount(account, (cause, response) =>
      cause === null ? resolve(response.account?.accountId ?? 0) : reject(cause),
    );
  });
}

const POST_MAX = 256;
const POST_WINDOW = 2_048;

function postAll(ledger: LedgerServiceClient, transfers: readonly Transfer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = ledger.postTransfers();
    let sent = 0;
    let answered = 0;
    const fill = () => {
      while (sent < transfers.length && sent - answered < POST_WINDOW) {
        const page = transfers.slice(sent, sent + POST_MAX);
        sent += page.length;
        stream.write({ transfers: page });
      }
    };
    stream.on('data', ({ outcomes }: PostTransfersResponse) => {
      const bad = outcomes.find((one) => one.outcome?.$case !== 'accepted');
      if (bad !== undefined) return reject(new Error(`a top-up was not accepted: ${JSON.stringify(bad)}`));
      answered += outcomes.length;
      if (answered === transfers.length) {
        stream.end();
        resolve();
      } else fill();
    });
    stream.on('error', reject);
    fill();
  });
}

/** The naive path gets the same accounts and the same directory, in tables of its own. */
async function seedNaive(naive: pg.Client, services: readonly string[], attendance: pg.Client): Promise<void> {
  const accounts = await householdAccounts(attendance, services);
  const { rows: pupils } = await attendance.query<{ municipality_id: number; pupil_id: string; badge: string }>(
    `select municipality_id::int, pupil_id, badges->0->>'number' as badge from directory_pupils`,
  );
  const badgeOf = new Map(pupils.map((pupil) => [`${pupil.municipality_id}/${pupil.pupil_id}`, pupil.badge]));
  await naive.query(
    `insert into naive_enrolments (municipality_id, badge_number, service, pupil_id, account_id, price_cents)
     select *, ${PRICE_CENTS} from unnest($1::bigint[], $2::text[], $3::text[], $4::uuid[], $5::bigint[]) on conflict do nothing`,
    [
      accounts.map((one) => one.municipality_id),
      accounts.map((one) => badgeOf.get(`${one.municipality_id}/${one.owner_id}`) ?? ''),
      accounts.map((one) => one.service),
      accounts.map((one) => one.owner_id),
      accounts.map((one) => one.account_id),
    ],
  );
  await naive.query(
    `insert into naive_accounts (account_id, balance_cents, overdraft_cents)
     select a, ${CREDIT_CENTS}, 1000 from unnest($1::bigint[]) a
     union all select -m, 0, null from unnest($2::bigint[]) m on conflict do nothing`,
    [accounts.map((one) => one.account_id), [...MUNICIPALITIES]],
  );
  await naive.query('analyze naive_enrolments; analyze naive_accounts');
}

async function compareBooks(
  clients: { attendance: pg.Client; books: pg.Client; naive: pg.Client },
  acknowledged: number,
  naiveAcknowledged: number,
): Promise<void> {
  const count = async (client: pg.Client, text: string): Promise<number> => {
    const { rows } = await client.query<{ n: number }>(text);
    return rows[0]?.n ?? Number.NaN;
  };
  const found = {
    presences: await count(clients.attendance, 'select count(*)::float8 as n from presences'),
    charged: await count(clients.attendance, `select count(*)::float8 as n from presences where charge = 'debited'`),
    transfers: await count(clients.books, `select count(*)::float8 as n from transfers where kind = 'meal'`),
    imbalance: await count(clients.books, 'select coalesce(sum(balance_cents), 0)::float8 as n from accounts'),
    naive: await count(clients.naive, 'select count(*)::float8 as n from naive_presences'),
    naiveTransfers: await count(clients.naive, 'select count(*)::float8 as n from naive_transfers'),
  };
  const agree =
    found.presences === acknowledged &&
    found.charged === acknowledged &&
    found.transfers === acknowledged &&
    found.imbalance === 0 &&
    found.naive === naiveAcknowledged &&
    found.naiveTransfers === naiveAcknowledged;
  if (!agree) throw new Error(`the books differ: ${JSON.stringify({ acknowledged, naiveAcknowledged, ...found })}`);
}
