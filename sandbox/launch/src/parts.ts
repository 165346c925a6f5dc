import { join } from 'node:path';
import { ROOT } from './places.ts';
import type { DemoSummary } from './run-record.ts';
import type { Secrets } from './secrets.ts';

/** Kinds of port that a part may open. */
export type PortKind = 'grpc' | 'http' | 'ops' | 'screen' | 'control';

/** What the parts are told about each other and about the stores. */
export interface Platform {
  readonly folder: string;
  readonly gatewayPort: number;
  readonly secrets: Secrets;
  readonly databaseUrls: Readonly<Record<string, string>>;
  readonly redisUrl: string;
  readonly amqpUrl: string;
  port(part: string, kind: PortKind): number;
}

/** A part of the platform as a process: what it is told, and what must be ready before it starts. */
export interface Part {
  readonly name: string;
  readonly entry: string;
  readonly ports: readonly PortKind[];
  readonly needs: readonly string[];
  readonly arguments?: (platform: Platform) => readonly string[];
  readonly environment: (platform: Platform) => Readonly<Record<string, string>>;
  /** What is asked until it answers with 200; its /ready where not said. */
  readonly ready?: (platform: Platform) => { readonly url: string; readonly method: string };
}

const at = (platform: Platform, part: string, kind: PortKind) => `127.0.0.1:${platform.port(part, kind)}`;
const httpAt = (platform: Platform, part: string) => `http://${at(platform, part, 'http')}`;

/** The gateway as a browser reaches it. */
export const gatewayUrl = ({ gatewayPort }: Platform) => `http://127.0.0.1:${gatewayPort}`;

const hosts = ({ gatewayPort }: Platform) => [`127.0.0.1:${gatewayPort}`, `localhost:${gatewayPort}`];
const returnAddresses = (platform: Platform) => ({
  REDIRECT_URIS: hosts(platform).map((host) => `http://${host}/login/callback`).join(','),
  POST_LOGOUT_REDIRECT_URIS: hosts(platform).map((host) => `http://${host}/`).join(','),
});
const jwks = (platform: Platform) => ({ IDENTITY_JWKS_URL: `${httpAt(platform, 'identity')}/.well-known/jwks.json` });

function signInProviders(platform: Platform): string {
  const provider = (key: string, level: string) => ({
    key,
    issuer: httpAt(platform, 'identity-provider'),
    clientId: 'campanella',
    acrValues: [`https://www.spid.gov.it/${level}`],
  });
  return JSON.stringify([provider('spid', 'SpidL2'), provider('cie', 'SpidL3')]);
}

/** Sessions and limits keep out of the ledger's way, in a numbered database of their own. */
function sessionsUrl({ redisUrl }: Platform): string {
  const url = new URL(redisUrl);
  if (url.pathname === '' || url.pathname === '/') url.pathname = '/1';
  return url.href;
}

/** The platform but for its canteens, in the order in which parts stop from the last to the first. */
export const PARTS: readonly Part[] = [
  {
    name: 'ledger',
    entry: 'services/ledger/src/main.ts',
    ports: ['grpc', 'http', 'ops'],
    needs: [],
    environment: (platform) => ({ REDIS_URL: platform.redisUrl, AMQP_URL: platform.amqpUrl, ...jwks(platform) }),
  },
  {
    name: 'anagrafica',
    entry: 'services/anagrafica/src/main.ts',
    ports: ['grpc', 'http', 'ops'],
    needs: [],
    environment: (platform) => ({ AMQP_URL: platform.amqpUrl, FIELD_KEY: platform.secrets.fieldKey, ...jwks(platform) }),
  },
  {
    name: 'identity',
    entry: 'services/identity/src/main.ts',
    ports: ['grpc', 'http', 'ops'],
    needs: [],
    environment: (platform) => ({
      ANAGRAFICA_ADDRESS: at(platform, 'anagrafica', 'grpc'),
      FIELD_KEY: platform.secrets.fieldKey,
      PERSON_HASH_KEY: platform.secrets.personHashKey,
      SIGN_IN_PROVIDERS: signInProviders(platform),
      ALLOW_INSECURE_LOOPBACK_ISSUERS: 'true',
      ...returnAddresses(platform),
    }),
  },
  {
    name: 'identity-provider',
    entry: 'sandbox/identity-provider/src/main.ts',
    ports: ['http', 'ops'],
    needs: [],
    environment: (platform) => ({
      CLIENT_JWKS_URL: `${httpAt(platform, 'identity')}/.well-known/openid-client-jwks.json`,
      ...returnAddresses(platform),
    }),
  },
  {
    name: 'attendance',
    entry: 'services/attendance/src/main.ts',
    ports: ['grpc', 'http', 'ops'],
    needs: ['ledger', 'anagrafica'],
    environment: (platform) => ({
      AMQP_URL: platform.amqpUrl,
      ANAGRAFICA_ADDRESS: at(platform, 'anagrafica', 'grpc'),
      LEDGER_ADDRESSES: at(platform, 'ledger', 'grpc'),
      FIELD_KEY: platform.secrets.fieldKey,
      ...jwks(platform),
    }),
  },
  {
    name: 'gateway',
    entry: 'gateway/src/main.ts',
    ports: ['ops'],
    needs: ['identity'],
    environment: (platform) => ({
      PORT: String(platform.gatewayPort),
      PUBLIC_SCHEME: 'http',
      MUNICIPALITY_HOSTS: JSON.stringify(Object.fromEntries(hosts(platform).map((host) => [host, 1]))),
      REDIS_URL: sessionsUrl(platform),
      IDENTITY_ADDRESS: at(platform, 'identity', 'grpc'),
      ANAGRAFICA_ADDRESS: at(platform, 'anagrafica', 'grpc'),
      ANAGRAFICA_HTTP_URL: httpAt(platform, 'anagrafica'),
      LEDGER_HTTP_URL: httpAt(platform, 'ledger'),
      ATTENDANCE_HTTP_URL: httpAt(platform, 'attendance'),
      PORTAL_DIR: join(ROOT, 'portal', 'dist'),
    }),
  },
];

/** The name under which a canteen's agent finds its badge reader. */
export const serialDevice = (folder: string, number: number) => join(folder, `badge-reader-${number}`);

/** A canteen: its badge reader on a virtual serial port, and its agent. */
export function canteenParts(number: number, terminal: DemoSummary['terminals'][number]): readonly Part[] {
  const reader = `badge-reader-${number}`;
  const agent = `edge-agent-${number}`;
  return [
    {
      name: reader,
      entry: 'sandbox/badge-reader/src/main.ts',
      ports: ['control'],
      needs: [],
      arguments: (platform) => ['serve', '--link', serialDevice(platform.folder, number), '--control', String(platform.port(reader, 'control'))],
      environment: () => ({}),
      ready: (platform) => ({ url: `http://${at(platform, reader, 'control')}/state`, method: 'POST' }),
    },
    {
      name: agent,
      entry: 'edge-agent/src/main.ts',
      ports: ['ops', 'screen'],
      needs: [reader, 'attendance'],
      environment: (platform) => ({
        SERIAL_READERS: JSON.stringify([{ path: serialDevice(platform.folder, number) }]),
        TERMINAL_ID: terminal.terminalId,
        TERMINAL_KEY: terminal.key,
        MUNICIPALITY_ID: '1',
        SCHOOL_ID: terminal.schoolId,
        ATTENDANCE_ADDRESSES: at(platform, 'attendance', 'grpc'),
        DATA_FOLDER: join(platform.folder, 'data', agent),
        FIELD_KEY: platform.secrets.fieldKey,
        SCREEN_PORT: String(platform.port(agent, 'screen')),
      }),
    },
  ];
}

/** All that a part is told: what it needs of its own, its ports, and its database where it has one. */
export function environmentOf(part: Part, platform: Platform): Readonly<Record<string, string>> {
  const names: Partial<Record<PortKind, string>> = { grpc: 'GRPC_PORT', http: 'HTTP_PORT', ops: 'OPS_PORT' };
  const databaseUrl = platform.databaseUrls[part.name];
  return {
    ...Object.fromEntries(
      part.ports.flatMap((kind) => (names[kind] === undefined ? [] : [[names[kind], String(platform.port(part.name, kind))]])),
    ),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...part.environment(platform),
  };
}

/** Where a part is asked whether it is ready. */
export function readyAt(part: Part, platform: Platform): { readonly url: string; readonly method: string } {
  return part.ready?.(platform) ?? { url: `http://${at(platform, part.name, 'ops')}/ready`, method: 'GET' };
}
