import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { BillingOfficeServiceClient, DocumentKind, PositionKeeper, Vat } from '@campanella/proto/billing/v1/office';
import { callUnary, grpcClient } from '@campanella/service-kit';
import {
  eventually,
  freePort,
  privatePostgres,
  privateRabbit,
  privateRedis,
  type RunningPart,
  startProcess,
  type TestIdentity,
  testIdentity,
} from '@campanella/testkit';
import { id, type MunicipalityId, numberId, type PupilId } from '@campanella/vocabulary';
import pg from 'pg';
import { Agent, request } from 'undici';
import { type Belongings, type Month, pdfOf } from '../src/asking.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIELD_KEY = Buffer.alloc(32, 7).toString('base64');
const NAMES = ['anagrafica', 'ledger', 'attendance', 'billing'] as const;
export type ServiceName = (typeof NAMES)[number];

/** A guardian, the pupils that he or she answers for, and something of every kind that can be asked for. */
export interface Family extends Belongings {
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
  readonly month: Month;
  /** The last of what the services wrote. */
  output(): string;
  close(): Promise<void>;
}

const MONTH_DAYS = 30;
const MUNICIPALITY = 1;
const AT_ONCE = 16;
/** Notice numbers of a municipality are given one after the other. */
const NOTICES_AT_ONCE = 4;
const OUTPUT_TOLD = 4_000;
const FILE_BYTES = 8 * 1024;
const CALL = { deadlineMs: 20_000 };

/**
 * Starts stores and services and fills them: a town of so many pupils, a month of presences for each, and for each family a document with an
 * open, a paid and an instalment in a cart, a file in the fascicolo and a top-up that waits.
 */
export async function startReadPlatform(
  pupilCount: number,
  report: (line: string) => void,
  logLevel: 'error' | 'debug' = 'error',
): Promise<ReadPlatform> {
  const atEnd: (() => Promise<unknown>)[] = [];
  const parts: RunningPart[] = [];
  const close = async () => {
    for (const end of atEnd.splice(0).reverse()) await end().catch(() => undefined);
  };
  try {
    return await start(pupilCount, report, logLevel, atEnd, parts, close);
  } catch (cause) {
    const written = parts.map((part) => part.output().slice(-OUTPUT_TOLD)).join('\n');
    await close();
    throw new Error(`the platform could not be filled; its services wrote:\n${written}`, { cause });
  }
}

async function start(
  pupilCount: number,
  report: (line: string) => void,
  logLevel: string,
  atEnd: (() => Promise<unknown>)[],
  parts: RunningPart[],
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
  // Filling waits for no disk; reading, which is what is looked at, is as it is.
  await setOnServer(postgres.url, 'alter system set synchronous_commit = off');
  const common = {
    AMQP_URL: rabbit.url,
    FIELD_KEY,
    LOG_LEVEL: logLevel,
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
    parts.push(part);
    atEnd.push(() => part.kill('SIGTERM'));
    return { address: `127.0.0.1:${grpc}`, url: `http://127.0.0.1:${http}` };
  };
  const anagrafica = await run('anagrafica', { DOCUMENT_STORE_URL: pathToFileURL(folder).href });
  const ledger = await run('ledger', { REDIS_URL: redis.url });
  const peers = { ANAGRAFICA_ADDRESS: anagrafica.address, LEDGER_ADDRESSES: ledger.address };
  const attendance = await run('attendance', peers);
  const billing = await run('billing', {
    ...peers,
    ATTENDANCE_ADDRESS: attendance.address,
    PAGOPA_PORT: String(await freePort()),
    CHECKOUT_CARTS_URL: 'http://127.0.0.1:9/carts',
    CHECKOUT_KEY: 'nobody-asks-it-here',
    ...{ ACA_URL: 'http://127.0.0.1:9', ACA_KEY: 'none', GPD_URL: 'http://127.0.0.1:9', GPD_KEY: 'none' },
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
  report('a month of presences; documents, files and top-ups for each family …');
  const municipalityId = MUNICIPALITY;
  const month = await fillPresences(databases.attendance);
  await fillEdits(databases.anagrafica);
  const urls = { anagrafica: anagrafica.url, ledger: ledger.url, attendance: attendance.url, billing: billing.url };
  const families = await familiesOf(databases.anagrafica);
  await issueDocuments(billing.address, families);
  const agent = new Agent({ connections: AT_ONCE });
  atEnd.push(() => agent.close());
  await fileDocuments(agent, urls, identity, families);
  await orderTopUps(agent, urls, identity, families);
  await pay(databases.billing, families);
  await setOnServer(postgres.url, 'alter system reset synchronous_commit');
  for (const pool of Object.values(databases)) await pool.query('vacuum analyze');
  return {
    ...{ urls, databaseUrls, databases, identity, municipalityId, families, month },
    output: () => parts.map((part) => part.output()).join('\n'),
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

async function setOnServer(serverUrl: string, setting: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(setting);
  await client.query('select pg_reload_conf()');
  await client.end();
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

/** As many edits as an office makes in some years. */
async function fillEdits(database: pg.Pool): Promise<void> {
  await database.query(`
    insert into record_edits (municipality_id, edit_id, edited_at, editor, source, record_kind, record_id, is_new, fields)
    select municipality_id, gen_random_uuid(), now(), gen_random_uuid(), 'office', 'pupil', pupil_id::text, n = 1, '{class_id}'
    from pupils, generate_series(1, 2) n`);
}

/** Does something for each family, so many at once. */
async function forEach(
  families: readonly Family[],
  work: (family: Family) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let family = families[next]; family !== undefined; family = families[next]) {
      next += 1;
      await work(family);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** A document with three instalments for the first pupil of each family, through billing's own door. */
async function issueDocuments(address: string, families: readonly Family[]): Promise<void> {
  const office = grpcClient(BillingOfficeServiceClient, [address]);
  try {
    await callUnary(office, 'putCreditor', CREDITOR, CALL);
    await callUnary(office, 'putTopUpRules', TOP_UP_RULES, CALL);
    await callUnary(office, 'putBillingRules', BILLING_RULES, CALL);
    await forEach(
      families,
      async ({ documentId, pupilId, instalmentId, paidInstalmentId, cartId }) => {
        const instalments = [paidInstalmentId, instalmentId, cartId].map((each, index) => ({
          ...{ instalmentId: each, amountCents: 1_500, dueOn: `2099-1${index}-15` },
        }));
        const document = {
          ...{ municipalityId: MUNICIPALITY, documentId, kind: DocumentKind.INVOICE, pupilId },
          ...{
            service: 'school_meals',
            description: 'Mensa scolastica',
            issuedOn: '2026-11-02',
            vat: Vat.FOUR_PERCENT,
          },
          ...{ chargedCents: 4_500, taxonomyCode: '9/TEST/', instalments },
        };
        await callUnary(office, 'issueDocument', document, CALL);
      },
      NOTICES_AT_ONCE,
    );
  } finally {
    office.close();
  }
}

/** Receipts of the first instalments and of the second top-ups, and carts with the last ones under the ids of these: written where they will be read. */
async function pay(database: pg.Pool, families: readonly Family[]): Promise<void> {
  const paid = families.flatMap((family) => [family.paidInstalmentId, family.paidOrderId]);
  await database.query(
    `with paid as (
       update positions set state = 'paid', state_changed_at = now() where subject_id = any($1::uuid[]) returning *
     ), receipt as (
       insert into receipts (municipality_id, receipt_id, notice_number, position_id, paid_cents, paid_at, psp_name, handling,
                             message_sealed, received_at)
       select municipality_id, 'ricevuta-' || notice_number, notice_number, position_id, amount_cents, now(), 'Banca di Prova',
              'settled', '', now() from paid
     )
     update instalments set state = 'paid', paid_at = now(), receipt_id = 'ricevuta-' || notice_number
     from paid where instalment_id = subject_id`,
    [paid],
  );
  await database.query(
    `update positions set cart_id = subject_id, cart_until = now() + interval '1 day' where subject_id = any($1::uuid[])`,
    [families.map(({ cartId }) => cartId)],
  );
}

type Urls = ReadPlatform['urls'];

/** A file for the first pupil of each family, as the office files it. */
async function fileDocuments(agent: Agent, urls: Urls, identity: TestIdentity, families: readonly Family[]) {
  const municipalityId = numberId<MunicipalityId>(MUNICIPALITY);
  const body = pdfOf(FILE_BYTES);
  const query = new URLSearchParams({ kind: 'form', title: 'Modulo di iscrizione', fileName: 'modulo.pdf' });
  await forEach(families, async ({ pupilId, documentId }) => {
    const token = await identity.tokenFor({ municipalityId, role: 'office' });
    await send(agent, `${urls.anagrafica}/api/anagrafica/office/pupils/${pupilId}/documents/${documentId}?${query}`, {
      ...{ method: 'PUT', token, contentType: 'application/pdf', body },
    });
  });
}

/** Two top-ups for each family that has a prepaid account: one waits for its payment. */
async function orderTopUps(agent: Agent, urls: Urls, identity: TestIdentity, families: readonly Family[]) {
  const municipalityId = numberId<MunicipalityId>(MUNICIPALITY);
  await forEach(
    families,
    async ({ prepaidPupilId, badgeNumber, ...orders }) => {
      if (prepaidPupilId === null) return;
      const token = await identity.tokenFor({ municipalityId, pupilIds: [id<PupilId>(prepaidPupilId)] });
      for (const orderId of [orders.orderId, orders.paidOrderId]) {
        const order = { orderId, pupilId: prepaidPupilId, service: 'school_meals', badgeNumber, amountCents: 2_000 };
        await send(agent, `${urls.billing}/api/billing/top-ups`, {
          ...{ method: 'POST', token, contentType: 'application/json', body: JSON.stringify(order) },
        });
      }
    },
    NOTICES_AT_ONCE,
  );
}

async function send(
  agent: Agent,
  url: string,
  what: {
    readonly method: 'PUT' | 'POST';
    readonly token: string;
    readonly contentType: string;
    readonly body: string | Buffer;
  },
): Promise<void> {
  const { statusCode, body } = await request(url, {
    ...{ dispatcher: agent, method: what.method, body: what.body },
    headers: { authorization: `Bearer ${what.token}`, 'content-type': what.contentType },
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text}`);
}

const BILLING_RULES = {
  ...{ municipalityId: MUNICIPALITY, service: 'school_meals', label: 'Mensa scolastica', kind: DocumentKind.INVOICE },
  ...{ vat: Vat.FOUR_PERCENT, series: '', taxonomyCode: '9/TEST/', instalmentCount: 1, instalmentLeastCents: 0 },
  ...{ dueDays: 30, daysApart: 30 },
};

const CREDITOR = {
  ...{ municipalityId: MUNICIPALITY, fiscalCode: '01234567897', companyName: 'Comune di Prova' },
  ...{ officeName: 'Ufficio scuola', brokerId: '15376371009', stationId: '15376371009_01', segregationCode: '47' },
  ...{ iban: 'IT60X0542811101000000123456', postalIban: '', cbillCode: 'AB123' },
  portalUrl: 'https://servizi.comune.esempio.example',
  ...{ refusesLatePayments: false, positionsAt: PositionKeeper.ACA },
};
const TOP_UP_RULES = {
  ...{ municipalityId: MUNICIPALITY, service: 'school_meals', label: 'refezione scolastica', minimumCents: 500 },
  ...{ maximumCents: 20_000, stepCents: 100, taxonomyCode: '9/0101002IM/', pendingDays: 30 },
};

async function familiesOf(pool: pg.Pool): Promise<readonly Family[]> {
  const { rows } = await pool.query<{
    pupil_ids: readonly string[];
    prepaid_pupil_id: string | null;
    school_id: string;
    household_id: string;
    badge_number: string;
    codice_fiscale: string;
  }>(`
    select pupil_ids, prepaid_pupil_id, school_id, household_id, badge_number, codice_fiscale
    from (select array_agg(distinct pupil_id::text) as pupil_ids,
                 min(pupil_id::text) filter (where payment_mode = 'prepaid' and service = 'school_meals') as prepaid_pupil_id
          from enrolments where municipality_id = ${MUNICIPALITY} group by guardian_id) families
      join pupils on pupils.municipality_id = ${MUNICIPALITY} and pupils.pupil_id = pupil_ids[1]::uuid
      join classes on classes.municipality_id = pupils.municipality_id and classes.class_id = pupils.class_id
      join household_pupils on household_pupils.municipality_id = pupils.municipality_id and household_pupils.pupil_id = pupils.pupil_id
      cross join lateral (select badge_number from badges
        where badges.municipality_id = pupils.municipality_id and badges.pupil_id = pupils.pupil_id and not blocked limit 1) badge`);
  return rows.map((row) => ({
    ...{ pupilIds: row.pupil_ids, pupilId: row.pupil_ids[0] ?? '', prepaidPupilId: row.prepaid_pupil_id },
    ...{
      schoolId: row.school_id,
      householdId: row.household_id,
      badgeNumber: row.badge_number,
      codiceFiscale: row.codice_fiscale,
    },
    ...{ documentId: randomUUID(), orderId: randomUUID(), paidOrderId: randomUUID(), cartId: randomUUID() },
    ...{ instalmentId: randomUUID(), paidInstalmentId: randomUUID() },
  }));
}
