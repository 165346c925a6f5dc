import { openFieldCipher } from '@campanella/field-encryption';
import { openBus, outboxRelay } from '@campanella/messaging';
import { openDatabase } from '@campanella/postgres';
import {
  DirectoryServiceService,
  GuardianServiceService,
  MunicipalityServiceService,
} from '@campanella/proto/anagrafica/v1/anagrafica';
import { RegistryServiceService } from '@campanella/proto/anagrafica/v1/registry';
import {
  createHttpApp,
  createLogger,
  finishHttpApp,
  grpcServer,
  httpServer,
  runMain,
  runService,
  workLoop,
} from '@campanella/service-kit';
import { serviceDateAt } from '@campanella/vocabulary';
import { readAnagraficaConfig } from './config.ts';
import { openDocumentStore } from './document-store/open-document-store.ts';
import { announceDirectory } from './events/directory-changed.ts';
import { directoryService, guardianService, municipalityService } from './grpc/directory-service.ts';
import { registryService } from './grpc/registry-service.ts';
import { anagraficaApi } from './http/api.ts';
import { accessLog } from './store/access-log.ts';
import { directoryReads } from './store/directory-reads.ts';
import { fascicoloTable } from './store/fascicolo-table.ts';
import { officeReads } from './store/office-reads.ts';
import { quietDatabase } from './store/quiet-database.ts';
import { registryStore } from './store/registry-store.ts';
import { resealDiets } from './store/reseal-diets.ts';

/** How often rows are looked for that an older release has written since: there are none once it is gone. */
const SEAL_DIETS_EVERY_MS = 600_000;

await runMain(async () => {
  const config = readAnagraficaConfig(process.env);
  const logger = createLogger({ service: 'anagrafica', level: config.LOG_LEVEL });
  const cipher = openFieldCipher(config.FIELD_KEY);
  const database = openDatabase({ url: config.DATABASE_URL, applicationName: 'anagrafica' }, logger);
  const bus = openBus({ url: config.AMQP_URL, service: 'anagrafica' }, logger);
  const clock = { now: () => new Date() };
  const tables = quietDatabase(database);
  const reads = directoryReads(tables, cipher);
  const put = {
    store: registryStore(cipher),
    clock,
    transaction: tables.transaction,
    announceDirectory,
  };
  const fascicolo = { table: fascicoloTable(tables), store: openDocumentStore(config.DOCUMENT_STORE_URL), clock };
  const app = createHttpApp({ logger, service: 'anagrafica' });
  app.use(
    anagraficaApi({
      reads,
      put,
      office: officeReads(tables, cipher),
      fascicolo,
      accessLog: accessLog(tables),
      jwksUrl: config.IDENTITY_JWKS_URL,
      clock,
    }),
  );
  finishHttpApp(app);
  await runService({
    logger,
    service: 'anagrafica',
    stopWithinMs: config.STOP_WITHIN_MS,
    opsPort: config.OPS_PORT,
    listenHost: config.LISTEN_HOST,
    parts: [
      database,
      bus,
      workLoop({
        name: 'diets of older releases',
        everyMs: SEAL_DIETS_EVERY_MS,
        async look() {
          const { resealed } = await resealDiets(
            tables,
            cipher,
            'without versions',
            serviceDateAt(clock.now()),
            () => {},
          );
          if (resealed > 0) logger.info({ resealed }, 'diets of an older release sealed with their versions');
        },
        onFault: (fault) => logger.error({ err: fault }, 'diets of an older release cannot be sealed'),
      }),
      outboxRelay({ database, bus, logger }),
      grpcServer({
        host: config.LISTEN_HOST,
        port: config.GRPC_PORT,
        logger,
        services: [
          { definition: DirectoryServiceService, implementation: directoryService(reads, clock, logger) },
          { definition: GuardianServiceService, implementation: guardianService(reads, clock, logger) },
          { definition: MunicipalityServiceService, implementation: municipalityService(reads, logger) },
          { definition: RegistryServiceService, implementation: registryService(put, reads, fascicolo, logger) },
        ],
      }),
      httpServer({ host: config.LISTEN_HOST, port: config.HTTP_PORT, app, logger }),
    ],
  });
});
