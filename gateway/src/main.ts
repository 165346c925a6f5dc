import {
  createHttpApp,
  createLogger,
  httpServer,
  type Part,
  runMain,
  runService,
  turnByTurn,
} from '@campanella/service-kit';
import { municipalityFacts } from './app/municipality-facts.ts';
import { tokenCache } from './app/token-cache.ts';
import { type Config, config } from './config.ts';
import { cookieJar } from './domain/cookies.ts';
import { identityClient } from './grpc/identity-client.ts';
import { municipalityClient } from './grpc/municipality-client.ts';
import { cnsListener } from './http/cns-listener.ts';
import { gatewayRoutes } from './http/gateway-app.ts';
import type { GatewayDeps } from './http/gateway-deps.ts';
import { wireHeaders } from './http/guards.ts';
import { openRedis } from './store/redis.ts';
import { redisLimits } from './store/redis-limits.ts';
import { redisSessions } from './store/redis-sessions.ts';

const SERVICE = 'gateway';
const MINUTE_MS = 60_000;
const STOP_REST_MS = 1_000;
const SIGN_IN_WINDOW_MS = 5 * MINUTE_MS;

await runMain(async () => {
  const settings = config(process.env);
  const logger = createLogger({ service: SERVICE, level: settings.LOG_LEVEL });
  const redis = openRedis(settings.REDIS_URL, logger);
  const identity = identityClient(settings.IDENTITY_ADDRESS, logger);
  const anagrafica = municipalityClient(settings.ANAGRAFICA_ADDRESS);
  const now = () => new Date();
  const accessLogger = createLogger({ service: SERVICE, level: settings.LOG_LEVEL, destination: turnByTurn() });
  const app = createHttpApp({ logger, service: SERVICE, parseBody: false, accessLevel: 'info', accessLogger });
  app.set('trust proxy', settings.TRUSTED_PROXY_HOPS);
  const deps: GatewayDeps = {
    logger,
    now,
    scheme: settings.PUBLIC_SCHEME,
    municipalityHosts: settings.MUNICIPALITY_HOSTS,
    cookies: cookieJar(settings.PUBLIC_SCHEME === 'https'),
    sessions: redisSessions(redis.redis),
    tokens: tokenCache({
      now,
      issue: identity.issueToken,
      onStale: (error) => logger.warn({ err: error }, 'identity did not issue a token; the last one is used on'),
    }),
    signIn: identity,
    signInMethods: municipalityFacts({ now, read: identity.methods, freshMs: MINUTE_MS }),
    municipalityFacts: municipalityFacts({ now, read: anagrafica.read, freshMs: 5 * MINUTE_MS }),
    signInLimit: {
      requests: settings.SIGN_IN_LIMIT,
      windowMs: SIGN_IN_WINDOW_MS,
      store: redisLimits(redis.redis, 'sign-in', SIGN_IN_WINDOW_MS),
    },
    companyLimit: {
      requests: settings.COMPANY_SIGN_IN_LIMIT,
      windowMs: SIGN_IN_WINDOW_MS,
      store: redisLimits(redis.redis, 'company-sign-in', SIGN_IN_WINDOW_MS),
    },
    apiLimit: {
      requests: settings.API_LIMIT,
      windowMs: MINUTE_MS,
      store: redisLimits(redis.redis, 'api', MINUTE_MS),
    },
    personLimit: {
      requests: settings.PERSON_LIMIT,
      windowMs: MINUTE_MS,
      store: redisLimits(redis.redis, 'person', MINUTE_MS),
    },
    upstreams: [
      { name: 'anagrafica', baseUrl: settings.ANAGRAFICA_HTTP_URL },
      { name: 'ledger', baseUrl: settings.LEDGER_HTTP_URL },
      { name: 'attendance', baseUrl: settings.ATTENDANCE_HTTP_URL },
      { name: 'billing', baseUrl: settings.BILLING_HTTP_URL },
    ].map((upstream) => ({ ...upstream, ...deadlinesOf(settings, upstream.name) })),
    identityHttpUrl: settings.IDENTITY_HTTP_URL,
    portalDir: settings.PORTAL_DIR,
  };
  gatewayRoutes(app, deps);
  const clients = {
    name: 'grpc clients',
    start: async () => undefined,
    stop: async () => {
      identity.close();
      anagrafica.close();
    },
  };
  // The rest of the time is for what stops after the servers.
  const drainMs = Math.max(settings.STOP_WITHIN_MS - STOP_REST_MS, settings.STOP_WITHIN_MS / 2);
  const server = httpServer({
    ...{ app, logger, host: settings.LISTEN_HOST, port: settings.PORT, portName: 'PORT' },
    headersWithinMs: settings.HEADERS_WITHIN_MS,
    requestWithinMs: settings.REQUEST_WITHIN_MS,
    connectionsMax: settings.CONNECTIONS_MAX,
    ...(settings.TRUSTED_PROXY_HOPS === 0 ? { connectionsPerAddressMax: settings.CONNECTIONS_PER_ADDRESS_MAX } : {}),
    drainMs,
    wireHeaders: wireHeaders(settings.PUBLIC_SCHEME),
  });
  await runService({
    logger,
    service: SERVICE,
    stopWithinMs: settings.STOP_WITHIN_MS,
    opsPort: settings.OPS_PORT,
    listenHost: settings.LISTEN_HOST,
    parts: [redis, clients, ...cardListener(settings, deps, drainMs), server],
  });
});

/** The listener for cards where one is configured; `config.ts` saw to its files. */
function cardListener(settings: Config, deps: GatewayDeps, drainMs: number): Part[] {
  const { CNS_PORT: port, LISTEN_HOST: host } = settings;
  if (port === undefined) return [];
  const files = {
    certificate: settings.CNS_TLS_CERT_FILE ?? '',
    key: settings.CNS_TLS_KEY_FILE ?? '',
    authorities: settings.CNS_CA_FILE ?? '',
    revocations: settings.CNS_CRL_FILE ?? '',
  };
  return [cnsListener({ host, port, service: SERVICE, files, drainMs, deps })];
}

function deadlinesOf(settings: Config, upstream: string) {
  const own = settings.UPSTREAM_DEADLINES[upstream];
  return {
    readWithinMs: own?.readWithinMs ?? settings.UPSTREAM_READ_WITHIN_MS,
    writeWithinMs: own?.writeWithinMs ?? settings.UPSTREAM_WRITE_WITHIN_MS,
  };
}
