import { createHttpApp, createLogger, finishHttpApp, httpServer, runMain, runService } from '@campanella/service-kit';
import { archiveRoutes, openArchive } from './archive.ts';
import { checkoutRoutes } from './checkout.ts';
import { config } from './config.ts';
import { controlApp } from './control-app.ts';
import { openNode } from './node.ts';

/** As long as the node waits for a creditor. */
const PATIENCE = { askMs: 7_000, receiptMs: 15_000 };
const LOCK_MS = 30 * 60_000;

await runMain(async () => {
  const settings = config(process.env);
  const service = 'sandbox-pagopa-node';
  const logger = createLogger({ service, level: settings.LOG_LEVEL });
  const archive = openArchive();
  const node = openNode({
    archive,
    station: { url: settings.STATION_URL, brokerId: settings.BROKER_ID, stationId: settings.STATION_ID },
    patience: PATIENCE,
    retryMs: settings.RECEIPT_RETRY_MS,
    lockMs: LOCK_MS,
    logger,
  });
  const host = settings.LISTEN_HOST;
  const app = createHttpApp({ logger, service, parseBody: false });
  checkoutRoutes(app, { node, key: settings.CHECKOUT_KEY, base: `http://${host}:${settings.HTTP_PORT}` });
  archiveRoutes(app, { archive, key: settings.CHECKOUT_KEY });
  finishHttpApp(app);
  await runService({
    logger,
    service,
    stopWithinMs: settings.STOP_WITHIN_MS,
    opsPort: settings.OPS_PORT,
    listenHost: host,
    parts: [
      { name: 'node', start: async () => undefined, stop: node.stop },
      httpServer({ host, port: settings.HTTP_PORT, app, logger }),
      httpServer({
        host,
        port: settings.CONTROL_PORT,
        app: controlApp({ node, archive, logger }),
        logger,
        portName: 'CONTROL_PORT',
      }),
    ],
  });
});
