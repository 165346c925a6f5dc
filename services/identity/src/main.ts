import { openFieldCipher } from '@campanella/field-encryption';
import { openDatabase } from '@campanella/postgres';
import { IdentityServiceService } from '@campanella/proto/identity/v1/identity';
import {
  createHttpApp,
  createLogger,
  finishHttpApp,
  grpcServer,
  httpServer,
  type Logger,
  runMain,
  runService,
} from '@campanella/service-kit';
import { beginSignIn } from './app/begin-sign-in.ts';
import { completeSignIn } from './app/complete-sign-in.ts';
import { endAllSignIns, endSignIn } from './app/end-sign-in.ts';
import { issueToken } from './app/issue-token.ts';
import { openKeyRing } from './app/key-ring.ts';
import { listSignInMethods } from './app/list-sign-in-methods.ts';
import { presentCertificate } from './app/present-certificate.ts';
import { purgeSignIns } from './app/purge-sign-ins.ts';
import { signInCompany } from './app/sign-in-company.ts';
import { cardReader, readAuthorities } from './cards/card-reader.ts';
import { repeating } from './chores.ts';
import { type Config, config } from './config.ts';
import type { OpenidMethod } from './domain/sign-in-method.ts';
import { openRelyingParties } from './federation/relying-parties.ts';
import { openTrustChains } from './federation/trust-chains.ts';
import { guardianClient } from './grpc/guardian-client.ts';
import { identityServer } from './grpc/identity-server.ts';
import { federationRoutes } from './http/federation-routes.ts';
import { keyRoutes } from './http/key-routes.ts';
import { makeSigningKey, tokenSigner } from './keys/json-web-keys.ts';
import { openidProviders } from './oidc/openid-providers.ts';
import { openProviderDirectory } from './oidc/provider-directory.ts';
import { argon2Passwords } from './passwords/argon2-passwords.ts';
import { attemptStore, companyStore } from './store/company-store.ts';
import { keyStore } from './store/key-store.ts';
import { codeHash, personStore } from './store/person-store.ts';
import { signInStore } from './store/sign-in-store.ts';

const SERVICE = 'identity';
const MINUTE_MS = 60_000;
/** The directory and the superiors know by themselves what is due. */
const FEDERATION_EVERY_MS = 5_000;

await runMain(async () => {
  const settings = config(process.env);
  const logger = createLogger({ service: SERVICE, level: settings.LOG_LEVEL });
  const database = openDatabase({ url: settings.DATABASE_URL, applicationName: SERVICE }, logger);
  const cipher = openFieldCipher(settings.FIELD_KEY);
  const hash = codeHash(Buffer.from(settings.PERSON_HASH_KEY, 'base64'));
  const clock = { now: () => new Date() };
  const transaction = database.transaction.bind(database);
  const keys = openKeyRing({ transaction, keys: keyStore(cipher), makeKey: makeSigningKey, clock });
  const guardians = guardianClient(settings.ANAGRAFICA_ADDRESS, settings.ANAGRAFICA_TIMEOUT_MS);
  const conduct = {
    logger,
    now: clock.now,
    timeoutMs: settings.PROVIDER_TIMEOUT_MS,
    allowInsecureLoopback: settings.ALLOW_INSECURE_LOOPBACK_ISSUERS,
  };
  const methods = settings.SIGN_IN_PROVIDERS;
  warnOfUnpinnedAnchors(settings, logger);
  const chains = openTrustChains(conduct);
  const parties = openRelyingParties({ ...conduct, parties: settings.RELYING_PARTIES, keys, chains });
  const directory = openProviderDirectory({
    ...conduct,
    chains,
    methods: methods.filter(
      (method): method is OpenidMethod => method.kind !== 'certificate' && method.kind !== 'company',
    ),
    keptMs: settings.DISCOVERY_KEPT_MS,
  });
  const deps = {
    transaction,
    clock,
    guardians,
    methods,
    signIns: signInStore(cipher),
    persons: personStore(cipher, hash),
    companies: companyStore,
    attempts: attemptStore(hash),
    passwords: await argon2Passwords(),
    cards: cardReader(settings.CNS_CA_FILE === undefined ? [] : await readAuthorities(settings.CNS_CA_FILE)),
    redirectUris: settings.REDIRECT_URIS,
    postLogoutRedirectUris: settings.POST_LOGOUT_REDIRECT_URIS,
    tokens: tokenSigner(keys),
    providers: openidProviders({ ...conduct, directory, parties, keys }),
  };
  const operations = identityServer(
    {
      listSignInMethods: (municipalityId) => listSignInMethods(deps, municipalityId),
      beginSignIn: (command) => beginSignIn(deps, command),
      presentCertificate: (command) => presentCertificate(deps, command),
      completeSignIn: (command) => completeSignIn(deps, command),
      signInCompany: (command) => signInCompany(deps, command),
      issueToken: (command) => issueToken(deps, command),
      endSignIn: (command) => endSignIn(deps, command),
      endAllSignIns: (command) => endAllSignIns(deps, command),
    },
    logger,
  );
  const app = createHttpApp({ logger, service: SERVICE });
  keyRoutes(app, keys);
  federationRoutes(app, { parties, anchorOf: directory.anchorOf });
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
      // After the servers: a superior that is asked about us asks us in turn.
      repeating({ name: 'superiors', everyMs: FEDERATION_EVERY_MS, run: () => parties.refresh() }, logger),
      repeating({ name: 'providers', everyMs: FEDERATION_EVERY_MS, run: () => directory.refresh() }, logger),
    ],
  });
});

function warnOfUnpinnedAnchors(settings: Config, logger: Logger): void {
  for (const method of settings.SIGN_IN_PROVIDERS) {
    if (method.kind === 'certificate' || method.kind === 'company' || method.registration.kind === 'static') continue;
    if (method.registration.trustAnchorJwks !== null) continue;
    const { trustAnchor } = method.registration;
    logger.warn(
      { method: method.key, trustAnchor },
      'trustAnchorJwks is not set: the anchor is believed by its TLS alone',
    );
  }
}
