import { resolve } from 'node:path';
import { readConfig, serviceEnvironment } from '@campanella/service-kit';
import { z } from 'zod';

const HostMap = z.record(
  z.string().regex(/^[a-z0-9.:[\]-]+$/, 'must be a host in lower case, with its port if any'),
  z.int().positive(),
);

function parseJson(text: string, context: z.RefinementCtx, example: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: `must be JSON, e.g. ${example}` });
    return z.NEVER;
  }
}

const hostMap = z
  .string()
  .transform((text, context): unknown => parseJson(text, context, '{"servizi.comune.example":1}'))
  .pipe(HostMap)
  .transform((map) => new Map(Object.entries(map)));

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

const deadline = z.coerce.number().int().min(100).max(60_000);

const deadlines = z
  .string()
  .transform((text, context): unknown => parseJson(text, context, '{"ledger":{"readWithinMs":2000}}'))
  .pipe(
    z.record(z.string(), z.strictObject({ readWithinMs: deadline.optional(), writeWithinMs: deadline.optional() })),
  );

const file = z.string().min(1).optional();

const limit = z.coerce.number().int().min(1).max(1_000_000);

const CNS_FILES = ['CNS_TLS_CERT_FILE', 'CNS_TLS_KEY_FILE', 'CNS_CA_FILE', 'CNS_CRL_FILE'] as const;

/** What the gateway reads from its environment. */
export const Environment = z
  .object({
    LISTEN_HOST: serviceEnvironment.LISTEN_HOST,
    PORT: z.coerce
      .number()
      .int()
      .min(1)
      .max(65_535)
      .default(8080)
      .describe('Where browsers (or the TLS proxy before us) connect'),
    OPS_PORT: serviceEnvironment.OPS_PORT,
    LOG_LEVEL: serviceEnvironment.LOG_LEVEL,
    STOP_WITHIN_MS: serviceEnvironment.STOP_WITHIN_MS,
    PUBLIC_SCHEME: z
      .enum(['https', 'http'])
      .default('https')
      .describe('How browsers reach us; http is for loopback only, and gives up the __Host- cookies and HSTS'),
    TRUSTED_PROXY_HOPS: z.coerce
      .number()
      .int()
      .min(0)
      .max(10)
      .default(0)
      .describe('Proxies before us whose X-Forwarded-For is believed'),
    MUNICIPALITY_HOSTS: hostMap.describe('JSON map from host (with port if not the default) to municipality id'),
    REDIS_URL: z.url().describe('Redis of sessions and limits'),
    IDENTITY_ADDRESS: z.string().min(1).describe('gRPC address of identity, host:port'),
    ANAGRAFICA_ADDRESS: z.string().min(1).describe('gRPC address of anagrafica, host:port'),
    IDENTITY_HTTP_URL: z.url().describe("Base of identity's HTTP API, for what the federations read of us"),
    ANAGRAFICA_HTTP_URL: z.url().describe("Base of anagrafica's HTTP API"),
    LEDGER_HTTP_URL: z.url().describe("Base of the ledger's HTTP API"),
    ATTENDANCE_HTTP_URL: z.url().describe("Base of attendance's HTTP API"),
    BILLING_HTTP_URL: z.url().describe("Base of billing's HTTP API"),
    CNS_PORT: z.coerce
      .number()
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Where browsers with a card connect, by TLS to this very process; unset: no cards'),
    CNS_TLS_CERT_FILE: file.describe('PEM chain that the card listener shows'),
    CNS_TLS_KEY_FILE: file.describe('Its PEM key'),
    CNS_CA_FILE: file.describe('PEM of every authority whose cards are accepted, up to its root'),
    CNS_CRL_FILE: file.describe(
      'PEM of the revocation list of every one of these authorities; without a valid one its cards are refused',
    ),
    PORTAL_DIR: z
      .string()
      .min(1)
      .transform((path) => resolve(path))
      .describe("Folder of the portal's built files"),
    UPSTREAM_READ_WITHIN_MS: deadline
      .default(5_000)
      .describe('How long a service may take to answer a read, a second attempt included'),
    UPSTREAM_WRITE_WITHIN_MS: deadline.default(10_000).describe('How long a service may take to answer a change'),
    UPSTREAM_DEADLINES: deadlines
      .default({})
      .describe('JSON, other deadlines for single services: `{"ledger":{"readWithinMs":2000,"writeWithinMs":5000}}`'),
    HEADERS_WITHIN_MS: deadline
      .default(10_000)
      .describe('How long a browser may take to send the headers of a request'),
    REQUEST_WITHIN_MS: deadline.default(15_000).describe('How long it may take to send a whole request'),
    CONNECTIONS_MAX: limit.default(10_000).describe('Connections at once'),
    CONNECTIONS_PER_ADDRESS_MAX: limit
      .default(256)
      .describe('Connections at once from one address; not counted behind a proxy, which counts for itself'),
    SIGN_IN_LIMIT: limit.default(200).describe('Sign-in requests per address in 5 minutes'),
    COMPANY_SIGN_IN_LIMIT: limit.default(30).describe("Companies' attempts with a password per address in 5 minutes"),
    API_LIMIT: limit.default(1_200).describe('API requests per address in a minute'),
    PERSON_LIMIT: limit
      .default(600)
      .describe('API requests per signed-in person in a minute, from all addresses together'),
  })
  .superRefine((environment, context) => {
    if (environment.CNS_PORT === undefined) return;
    for (const name of CNS_FILES) {
      if (environment[name] !== undefined) continue;
      context.addIssue({ code: 'custom', path: [name], message: 'is needed with CNS_PORT' });
    }
  })
  .superRefine((environment, context) => {
    if (environment.PUBLIC_SCHEME === 'https') return;
    for (const host of environment.MUNICIPALITY_HOSTS.keys()) {
      if (LOOPBACK.test(host)) continue;
      context.addIssue({
        code: 'custom',
        path: ['PUBLIC_SCHEME'],
        message: `http is for loopback only, and ${host} is not: session cookies would cross the network in clear`,
      });
    }
  });

/** The configuration, complete and frozen. */
export type Config = Readonly<z.output<typeof Environment>>;

/** Reads the environment. @throws ConfigurationError naming every fault */
export function config(environment: NodeJS.ProcessEnv): Config {
  return readConfig(Environment, environment);
}
