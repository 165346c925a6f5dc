import { demoCitizens } from '@campanella/sandbox-demo-town/citizens';
import { createLogger, httpServer, runMain, runService } from '@campanella/service-kit';
import { identityProviderApp } from './app.ts';
import { config } from './config.ts';
import { openidProvider } from './provider.ts';

await runMain(async () => {
  const settings = config(process.env);
  const logger = createLogger({ service: 'sandbox-identity-provider', level: settings.LOG_LEVEL });
  const provider = openidProvider({
    issuer: settings.ISSUER ?? `http://${settings.LISTEN_HOST}:${settings.HTTP_PORT}`,
    clientId: settings.CLIENT_ID,
    clientJwksUrl: settings.CLIENT_JWKS_URL,
    redirectUris: settings.REDIRECT_URIS,
    postLogoutRedirectUris: settings.POST_LOGOUT_REDIRECT_URIS,
    citizens: demoCitizens,
  });
  provider.on('server_error', (_ctx, error) => logger.error({ err: error }, 'the provider failed on a request'));
  const app = identityProviderApp(provider, demoCitizens);
  await runService({
    logger,
    service: 'sandbox-identity-provider',
    stopWithinMs: settings.STOP_WITHIN_MS,
    opsPort: settings.OPS_PORT,
    listenHost: settings.LISTEN_HOST,
    parts: [httpServer({ host: settings.LISTEN_HOST, port: settings.HTTP_PORT, app, logger })],
  });
});
