import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { RegistryServiceClient } from '@campanella/proto/anagrafica/v1/registry';
import { OfficeServiceClient } from '@campanella/proto/attendance/v1/office';
import { callUnary, grpcClient } from '@campanella/service-kit';
import {
  type Borrowed,
  eventually,
  freePort,
  privateDatabase,
  privateVhost,
  type RunningPart,
  startProcess,
  type TestIdentity,
  testIdentity,
} from '@campanella/testkit';
import pg from 'pg';
import { type RunningLedger, runLedger } from './running-ledger.ts';
import { frame, KEY, MUNICIPALITIES, pupils, SCHOOLS, terminalOf } from './town.ts';

/** No test of this service files a document. */
const NO_DOCUMENTS = { DOCUMENT_STORE_URL: 'file:///nonexistent' };

/** One replica of attendance as a process. */
export interface Replica {
  readonly address: string;
  readonly httpUrl: string;
  readonly part: RunningPart;
}

/** Attendance with a real anagrafica, a real ledger and stores of its own. */
export interface RunningAttendance {
  readonly replicas: Replica[];
  readonly ledger: RunningLedger;
  readonly registry: RegistryServiceClient;
  readonly office: OfficeServiceClient;
  readonly identity: TestIdentity;
  /** Attendance's own database. */
  readonly database: pg.Client;
  readonly databaseUrl: string;
  startReplica(): Promise<Replica>;
  close(): Promise<void>;
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Starts everything and seeds two invented municipalities; attendance knows their directories when this resolves. */
export async function runAttendance(options: { replicas: number }): Promise<RunningAttendance> {
  const [own, registryDatabase, vhost, identity] = await Promise.all([
    privateDatabase({ migrations: path('../migrations') }),
    privateDatabase({ migrations: path('../../anagrafica/migrations') }),
    privateVhost(),
    testIdentity(),
  ]);
  const fieldKey = randomBytes(32).toString('base64');
  const shared = { AMQP_URL: vhost.url, IDENTITY_JWKS_URL: identity.jwksUrl, FIELD_KEY: fieldKey, LOG_LEVEL: 'debug' };
  const [ledger, anagrafica] = await Promise.all([
    runLedger({ amqpUrl: vhost.url, jwksUrl: identity.jwksUrl }),
    runPart(path('../../anagrafica/src/main.ts'), { ...shared, ...NO_DOCUMENTS, DATABASE_URL: registryDatabase.url }),
  ]);
  const startReplica = () =>
    runPart(path('../src/main.ts'), {
      ...shared,
      DATABASE_URL: own.url,
      ANAGRAFICA_ADDRESS: anagrafica.address,
      LEDGER_ADDRESSES: ledger.address,
      DIRECTORY_REFRESH_MS: '100',
      BOOKING_EVERY_MS: '100',
      STOP_WITHIN_MS: '4000',
    });
  const replicas = await Promise.all(Array.from({ length: options.replicas }, startReplica));
  const registry = grpcClient(RegistryServiceClient, [anagrafica.address]);
  const office = grpcClient(OfficeServiceClient, [replicas[0]?.address ?? '']);
  const database = new pg.Client({ connectionString: own.url });
  await database.connect();
  await seed(registry, office);
  await directoryKnown(database);
  return {
    replicas,
    ledger,
    registry,
    office,
    identity,
    database,
    databaseUrl: own.url,
    async startReplica() {
      const replica = await startReplica();
      replicas.push(replica);
      return replica;
    },
    async close() {
      registry.close();
      office.close();
      await database.end();
      for (const { part } of [...replicas, anagrafica]) await part.kill('SIGTERM');
      await ledger.close();
      await closeAll([own, registryDatabase, vhost, identity]);
    },
  };
}

async function closeAll(borrowed: readonly Pick<Borrowed, 'close'>[]): Promise<void> {
  for (const one of borrowed) await one.close();
}

async function runPart(entry: string, environment: Record<string, string>): Promise<Replica> {
  const [grpcPort, httpPort, opsPort] = [await freePort(), await freePort(), await freePort()];
  const ports = { GRPC_PORT: String(grpcPort), HTTP_PORT: String(httpPort), OPS_PORT: String(opsPort) };
  const readyUrl = `http://127.0.0.1:${opsPort}/ready`;
  const part = await startProcess({ entry, environment: { ...environment, ...ports }, readyUrl });
  return { address: `127.0.0.1:${grpcPort}`, httpUrl: `http://127.0.0.1:${httpPort}`, part };
}

async function seed(registry: RegistryServiceClient, office: OfficeServiceClient): Promise<void> {
  const deadline = { deadlineMs: 10_000 };
  for (const municipalityId of MUNICIPALITIES) {
    const answer = await callUnary(registry, 'put', { ...frame(municipalityId), ...pupils(municipalityId) }, deadline);
    if (!answer.stored) throw new Error(`the town was refused: ${JSON.stringify(answer.refusals)}`);
    for (const schoolId of SCHOOLS) {
      for (const till of [1, 2]) {
        const terminalId = terminalOf(municipalityId, schoolId, till);
        await callUnary(
          office,
          'registerTerminal',
          { municipalityId, terminalId, schoolId, name: `Cassa ${till}`, key: KEY },
          deadline,
        );
      }
    }
  }
}

async function directoryKnown(database: pg.Client): Promise<void> {
  const wanted = MUNICIPALITIES.length * (pupils(1).pupils?.length ?? 0);
  await eventually(
    async () => {
      const { rows } = await database.query(
        `select (select count(*) from directory_pupils)::int as pupils,
           (select count(*) from directory_schools)::int as schools`,
      );
      return rows[0].pupils === wanted && rows[0].schools > 0;
    },
    { withinMs: 15_000 },
  );
}
