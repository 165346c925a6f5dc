import { openFieldCipher } from '@campanella/field-encryption';
import { openDatabase } from '@campanella/postgres';
import { IdentityServiceService } from '@campanella/proto/identity/v1/identity';
import {
  createHttpApp,
  createLogger,
  finishHttpApp,
  grpcServer,
  httpServer,
  runMain,
  runService,
} from '@campanella/service-kit';
import { beginSignIn } from './app/begin-sign-in.ts';
import { completeSignIn } from './app/complete-sign-in.ts';
import { endSignIn } from './app/end-sign-in.ts';
import { issueToken } from './app/issue-token.ts';
import { openKeyRing } from './app/key-ring.ts';
import { purgeSignIns } from './app/purge-sign-ins.ts';
import { repeating } from './chores.ts';
import { config, providerProfiles } from './config.ts';
import { guardianClient } from './grpc/guardian-client.ts';
import { identityServer } from './grpc/identity-server.ts';
import { keyRoutes } from './http/key-routes.ts';
import { makeSigningKey, tokenSigner } from './keys/json-web-keys.ts';
import { openidProviders } from './oidc/openid-providers.ts';
import { keyStore } from './store/key-store.ts';
import { personStore } from './store/person-store.ts';
import { signInStore } from './store/sign-in-store.ts';

const SERVICE = 'identity';
const MINUTE_MS = 60_000;

await runMain(async () => {
  const settings = config(process.env);
  const logger = createLogger({ service: SERVICE, level: settings.LOG_LEVEL });
  const database = openDatabase({ url: settings.DATABASE_URL, applicationName: SERVICE }, logger);
  const cipher = openFieldCipher(settings.FIELD_KEY);
  const clock = { now: () => new Date() };
  const transaction = database.transaction.bind(database);
  const keys = openKeyRing({ transaction, keys: keyStore(cipher), makeKey: makeSigningKey, clock });
  const guardians = guardianClient(settings.ANAGRAFICA_ADDRESS, settings.ANAGRAFICA_TIMEOUT_MS);
  const deps = {
    transaction,
    clock,
    guardians,
    signIns: signInStore(cipher),
    persons: personStore(cipher, Buffer.from(settings.PERSON_HASH_KEY, 'base64')),
    profiles: providerProfiles(settings),
    redirectUris: settings.REDIRECT_URIS,
    postLogoutRedirectUris: settings.POST_LOGOUT_REDIRECT_URIS,
    tokens: tokenSigner(keys),
    providers: openidProviders({
      keys,
      logger,
      timeoutMs: settings.PROVIDER_TIMEOUT_MS,
      discoveryKeptMs: settings.DISCOVERY_KEPT_MS,
      allowInsecureLoopback: settings.ALLOW_INSECURE_LOOPBACK_ISSUERS,
    }),
  };
  const operations = identityServer(
    {
      beginSignIn: (command) => beginSignIn(deps, command),
      completeSignIn: (command) => completeSignIn(deps, command),
      issueToken: (command) => issueToken(deps, command),
      endSignIn: (command) => endSignIn(deps, command),
    },
    logger,
  );
  const app = createHttpApp({ logger, service: SERVICE });
  keyRoutes(app, keys);
  finishHttpApp(app);
  const host = settings.LISTEN_HOST;
  await runService({
    logger,
    service: SERVICE,
    stopWithinMs: settings.STOP_WITHIN_MS,
    opsPort: settings.OPS_PORT,
    listenHost: host,
    parts: [
      database,
      { name: 'anagrafica client', start: async () => undefined, stop: async () => guardians.close() },
      repeating({ name: 'keys', everyMs: MINUTE_MS, run: () => keys.refresh() }, logger),
      repeating({ name: 'purge', everyMs: MINUTE_MS, run: () => purgeSignIns(deps) }, logger),
      httpServer({ host, port: settings.HTTP_PORT, app, logger }),
      grpcServer({
        host,
        port: settings.GRPC_PORT,
        logger,
        services: [{ definition: IdentityServiceService, implementation: operations }],
      }),
    ],
  });
});
