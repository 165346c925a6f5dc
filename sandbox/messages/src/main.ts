import { createLogger, httpServer, runMain, runService } from '@campanella/service-kit';
import { config } from './config.ts';
import { httpApp } from './http-app.ts';
import { mailServer } from './mail-server.ts';
import { openMailbox } from './mailbox.ts';

await runMain(async () => {
  const settings = config(process.env);
  const service = 'sandbox-messages';
  const logger = createLogger({ service, level: settings.LOG_LEVEL });
  const mailbox = openMailbox();
  const host = settings.LISTEN_HOST;
  await runService({
    logger,
    service,
    stopWithinMs: settings.STOP_WITHIN_MS,
    opsPort: settings.OPS_PORT,
    listenHost: host,
    parts: [
      mailServer(mailbox, { host, port: settings.SMTP_PORT }),
      httpServer({
        host,
        port: settings.HTTP_PORT,
        app: httpApp({ mailbox, key: settings.APP_IO_KEY, logger }),
        logger,
      }),
    ],
  });
});
