import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { BillingOfficeServiceClient, DocumentKind, Vat } from '@campanella/proto/billing/v1/office';
import { callUnary, grpcClient } from '@campanella/service-kit';
import {
  eventually,
  freePort,
  privatePostgres,
  privateRabbit,
  privateRedis,
  startProcess,
  type TestIdentity,
  testIdentity,
} from '@campanella/testkit';
import pg from 'pg';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIELD_KEY = Buffer.alloc(32, 7).toString('base64');
const NAMES = ['anagrafica', 'ledger', 'attendance', 'billing'] as const;
export type ServiceName = (typeof NAMES)[number];

/** A guardian and the pupils that he or she answers for. */
export interface Family {
  readonly pupilIds: readonly string[];
}

/** The services that parents read from, with a large town in their databases. */
export interface ReadPlatform {
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly databaseUrls: Readonly<Record<ServiceName, string>>;
  readonly databases: Readonly<Record<ServiceName, pg.Pool>>;
  readonly identity: TestIdentity;
  readonly municipalityId: number;
  readonly families: readonly Family[];
  /** First and last day of a month with presences. */
  readonly month: { readonly from: string; readonly to: string };
  close(): Promise<void>;
}

const MONTH_DAYS = 30;
const MUNICIPALITY = 1;
const DOCUMENTS_AT_ONCE = 16;
const CALL = { deadlineMs: 20_000 };

/** Starts stores and services and fills them: a town of so many pupils, and a month of presences and documents for each. */
export async function startReadPlatform(pupilCount: number, report: (line: string) => void): Promise<ReadPlatform> {
  const atEnd: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of atEnd.splice(0).reverse()) await end().catch(() => undefined);
  };
  try {
    return await start(pupilCount, report, atEnd, close);
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function start(
  pupilCount: number,
  report: (line: string) => void,
  atEnd: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<ReadPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'campanella-reads-'));
  atEnd.push(async () => rmSync(folder, { recursive: true, force: true }));
  const [postgres, redis, rabbit, identity] = await Promise.all([
    privatePostgres(),
    privateRedis(),
    privateRabbit(),
    testIdentity(),
  ]);
  for (const one of [postgres, redis, rabbit, identity]) atEnd.push(() => one.close());
  const databaseUrls = await createDatabases(postgres.url);
  const common = {
    AMQP_URL: rabbit.url,
    FIELD_KEY,
    LOG_LEVEL: 'error',
    IDENTITY_JWKS_URL: identity.jwksUrl,
    DIRECTORY_REFRESH_MS: '200',
  };
  const run = async (name: ServiceName, environment: Readonly<Record<string, string>>) => {
    const [grpc, http, ops] = [await freePort(), await freePort(), await freePort()];
    const ports = { GRPC_PORT: String(grpc), HTTP_PORT: String(http), OPS_PORT: String(ops) };
    const part = await startProcess({
      entry: join(ROOT, `services/${name}/src/main.ts`),
      readyUrl: `http://127.0.0.1:${ops}/ready`,
      environment: { ...common, DATABASE_URL: databaseUrls[name], ...environment, ...ports },
    });
    atEnd.push(() => part.kill('SIGTERM'));
    return { address: `127.0.0.1:${grpc}`, url: `http://127.0.0.1:${http}` };
  };
  const anagrafica = await run('anagrafica', { DOCUMENT_STORE_URL: pathToFileURL(folder).href });
  const ledger = await run('ledger', { REDIS_URL: redis.url });
  const peers = { ANAGRAFICA_ADDRESS: anagrafica.address, LEDGER_ADDRESSES: ledger.address };
  const attendance = await run('attendance', peers);
  const billing = await run('billing', {
    ...peers,
    PAGOPA_PORT: String(await freePort()),
    CHECKOUT_CARTS_URL: 'http://127.0.0.1:9/carts',
    CHECKOUT_KEY: 'nobody-asks-it-here',
  });
  const databases = Object.fromEntries(
    NAMES.map((name) => [name, new pg.Pool({ connectionString: databaseUrls[name], max: 2 })]),
  ) as Record<ServiceName, pg.Pool>;
  for (const pool of Object.values(databases)) {
    pool.on('error', () => undefined);
    atEnd.push(() => pool.end());
  }
  report(`a town of ${pupilCount} pupils …`);
  await promisify(execFile)(
    process.execPath,
    [
      '--no-warnings',
      join(ROOT, 'sandbox/demo-town/src/main.ts'),
      'generate',
      '--pupils',
      String(pupilCount),
      '--load',
      '--first-municipality',
      String(MUNICIPALITY),
    ],
    {
      env: {
        ...process.env,
        ANAGRAFICA_ADDRESS: anagrafica.address,
        ATTENDANCE_ADDRESSES: attendance.address,
        LEDGER_ADDRESSES: ledger.address,
      },
    },
  );
  await eventually(async () => (await countOf(databases.attendance, 'directory_pupils')) >= pupilCount, {
    withinMs: 120_000,
  });
  await eventually(() => areAccountsOpen(databases), { withinMs: 120_000 });
  report('a month of presences, and a document for each pupil …');
  const municipalityId = MUNICIPALITY;
  const families = await familiesOf(databases.anagrafica);
  const month = await fillPresences(databases.attendance);
  await issueDocuments(billing.address, families);
  for (const pool of Object.values(databases)) await pool.query('vacuum analyze');
  return {
    urls: { anagrafica: anagrafica.url, ledger: ledger.url, attendance: attendance.url, billing: billing.url },
    ...{ databaseUrls, databases, identity },
    ...{ municipalityId, families, month },
    close,
  };
}

async function createDatabases(serverUrl: string): Promise<Record<ServiceName, string>> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  for (const name of NAMES) await client.query(`create database ${name}`);
  await client.end();
  const urls = Object.fromEntries(
    NAMES.map((name) => {
      const url = new URL(serverUrl);
      url.pathname = `/${name}`;
      return [name, url.href];
    }),
  ) as Record<ServiceName, string>;
  for (const name of NAMES) {
    await promisify(execFile)(process.execPath, ['--no-warnings', join(ROOT, `services/${name}/src/migrate.ts`)], {
      env: { ...process.env, DATABASE_URL: urls[name] },
    });
  }
  return urls;
}

async function countOf(pool: pg.Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(`select count(*) as n from ${table}`);
  return Number(rows[0]?.n ?? 0);
}

async function areAccountsOpen(databases: Readonly<Record<ServiceName, pg.Pool>>): Promise<boolean> {
  const { rows } = await databases.anagrafica.query<{ n: string }>(
    `select count(distinct (pupil_id, service)) as n from enrolments where payment_mode = 'prepaid'`,
  );
  const { rows: opened } = await databases.ledger.query<{ n: string }>(
    `select count(*) as n from accounts where kind = 'household'`,
  );
  return Number(rows[0]?.n) > 0 && rows[0]?.n === opened[0]?.n;
}

/** History is written where it will be read: what is measured is the reading of it. */
async function fillPresences(database: pg.Pool) {
  const { rows } = await database.query<{ from: string; to: string }>(
    `select (current_date - ${MONTH_DAYS})::text as from, current_date::text as to`,
  );
  const [month] = rows;
  if (month === undefined) throw new Error('there is a month');
  await database.query(`
    insert into presences (municipality_id, pupil_id, service, service_date, swipe_id, terminal_id, school_id, badge_number,
                           occurred_at, charge, amount_cents, transfer_id)
    select p.municipality_id, p.pupil_id, 'school_meals', current_date - n, gen_random_uuid(), gen_random_uuid(), p.school_id,
           '0A00000000', now() - n * interval '1 day', 'debited', 520, gen_random_uuid()
    from directory_pupils p, generate_series(0, ${MONTH_DAYS - 1}) n where p.school_id is not null`);
  return month;
}

/** A document with one instalment for the first pupil of each family, through billing's own door. */
async function issueDocuments(address: string, families: readonly Family[]): Promise<void> {
  const office = grpcClient(BillingOfficeServiceClient, [address]);
  try {
    await callUnary(office, 'putCreditor', CREDITOR, CALL);
    await callUnary(office, 'putTopUpRules', TOP_UP_RULES, CALL);
    let next = 0;
    const lane = async () => {
      while (next < families.length) {
        const [pupilId = ''] = families[next]?.pupilIds ?? [];
        next += 1;
        const instalments = [{ instalmentId: randomUUID(), amountCents: 4_500, dueOn: '2099-12-31' }];
        const document = {
          ...{ municipalityId: MUNICIPALITY, documentId: randomUUID(), kind: DocumentKind.INVOICE, pupilId },
          ...{
            service: 'school_meals',
            description: 'Mensa scolastica',
            issuedOn: '2026-11-02',
            vat: Vat.FOUR_PERCENT,
          },
          ...{ chargedCents: 4_500, taxonomyCode: '9/TEST/', instalments },
        };
        await callUnary(office, 'issueDocument', document, CALL);
      }
    };
    await Promise.all(Array.from({ length: DOCUMENTS_AT_ONCE }, lane));
  } finally {
    office.close();
  }
}

const CREDITOR = {
  ...{ municipalityId: MUNICIPALITY, fiscalCode: '01234567897', companyName: 'Comune di Prova' },
  ...{ officeName: 'Ufficio scuola', brokerId: '15376371009', stationId: '15376371009_01', segregationCode: '47' },
  ...{ iban: 'IT60X0542811101000000123456', postalIban: '', cbillCode: 'AB123' },
  portalUrl: 'https://servizi.comune.esempio.example',
};
const TOP_UP_RULES = {
  ...{ municipalityId: MUNICIPALITY, service: 'school_meals', label: 'refezione scolastica', minimumCents: 500 },
  ...{ maximumCents: 20_000, stepCents: 100, taxonomyCode: '9/0101002IM/', pendingDays: 30 },
};

async function familiesOf(pool: pg.Pool): Promise<readonly Family[]> {
  const { rows } = await pool.query<{ pupil_ids: string[] }>(
    `select array_agg(distinct pupil_id::text) as pupil_ids from enrolments where municipality_id = ${MUNICIPALITY} group by guardian_id`,
  );
  return rows.map((row) => ({ pupilIds: row.pupil_ids }));
}
