import { openBus } from '@campanella/messaging';
import { openDatabase } from '@campanella/postgres';
import { LedgerServiceService } from '@campanella/proto/ledger/v1/ledger';
import {
  createHttpApp,
  createLogger,
  finishHttpApp,
  grpcServer,
  httpServer,
  runMain,
  runService,
} from '@campanella/service-kit';
import { AccountMemory } from './app/account-memory.ts';
import { Posting } from './app/post-transfers.ts';
import { readLedgerConfig } from './config.ts';
import { transferRelay } from './events/transfer-posted.ts';
import { ledgerService } from './grpc/ledger-service.ts';
import { TransferStreams } from './grpc/transfer-stream.ts';
import { ledgerApi } from './http/api.ts';
import { observeSequencer } from './observe-sequencer.ts';
import { accounts as accountsIn } from './store/accounts.ts';
import { openHotState } from './store/hot-state.ts';
import { journal as journalIn } from './store/journal.ts';
import { statements } from './store/statements.ts';

await runMain(async () => {
  const config = readLedgerConfig(process.env);
  const logger = createLogger({ service: 'ledger', level: config.LOG_LEVEL });
  const database = openDatabase({ url: config.DATABASE_URL, applicationName: 'ledger' }, logger);
  const hotState = openHotState({ url: config.REDIS_URL }, logger);
  const bus = openBus({ url: config.AMQP_URL, service: 'ledger' }, logger);
  const journal = journalIn(database);
  const accounts = accountsIn(database);
  const memory = new AccountMemory(accounts);
  const clock = { now: () => new Date() };
  const posting = new Posting({
    journal,
    hotState,
    accounts,
    memory,
    clock,
    ...observeSequencer(logger, () => posting.queueLength),
  });
  const streams = new TransferStreams(posting);
  const app = createHttpApp({ logger, service: 'ledger' });
  app.use(ledgerApi({ reader: statements(database), jwksUrl: config.IDENTITY_JWKS_URL }));
  finishHttpApp(app);
  await runService({
    logger,
    service: 'ledger',
    stopWithinMs: config.STOP_WITHIN_MS,
    opsPort: config.OPS_PORT,
    listenHost: config.LISTEN_HOST,
    parts: [
      database,
      hotState,
      bus,
      transferRelay({ database, bus, logger }),
      { name: 'posting', start: async () => {}, stop: () => posting.drained() },
      grpcServer({
        host: config.LISTEN_HOST,
        port: config.GRPC_PORT,
        logger,
        services: [
          {
            definition: LedgerServiceService,
            implementation: { ...ledgerService({ posting, streams, accounts, memory, journal, logger }) },
          },
        ],
        onDrain: () => streams.sendElsewhere(),
      }),
      httpServer({ host: config.LISTEN_HOST, port: config.HTTP_PORT, app, logger }),
    ],
  });
});
