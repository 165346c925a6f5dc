import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { RegistryServiceClient } from '@campanella/proto/anagrafica/v1/registry';
import { BillingOfficeServiceClient } from '@campanella/proto/billing/v1/office';
import { AccountKind, LedgerServiceClient } from '@campanella/proto/ledger/v1/ledger';
import { callUnary, grpcClient } from '@campanella/service-kit';
import {
  freePort,
  privateDatabase,
  privateRedis,
  privateVhost,
  type RunningPart,
  startProcess,
  type TestIdentity,
  testIdentity,
} from '@campanella/testkit';
import pg from 'pg';
import { type CheckoutDesk, startCheckoutDesk } from './checkout-desk.ts';
import { CREDITOR, RULES, town } from './town.ts';

/** Who keeps positions is away, unless a test says where it is. */
const NO_KEEPERS = {
  ...{ ACA_URL: 'http://127.0.0.1:1', ACA_KEY: 'none', GPD_URL: 'http://127.0.0.1:1', GPD_KEY: 'none' },
  LOAD_EVERY_MS: '60000',
};

/** Billing with a real anagrafica and a real ledger, on stores of its own. */
export interface RunningBilling {
  readonly httpUrl: string;
  readonly nodeUrl: string;
  /** Anagrafica's HTTP API, for the fascicolo. */
  readonly registryUrl: string;
  readonly identity: TestIdentity;
  readonly office: BillingOfficeServiceClient;
  readonly checkout: CheckoutDesk;
  readonly amqpUrl: string;
  readonly registry: RegistryServiceClient;
  /** Billing's own database. */
  readonly database: pg.Client;
  /** Attendance's, for facts of past days. */
  readonly attendanceDatabase: pg.Client;
  readonly databaseUrl: string;
  /** What the office's command needs. */
  readonly commandEnvironment: Readonly<Record<string, string>>;
  /** What is on a pupil's account, as the ledger says. */
  balanceOf(pupilId: string): Promise<number>;
  /** The replica that runs from the start. */
  readonly first: RunningPart;
  /** Another replica. @param environment more for it */
  startReplica(environment?: Record<string, string>): Promise<{ httpUrl: string; nodeUrl: string; part: RunningPart }>;
  /** Ends the ledger as a power cut does, and starts it again where it was. */
  killLedger(): Promise<void>;
  /** What seals debtors and receipts. */
  readonly fieldKey: string;
  /** Everything that billing wrote. */
  output(): string;
  close(): Promise<void>;
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Starts everything, with the town known and the municipality a creditor. @param more environment of every replica of billing */
export async function runBilling(more: Readonly<Record<string, string>> = {}): Promise<RunningBilling> {
  const [own, attendanceStore, registryDatabase, ledgerDatabase, redis, vhost, identity, checkout] = await Promise.all([
    privateDatabase({ migrations: path('../migrations') }),
    privateDatabase({ migrations: path('../../attendance/migrations') }),
    privateDatabase({ migrations: path('../../anagrafica/migrations') }),
    privateDatabase({ migrations: path('../../ledger/migrations') }),
    privateRedis('--maxmemory-policy', 'noeviction'),
    privateVhost(),
    testIdentity(),
    startCheckoutDesk(),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'campanella-fascicolo-'));
  const documents = { DOCUMENT_STORE_URL: pathToFileURL(folder).href };
  const fieldKey = randomBytes(32).toString('base64');
  const shared = { AMQP_URL: vhost.url, IDENTITY_JWKS_URL: identity.jwksUrl, FIELD_KEY: fieldKey, LOG_LEVEL: 'debug' };
  const ledgerEnvironment = { ...shared, DATABASE_URL: ledgerDatabase.url, REDIS_URL: redis.url };
  const [anagrafica, ledger] = await Promise.all([
    runPart('../../anagrafica/src/main.ts', { ...shared, ...documents, DATABASE_URL: registryDatabase.url }),
    runPart('../../ledger/src/main.ts', ledgerEnvironment),
  ]);
  const addresses = { ANAGRAFICA_ADDRESS: anagrafica.address, LEDGER_ADDRESSES: ledger.address };
  const attendance = await runPart('../../attendance/src/main.ts', {
    ...{ ...shared, ...addresses, DATABASE_URL: attendanceStore.url },
  });
  let ledgerPart = ledger.part;
  const replicas: RunningPart[] = [];
  const startReplica = async (environment: Record<string, string> = {}) => {
    const pagopaPort = await freePort();
    const started = await runPart('../src/main.ts', {
      ...shared,
      DATABASE_URL: own.url,
      ...addresses,
      ATTENDANCE_ADDRESS: attendance.address,
      PAGOPA_PORT: String(pagopaPort),
      CHECKOUT_CARTS_URL: checkout.cartsUrl,
      CHECKOUT_KEY: checkout.key,
      ...NO_KEEPERS,
      CREDIT_EVERY_MS: '100',
      RUN_EVERY_MS: '100',
      RUN_CLAIM_MS: '2000',
      ...more,
      ...environment,
    });
    replicas.push(started.part);
    return { ...started, nodeUrl: `http://127.0.0.1:${pagopaPort}/pagopa/pa-for-node` };
  };
  const first = await startReplica();
  const registry = grpcClient(RegistryServiceClient, [anagrafica.address]);
  const office = grpcClient(BillingOfficeServiceClient, [first.address]);
  const ledgerClient = grpcClient(LedgerServiceClient, [ledger.address]);
  const database = new pg.Client({ connectionString: own.url });
  await database.connect();
  const attendanceDatabase = new pg.Client({ connectionString: attendanceStore.url });
  await attendanceDatabase.connect();
  const deadline = { deadlineMs: 10_000 };
  const stored = await callUnary(registry, 'put', town(), deadline);
  if (!stored.stored) throw new Error(`the town was refused: ${JSON.stringify(stored.refusals)}`);
  await callUnary(office, 'putCreditor', CREDITOR, deadline);
  await callUnary(office, 'putTopUpRules', RULES, deadline);
  return {
    httpUrl: first.httpUrl,
    nodeUrl: first.nodeUrl,
    registryUrl: anagrafica.httpUrl,
    ...{
      identity,
      office,
      checkout,
      registry,
      database,
      attendanceDatabase,
      startReplica,
      first: first.part,
      fieldKey,
    },
    async killLedger() {
      await ledgerPart.kill('SIGKILL');
      ledgerPart = (await runPart('../../ledger/src/main.ts', ledgerEnvironment, ledger.ports)).part;
    },
    amqpUrl: vhost.url,
    databaseUrl: own.url,
    commandEnvironment: { DATABASE_URL: own.url, FIELD_KEY: fieldKey },
    async balanceOf(pupilId) {
      const request = {
        ...{ municipalityId: 1, kind: AccountKind.HOUSEHOLD, ownerId: pupilId, service: 'school_meals' },
        overdraftCents: 1_000,
      };
      const { account } = await callUnary(ledgerClient, 'openAccount', request, deadline);
      return account?.balanceCents ?? 0;
    },
    output: () => replicas.map((part) => part.output()).join('\n'),
    async close() {
      for (const client of [registry, office, ledgerClient]) client.close();
      await Promise.all([database.end(), attendanceDatabase.end()]);
      for (const part of [...replicas, attendance.part, anagrafica.part, ledgerPart]) await part.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
      await Promise.all(
        [own, attendanceStore, registryDatabase, ledgerDatabase, redis, vhost, identity, checkout].map((one) =>
          one.close(),
        ),
      );
    },
  };
}

/** @param where the ports of an earlier start, to be found where it was */
async function runPart(entry: string, environment: Record<string, string>, where?: Record<string, string>) {
  const ports = where ?? {
    ...{ GRPC_PORT: String(await freePort()), HTTP_PORT: String(await freePort()), OPS_PORT: String(await freePort()) },
  };
  const { GRPC_PORT: grpcPort, HTTP_PORT: httpPort, OPS_PORT: opsPort } = ports;
  const readyUrl = `http://127.0.0.1:${opsPort}/ready`;
  const part = await startProcess({ entry: path(entry), environment: { ...environment, ...ports }, readyUrl });
  return { address: `127.0.0.1:${grpcPort}`, httpUrl: `http://127.0.0.1:${httpPort}`, ports, part };
}
