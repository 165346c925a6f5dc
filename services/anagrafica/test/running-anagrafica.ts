import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  DirectoryServiceClient,
  GuardianServiceClient,
  MunicipalityServiceClient,
} from '@campanella/proto/anagrafica/v1/anagrafica';
import { type PupilInput, PutRequest, RegistryServiceClient } from '@campanella/proto/anagrafica/v1/registry';
import { grpcClient } from '@campanella/service-kit';
import { freePort, privateDatabase, privateVhost, startProcess, testIdentity } from '@campanella/testkit';

/** Anagrafica as processes on a database and a vhost of their own, with clients of it. */
export interface RunningAnagrafica {
  readonly databaseUrl: string;
  readonly amqpUrl: string;
  readonly httpUrl: string;
  readonly registry: RegistryServiceClient;
  readonly directory: DirectoryServiceClient;
  readonly guardians: GuardianServiceClient;
  readonly municipalities: MunicipalityServiceClient;
  readonly identity: Awaited<ReturnType<typeof testIdentity>>;
  /** What a command on its database needs in its environment. */
  readonly commandEnvironment: Readonly<Record<string, string>>;
  /** Everything that the processes wrote. */
  output(): string;
  close(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** Starts so many replicas of the service, with these settings over the usual ones; the clients go round them. */
export async function runAnagrafica(
  replicas = 1,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningAnagrafica> {
  const [database, vhost, identity] = await Promise.all([
    privateDatabase({ migrations: MIGRATIONS }),
    privateVhost(),
    testIdentity(),
  ]);
  const fieldKey = randomBytes(32).toString('base64');
  const documentFolder = await mkdtemp(join(tmpdir(), 'campanella-documents-'));
  const commandEnvironment = {
    DATABASE_URL: database.url,
    FIELD_KEY: fieldKey,
    DOCUMENT_STORE_URL: pathToFileURL(documentFolder).href,
  };
  const started = await Promise.all(
    Array.from({ length: replicas }, async () => {
      const [grpcPort, httpPort, opsPort] = [await freePort(), await freePort(), await freePort()];
      const running = await startProcess({
        entry: ENTRY,
        environment: {
          AMQP_URL: vhost.url,
          IDENTITY_JWKS_URL: identity.jwksUrl,
          ...commandEnvironment,
          GRPC_PORT: String(grpcPort),
          HTTP_PORT: String(httpPort),
          OPS_PORT: String(opsPort),
          LOG_LEVEL: 'debug',
          ...environment,
        },
        readyUrl: `http://127.0.0.1:${opsPort}/ready`,
      });
      return { running, grpcAddress: `127.0.0.1:${grpcPort}`, httpUrl: `http://127.0.0.1:${httpPort}` };
    }),
  );
  const addresses = started.map((one) => one.grpcAddress);
  const registry = grpcClient(RegistryServiceClient, addresses);
  const directory = grpcClient(DirectoryServiceClient, addresses);
  const guardians = grpcClient(GuardianServiceClient, addresses);
  const municipalities = grpcClient(MunicipalityServiceClient, addresses);
  return {
    databaseUrl: database.url,
    amqpUrl: vhost.url,
    httpUrl: started[0]?.httpUrl ?? '',
    registry,
    directory,
    guardians,
    municipalities,
    identity,
    commandEnvironment,
    output: () => started.map(({ running }) => running.output()).join('\n'),
    async close() {
      for (const client of [registry, directory, guardians, municipalities]) client.close();
      for (const { running } of started) {
        await running.kill('SIGTERM');
      }
      await rm(documentFolder, { recursive: true });
      await Promise.all([database.close(), vhost.close(), identity.close()]);
    },
  };
}

/** A UUID for a small number, readable in a failing test. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export const SCHOOL = uuid(1);
export const YEAR = uuid(2);
export const CLASS = uuid(3);
export const TARIFF = uuid(4);
export const GUARDIAN = uuid(5);

/** Codici fiscali of invented people, one for each number below 10,000. */
export function codiceFiscale(number: number): string {
  const digits = String(number).padStart(4, '0');
  const body = `PRVZFR${digits.slice(2)}S01M9${digits.slice(0, 2)}`;
  return body + controlCharacter(body);
}

// Computed here by trial against nothing of the service's own: the table of D.M. 23 December 1976.
const ODD = '1 0 5 7 9 13 15 17 19 21 1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23'
  .split(' ')
  .map(Number);

function controlCharacter(body: string): string {
  const places = [...body].map((character) => '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(character));
  const sum = places.reduce((total, place, index) => {
    return total + (index % 2 === 0 ? (ODD[place] ?? 0) : place < 10 ? place : place - 10);
  }, 0);
  return String.fromCharCode(65 + (sum % 26));
}

/** A municipality with one of each record but pupils. */
export function frame(municipalityId: number): PutRequest {
  return PutRequest.create({
    municipalityId,
    municipality: {
      name: `Comune ${municipalityId}`,
      websiteUrl: 'https://www.comune.esempio.example/',
      officeContact: 'ufficio.scuola@comune.esempio.example',
    },
    schools: [{ schoolId: SCHOOL, name: 'Il Girasole' }],
    schoolYears: [{ schoolYearId: YEAR, name: '2026/2027', validFrom: '2026-09-01', validUntil: '2027-08-31' }],
    classes: [{ classId: CLASS, schoolId: SCHOOL, schoolYearId: YEAR, name: '1A' }],
    services: [{ service: 'school_meals', name: 'Refezione scolastica' }],
    tariffs: [
      {
        tariffId: TARIFF,
        service: 'school_meals',
        name: 'Intera',
        prices: [{ priceCents: 520, validFrom: '2026-09-01', validUntil: '' }],
      },
    ],
    guardians: [{ guardianId: GUARDIAN, givenName: 'Zefiro', familyName: 'Prova', codiceFiscale: codiceFiscale(1) }],
  });
}

/** A pupil with an enrolment paid by {@link GUARDIAN} and a badge; ids follow from the number. */
export function pupil(
  municipalityId: number,
  number: number,
  changes: Partial<Pick<PupilInput, 'givenName' | 'dietCode' | 'birth' | 'residence'>> = {},
): PutRequest {
  return PutRequest.create({
    municipalityId,
    pupils: [
      {
        pupilId: uuid(1_000 + number),
        givenName: 'Nuvola',
        familyName: 'Segnaposto',
        codiceFiscale: codiceFiscale(1_000 + number),
        classId: CLASS,
        closed: false,
        ...changes,
      },
    ],
    enrolments: [
      {
        enrolmentId: uuid(2_000 + number),
        pupilId: uuid(1_000 + number),
        service: 'school_meals',
        schoolYearId: YEAR,
        guardianId: GUARDIAN,
        tariffId: TARIFF,
        paymentMode: 1,
        overdraftCents: 1_000,
        validFrom: '2026-09-01',
        validUntil: '2027-08-31',
      },
    ],
    badges: [
      {
        badgeId: uuid(3_000 + number),
        pupilId: uuid(1_000 + number),
        badgeNumber: `0A${String(number).padStart(8, '0')}`,
        blocked: false,
        validFrom: '2026-09-01',
        validUntil: '',
        replacesBadgeId: '',
      },
    ],
  });
}
