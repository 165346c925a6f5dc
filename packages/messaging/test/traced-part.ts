import { openDatabase } from '@campanella/postgres';
import { LedgerServiceClient, LedgerServiceService } from '@campanella/proto/ledger/v1/ledger';
import {
  callUnary,
  createHttpApp,
  createLogger,
  finishHttpApp,
  grpcClient,
  grpcServer,
  httpServer,
  runMain,
  runService,
  unaryHandler,
} from '@campanella/service-kit';
import { appendEvent, consumer, consumers, openBus, outboxRelay } from '../src/index.ts';

/** One of the two processes of tracing.test.ts: `front` answers HTTP by asking `back` over gRPC, which tells an event and takes it. */
const KEY = 'traced.thing_happened.v1';
const logger = createLogger({ service: 'traced', level: 'info' });

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

function front() {
  const back = grpcClient(LedgerServiceClient, [setting('BACK_ADDRESS')]);
  const app = createHttpApp({ logger, service: 'front' });
  app.get('/things/:thing', async (_request, response) => {
    response.json(await callUnary(back, 'getShard', { municipalityId: 1 }, { deadlineMs: 5_000 }));
  });
  finishHttpApp(app);
  return [httpServer({ host: '127.0.0.1', port: Number(setting('PORT')), app, logger })];
}

function back() {
  const database = openDatabase({ url: setting('DATABASE_URL'), applicationName: 'traced' }, logger);
  const bus = openBus({ url: setting('AMQP_URL'), service: 'traced' }, logger);
  const takes = consumer(
    KEY,
    (body) => new TextDecoder().decode(body),
    async (tx, text) => {
      await tx.query({ text: 'insert into effects (text) values ($1)', values: [text] });
      logger.info({}, 'effect stored');
    },
  );
  const getShard = unaryHandler(async () => {
    await database.transaction((tx) =>
      appendEvent(tx, { routingKey: KEY, municipalityId: 1, body: new TextEncoder().encode('traced') }),
    );
    return { shard: 7 };
  });
  return [
    database,
    bus,
    consumers({ bus, database, queue: 'traced.things', consumers: [takes], deps: {}, logger }),
    outboxRelay({ database, bus, logger }),
    grpcServer({
      host: '127.0.0.1',
      port: Number(setting('PORT')),
      logger,
      services: [{ definition: LedgerServiceService, implementation: { getShard } }],
    }),
  ];
}

await runMain(() =>
  runService({
    logger,
    service: 'traced',
    stopWithinMs: 5_000,
    listenHost: '127.0.0.1',
    opsPort: Number(setting('OPS_PORT')),
    parts: setting('ROLE') === 'front' ? front() : back(),
  }),
);
