import { createLogger, httpServer, runMain, runService } from '@campanella/service-kit';
import { config } from './config.ts';
import { identitySandbox } from './sandbox.ts';

await runMain(async () => {
  const settings = config(process.env);
  const service = 'sandbox-identity-provider';
  const logger = createLogger({ service, level: settings.LOG_LEVEL });
  const { app, control } = await identitySandbox({
    base: settings.ISSUER ?? `http://${settings.LISTEN_HOST}:${settings.HTTP_PORT}`,
    logger,
    plain: {
      clientId: settings.CLIENT_ID,
      clientJwksUrl: settings.CLIENT_JWKS_URL,
      redirectUris: settings.REDIRECT_URIS,
      postLogoutRedirectUris: settings.POST_LOGOUT_REDIRECT_URIS,
    },
    relyingParties: settings.RELYING_PARTIES ?? [],
    statementLifetimeS: settings.STATEMENT_LIFETIME_S,
  });
  const host = settings.LISTEN_HOST;
  const controlPort = settings.CONTROL_PORT;
  await runService({
    logger,
    service,
    stopWithinMs: settings.STOP_WITHIN_MS,
    opsPort: settings.OPS_PORT,
    listenHost: host,
    parts: [
      httpServer({ host, port: settings.HTTP_PORT, app, logger }),
      ...(controlPort === undefined ? [] : [httpServer({ host, port: controlPort, app: control, logger })]),
    ],
  });
});
