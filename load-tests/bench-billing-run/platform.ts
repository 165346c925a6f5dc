import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { PaymentMode } from '@campanella/proto/anagrafica/v1/anagrafica';
import { PutRequest, RegistryServiceClient } from '@campanella/proto/anagrafica/v1/registry';
import { BillingOfficeServiceClient, DocumentKind, Vat } from '@campanella/proto/billing/v1/office';
import { callUnary, grpcClient } from '@campanella/service-kit';
import { freePort, privatePostgres, privateRabbit, startProcess, testIdentity } from '@campanella/testkit';
import { addDays, codiceFiscaleControl, id, type PersonId, serviceDate, serviceDateAt } from '@campanella/vocabulary';
import pg from 'pg';

/** What one run took. */
export interface MeasuredRun {
  readonly documents: number;
  readonly previewPerSecond: number;
  readonly issuePerSecond: number;
  readonly peakMb: number;
}

/** Billing with what it asks, and a month of invoiced meals. */
export interface BillingPlatform {
  /** What billing's process holds now. */
  residentMb(): Promise<number>;
  /** Issues documents one after the other. @returns how many a second */
  issueOneByOne(count: number): Promise<number>;
  /** Prepares the month, has it confirmed by somebody else, and waits for its end. */
  bill(report: (line: string) => void): Promise<MeasuredRun>;
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NAMES = ['anagrafica', 'attendance', 'billing'] as const;
const [SCHOOL, YEAR, CLASS, TARIFF, GUARDIAN] = [1, 2, 3, 4, 5].map(uuid) as [string, string, string, string, string];
const PUPILS_PER_CALL = 2_500;
const ASK_EVERY_MS = 250;
const CALL = { deadlineMs: 60_000 };
const TODAY = serviceDateAt(new Date());
/** The month before this one: runs bill months that are over. */
const MONTH = addDays(serviceDate(`${TODAY.slice(0, 7)}-01`), -1).slice(0, 7);

/** Starts it and fills it: so many pupils with so many meals each. */
export async function startBillingPlatform(
  pupils: number,
  mealsPerPupil: number,
  report: (line: string) => void,
): Promise<BillingPlatform> {
  const atEnd: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of atEnd.splice(0).reverse()) await end().catch(() => undefined);
  };
  try {
    return { ...(await start(pupils, mealsPerPupil, report, atEnd)), close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function start(
  pupils: number,
  mealsPerPupil: number,
  report: (line: string) => void,
  atEnd: (() => Promise<unknown>)[],
): Promise<Omit<BillingPlatform, 'close'>> {
  const folder = mkdtempSync(join(tmpdir(), 'campanella-billing-'));
  atEnd.push(async () => rmSync(folder, { recursive: true, force: true }));
  const [postgres, rabbit, identity] = await Promise.all([privatePostgres(), privateRabbit(), testIdentity()]);
  for (const one of [postgres, rabbit, identity]) atEnd.push(() => one.close());
  const databaseUrls = await createDatabases(postgres.url);
  const run = async (name: (typeof NAMES)[number], environment: Readonly<Record<string, string>>) => {
    const [grpc, http, ops] = [await freePort(), await freePort(), await freePort()];
    const part = await startProcess({
      entry: join(ROOT, `services/${name}/src/main.ts`),
      readyUrl: `http://127.0.0.1:${ops}/ready`,
      environment: {
        ...{ AMQP_URL: rabbit.url, FIELD_KEY: Buffer.alloc(32, 7).toString('base64'), LOG_LEVEL: 'warn' },
        ...{ IDENTITY_JWKS_URL: identity.jwksUrl, DATABASE_URL: databaseUrls[name] ?? '', ...environment },
        ...{ GRPC_PORT: String(grpc), HTTP_PORT: String(http), OPS_PORT: String(ops) },
      },
    });
    atEnd.push(() => part.kill('SIGTERM'));
    return { address: `127.0.0.1:${grpc}`, url: `http://127.0.0.1:${http}`, opsUrl: `http://127.0.0.1:${ops}` };
  };
  // No money moves in a billing run: nobody answers for the ledger.
  const nobody = `127.0.0.1:${await freePort()}`;
  const anagrafica = await run('anagrafica', { DOCUMENT_STORE_URL: pathToFileURL(folder).href });
  const peers = { ANAGRAFICA_ADDRESS: anagrafica.address, LEDGER_ADDRESSES: nobody };
  const attendance = await run('attendance', peers);
  const billing = await run('billing', {
    ...{ ...peers, ATTENDANCE_ADDRESS: attendance.address, PAGOPA_PORT: String(await freePort()) },
    ...{ CHECKOUT_CARTS_URL: 'http://127.0.0.1:9/carts', CHECKOUT_KEY: 'nobody-asks-it-here', RUN_EVERY_MS: '100' },
  });
  report(`${pupils} pupils …`);
  await fillRegistry(anagrafica.address, pupils);
  report(`${mealsPerPupil} meals each …`);
  await fillPresences(databaseUrls.attendance ?? '', pupils, mealsPerPupil);
  const office = grpcClient(BillingOfficeServiceClient, [billing.address]);
  atEnd.push(async () => office.close());
  await callUnary(office, 'putCreditor', CREDITOR, CALL);
  await callUnary(office, 'putBillingRules', RULES, CALL);
  const residentMb = async () => {
    const metrics = await (await fetch(`${billing.opsUrl}/metrics`)).text();
    return Number(/^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)$/m.exec(metrics)?.[1]) / 1_048_576;
  };
  const clerk = async () => {
    const personId = id<PersonId>(randomUUID());
    const token = await identity.tokenFor({ personId, role: 'office', pupilIds: [] });
    return async (method: string, path: string, body?: object) => {
      const response = await fetch(`${billing.url}/api/billing/office/runs${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return JSON.parse(await response.text());
    };
  };
  return {
    residentMb,
    async issueOneByOne(count) {
      const startedAt = performance.now();
      for (let number = 0; number < count; number += 1) {
        await callUnary(office, 'issueDocument', { ...documentOf(number) }, CALL);
      }
      return (1_000 * count) / (performance.now() - startedAt);
    },
    async bill(tell) {
      // A token lives five minutes: a new clerk is one with a new token.
      const runId = randomUUID();
      let peakMb = 0;
      const until = async (state: string) => {
        const startedAt = performance.now();
        for (let asked = 0; ; asked += 1) {
          const found = await (await clerk())('GET', `/${runId}`);
          peakMb = Math.max(peakMb, await residentMb());
          if (found.state === state) return { found, seconds: (performance.now() - startedAt) / 1_000 };
          if (asked % 40 === 0)
            tell(`${found.state}: ${JSON.stringify(found[state === 'done' ? 'report' : 'preview'].totals)}`);
          await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
        }
      };
      const asked = { kind: 'billing', runId, service: 'school_meals', month: MONTH, issuedOn: TODAY };
      await (await clerk())('POST', '', asked);
      const preview = await until('prepared');
      await (await clerk())('POST', `/${runId}/confirmation`);
      const issue = await until('done');
      return {
        documents: issue.found.report.totals.documents,
        previewPerSecond: pupils / preview.seconds,
        issuePerSecond: pupils / issue.seconds,
        peakMb,
      };
    },
  };
}

async function createDatabases(serverUrl: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  for (const name of NAMES) await client.query(`create database ${name}`);
  await client.end();
  const urls = Object.fromEntries(
    NAMES.map((name) => [name, Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href]),
  );
  for (const name of NAMES) {
    await promisify(execFile)(process.execPath, ['--no-warnings', join(ROOT, `services/${name}/src/migrate.ts`)], {
      env: { ...process.env, DATABASE_URL: urls[name] },
    });
  }
  return urls;
}

/** A UUID of a small number; pupils are from 1,000,000 on. */
function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

const pupilOf = (number: number) => uuid(1_000_000 + number);

function codiceFiscale(number: number): string {
  const body = `PRVZFR${String(Math.floor(number / 1_000)).padStart(2, '0')}S01Z${String(number % 1_000).padStart(3, '0')}`;
  return body + codiceFiscaleControl(body);
}

async function fillRegistry(address: string, pupils: number): Promise<void> {
  const registry = grpcClient(RegistryServiceClient, [address]);
  const [from, until] = ['2020-09-01', '2099-08-31'];
  const put = async (request: Parameters<typeof PutRequest.create>[0]) => {
    const stored = await callUnary(registry, 'put', PutRequest.create({ municipalityId: 1, ...request }), CALL);
    if (!stored.stored) throw new Error(`the town was refused: ${JSON.stringify(stored.refusals[0])}`);
  };
  await put({
    municipality: {
      ...{ name: 'Comune di Prova', websiteUrl: 'https://www.comune.esempio.example/' },
      officeContact: 'ufficio.scuola@comune.esempio.example',
    },
    schools: [{ schoolId: SCHOOL, name: 'Il Girasole' }],
    schoolYears: [{ schoolYearId: YEAR, name: '2020/2099', validFrom: from, validUntil: until }],
    classes: [{ classId: CLASS, schoolId: SCHOOL, schoolYearId: YEAR, name: '1A' }],
    services: [{ service: 'school_meals', name: 'Refezione scolastica' }],
    tariffs: [
      {
        ...{ tariffId: TARIFF, service: 'school_meals', name: 'Intera' },
        prices: [{ priceCents: 520, validFrom: from, validUntil: '' }],
      },
    ],
    guardians: [{ guardianId: GUARDIAN, givenName: 'Zefiro', familyName: 'Prova', codiceFiscale: codiceFiscale(0) }],
  });
  for (let first = 0; first < pupils; first += PUPILS_PER_CALL) {
    const numbers = Array.from({ length: Math.min(PUPILS_PER_CALL, pupils - first) }, (_, index) => first + index);
    await put({
      pupils: numbers.map((number) => ({
        ...{ pupilId: pupilOf(number), givenName: `Nuvola${number}`, familyName: 'Segnaposto' },
        ...{ codiceFiscale: codiceFiscale(number), classId: CLASS, dietCode: '', closed: false },
      })),
      enrolments: numbers.map((number) => ({
        ...{ enrolmentId: uuid(2_000_000 + number), pupilId: pupilOf(number), service: 'school_meals' },
        ...{ schoolYearId: YEAR, guardianId: GUARDIAN, tariffId: TARIFF, paymentMode: PaymentMode.INVOICED },
        ...{ overdraftCents: 0, validFrom: from, validUntil: until },
      })),
    });
  }
  registry.close();
}

/** History is written where it will be read: what is measured is the reading of it. */
async function fillPresences(databaseUrl: string, pupils: number, mealsPerPupil: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `insert into presences (municipality_id, pupil_id, service, service_date, swipe_id, terminal_id, school_id, badge_number,
       occurred_at, charge, amount_cents)
     select 1, ('00000000-0000-4000-8000-' || lpad((1000000 + pupil)::text, 12, '0'))::uuid, 'school_meals', $3::date + day,
       gen_random_uuid(), $4, $4, '0A00000000', now(), 'invoiced', 520
     from generate_series(0, $1::int - 1) pupil, generate_series(0, $2::int - 1) day`,
    [pupils, mealsPerPupil, `${MONTH}-01`, SCHOOL],
  );
  await client.query('vacuum analyze presences');
  await client.end();
}

function documentOf(number: number) {
  return {
    ...{ municipalityId: 1, documentId: randomUUID(), kind: DocumentKind.INVOICE, pupilId: pupilOf(number) },
    ...{ service: 'school_meals', description: 'Mensa scolastica', issuedOn: TODAY, vat: Vat.FOUR_PERCENT },
    ...{ chargedCents: 10_400, taxonomyCode: '9/TEST/' },
    instalments: [{ instalmentId: randomUUID(), amountCents: 10_400, dueOn: '2099-12-31' }],
  };
}

const CREDITOR = {
  ...{ municipalityId: 1, fiscalCode: '01234567897', companyName: 'Comune di Prova', officeName: 'Ufficio scuola' },
  ...{ brokerId: '15376371009', stationId: '15376371009_01', segregationCode: '47', cbillCode: 'AB123' },
  ...{ iban: 'IT60X0542811101000000123456', postalIban: '', portalUrl: 'https://servizi.comune.esempio.example' },
};
const RULES = {
  ...{ municipalityId: 1, service: 'school_meals', label: 'Mensa scolastica', kind: DocumentKind.INVOICE, series: 'M' },
  ...{ vat: Vat.FOUR_PERCENT, taxonomyCode: '9/TEST/', instalmentCount: 1, instalmentLeastCents: 0, dueDays: 30 },
  daysApart: 30,
};
