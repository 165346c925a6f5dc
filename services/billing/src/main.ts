import { openFieldCipher } from '@campanella/field-encryption';
import { openLedgerClient } from '@campanella/ledger-client';
import { consumers, openBus, outboxRelay } from '@campanella/messaging';
import { openDatabase } from '@campanella/postgres';
import { BillingOfficeServiceService } from '@campanella/proto/billing/v1/office';
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
import type { MunicipalityId } from '@campanella/vocabulary';
import { alertLowCredit } from './app/alert-low-credit.ts';
import { billingRunPages } from './app/billing-run.ts';
import { cancelTopUp } from './app/cancel-top-up.ts';
import { certificationRunPages } from './app/certification-run.ts';
import { creditTopUps } from './app/credit-top-ups.ts';
import { handOverDocument } from './app/hand-over-document.ts';
import { type IssueDocument, issueDocument } from './app/issue-document.ts';
import { loadPositions } from './app/load-positions.ts';
import { officeOperations } from './app/office.ts';
import { resolveCase } from './app/office-cases.ts';
import { orderTopUp } from './app/order-top-up.ts';
import { reminderRunPages, ruoloRunPages } from './app/overdue-runs.ts';
import { recordReceipt } from './app/record-receipt.ts';
import { type ReadRunPage, type RunKind, workOnRun } from './app/runs.ts';
import { sendNotifications } from './app/send-notifications.ts';
import { startCart } from './app/start-cart.ts';
import { type Config, readBillingConfig, readLaw } from './config.ts';
import { onMealRecorded } from './events/meal-recorded.ts';
import { appendCredited, appendReceived } from './events/payments.ts';
import { anagraficaPayers } from './grpc/anagrafica-client.ts';
import { attendanceCharges } from './grpc/attendance-client.ts';
import { anagraficaFascicolo } from './grpc/fascicolo-client.ts';
import { balancesFrom, topUpLedger } from './grpc/ledger.ts';
import { billingOfficeService } from './grpc/office-service.ts';
import { billingApi } from './http/api.ts';
import { appIoChannel } from './http/app-io-client.ts';
import { checkoutClient } from './http/checkout-client.ts';
import { mailChannel } from './http/mail-channel.ts';
import { type NodeTls, nodeListener } from './http/pagopa/node-listener.ts';
import { acaKeeper, gpdKeeper } from './http/position-keepers.ts';
import { renderCertification } from './pdf/certification.ts';
import { caseStore } from './store/case-store.ts';
import { certificationStore } from './store/certification-store.ts';
import { creditCheckStore } from './store/credit-check-store.ts';
import { creditorStore } from './store/creditor-store.ts';
import { documentStore } from './store/document-store.ts';
import { editLog } from './store/edit-log.ts';
import { loadStore } from './store/load-store.ts';
import { notificationStore } from './store/notification-store.ts';
import { orderStore } from './store/order-store.ts';
import { positionStore } from './store/position-store.ts';
import { receiptStore } from './store/receipt-store.ts';
import { rulesStore } from './store/rules-store.ts';
import { runStore } from './store/run-store.ts';
import { watchLoads } from './watch-loads.ts';

await runMain(async () => {
  const config = readBillingConfig(process.env);
  const logger = createLogger({ service: 'billing', level: config.LOG_LEVEL });
  const clock = { now: () => new Date() };
  const database = openDatabase({ url: config.DATABASE_URL, applicationName: 'billing' }, logger);
  const bus = openBus({ url: config.AMQP_URL, service: 'billing' }, logger);
  const ledgerClient = openLedgerClient({ addresses: config.LEDGER_ADDRESSES, logger });
  const payers = anagraficaPayers(config.ANAGRAFICA_ADDRESS);
  const charges = attendanceCharges(config.ATTENDANCE_ADDRESS);
  const fascicolo = anagraficaFascicolo(config.ANAGRAFICA_ADDRESS);
  const law = readLaw(config.LAW_FILE);
  const cipher = openFieldCipher(config.FIELD_KEY);
  const transaction = database.transaction.bind(database);
  const creditors = creditorStore(database);
  const positions = positionStore(database, cipher);
  const orders = orderStore(database);
  const documents = documentStore(database);
  const { SMTP_URL, MAIL_FROM, APP_IO_URL, APP_IO_KEY } = config;
  const mail = SMTP_URL === undefined ? null : mailChannel({ url: SMTP_URL, from: MAIL_FROM });
  const appIo = APP_IO_URL === undefined ? null : appIoChannel({ url: APP_IO_URL, key: APP_IO_KEY });
  const channels = { mail, app_io: appIo };
  const notifications = notificationStore(
    database,
    (['mail', 'app_io'] as const).filter((one) => channels[one] !== null),
  );
  const runs = runStore(database);
  const rules = rulesStore(database);
  const edits = editLog(database);
  const shared = { transaction, creditors, positions, orders, documents, notifications, clock };
  const kinds: Record<RunKind, ReadRunPage> = {
    billing: billingRunPages({ ...shared, charges, payers, law }),
    reminder: reminderRunPages(shared),
    ruolo: ruoloRunPages(shared),
    certification_730: certificationRunPages({
      ...{ creditors, payers, fascicolo, law, render: renderCertification },
      certifications: certificationStore(database, cipher),
    }),
  };
  const running = workLoop({
    name: 'runs',
    look: async () => {
      if (await workOnRun({ transaction, runs, clock, kinds, claimMs: config.RUN_CLAIM_MS })) running.wake();
    },
    everyMs: config.RUN_EVERY_MS,
    onFault: (fault) => logger.warn({ err: fault }, 'a page of a run will be worked on again'),
  });
  const crediting = workLoop({
    name: 'credit-top-ups',
    look: () =>
      creditTopUps({
        ...{ transaction, orders, notifications, clock, appendCredited },
        ledger: topUpLedger(ledgerClient),
        onFault: (fault, { municipalityId, orderId }) =>
          logger.error({ err: fault, municipalityId, orderId }, 'a paid top-up is not on its account'),
      }),
    everyMs: config.CREDIT_EVERY_MS,
    onFault: (fault) => logger.warn({ err: fault }, 'paid top-ups will be looked for again'),
  });
  const checks = creditCheckStore(database);
  const alerting = workLoop({
    name: 'low-credit',
    look: async () => {
      const looked = await alertLowCredit({
        ...{ transaction, checks, notifications, clock, balancesOf: balancesFrom(ledgerClient) },
      });
      if (looked > 0) alerting.wake();
    },
    everyMs: config.NOTIFY_EVERY_MS,
    onFault: (fault) => logger.warn({ err: fault }, 'balances will be looked at again'),
  });
  const notifying = workLoop({
    name: 'notify',
    look: async () => {
      const looked = await sendNotifications({
        ...{ notifications, creditors, payers, clock },
        channels,
        onParked: ({ municipalityId, kind, channel, subjectId }, fault) =>
          logger.error({ err: fault, municipalityId, kind, channel, subjectId }, 'a message could not be sent'),
      });
      if (looked > 0) notifying.wake();
    },
    everyMs: config.NOTIFY_EVERY_MS,
    onFault: (fault) => logger.warn({ err: fault }, 'messages will be looked for again'),
  });
  const cases = caseStore(database);
  const loads = loadStore(database, positions);
  const telling = workLoop({
    name: 'load-positions',
    look: async () => {
      await watchLoads(loads, clock, logger);
      await loadPositions({
        ...{ loads, creditors, clock },
        keepers: {
          aca: acaKeeper({ url: config.ACA_URL, key: config.ACA_KEY }),
          gpd: gpdKeeper({ url: config.GPD_URL, key: config.GPD_KEY }),
        },
        onFault: (fault, { municipalityId, position: { positionId }, attempts }) =>
          logger.warn({ err: fault, municipalityId, positionId, attempts }, 'pagoPA was not told of a position yet'),
      });
    },
    everyMs: config.LOAD_EVERY_MS,
    onFault: (fault) => logger.warn({ err: fault }, 'changed positions will be looked for again'),
  });
  const receiptDeps = { ...shared, receipts: receiptStore(cipher), cases, appendReceived };
  const office = {
    ...{ creditors, rules },
    issue: (command: IssueDocument) => issueDocument({ ...shared, payers, law }, command),
    handOver: (command: { municipalityId: MunicipalityId; documentId: string }) => handOverDocument(shared, command),
  };
  const checkout = checkoutClient({ cartsUrl: config.CHECKOUT_CARTS_URL, key: config.CHECKOUT_KEY });
  const app = createHttpApp({ logger, service: 'billing' });
  app.use(
    billingApi({
      operations: {
        order: (command) => orderTopUp({ ...shared, payers }, command),
        cancel: (who) => cancelTopUp(shared, who),
        startCart: (command) =>
          startCart(
            { ...shared, checkout, onFault: (fault) => logger.warn({ err: fault }, 'Checkout took no cart') },
            command,
          ),
      },
      ...{ creditors, orders, positions, documents, clock },
      office: {
        operations: officeOperations({ ...shared, runs, rules, edits }, running.wake),
        ...{ runs, rules, edits, documents, positions },
      },
      cases: { cases, clock, resolve: (command) => resolveCase({ transaction, cases, clock }, command) },
      jwksUrl: config.IDENTITY_JWKS_URL,
    }),
  );
  finishHttpApp(app);
  await runService({
    logger,
    service: 'billing',
    stopWithinMs: config.STOP_WITHIN_MS,
    opsPort: config.OPS_PORT,
    listenHost: config.LISTEN_HOST,
    parts: [
      database,
      bus,
      outboxRelay({ database, bus, logger }),
      ledgerClient,
      ...[crediting, running, alerting, notifying, telling],
      consumers({ bus, database, queue: 'billing.meals', consumers: [onMealRecorded], deps: checks, logger }),
      grpcServer({
        host: config.LISTEN_HOST,
        port: config.GRPC_PORT,
        logger,
        services: [{ definition: BillingOfficeServiceService, implementation: { ...billingOfficeService(office) } }],
      }),
      nodeListener({
        host: config.LISTEN_HOST,
        port: config.PAGOPA_PORT,
        tls: tlsOf(config),
        deps: {
          ...{ creditors, positions, clock, logger },
          record: (creditor, receipt, message) => recordReceipt(receiptDeps, creditor, receipt, message),
          onRecorded: crediting.wake,
        },
      }),
      httpServer({ host: config.LISTEN_HOST, port: config.HTTP_PORT, app, logger }),
    ],
  });
  for (const client of [payers, charges, fascicolo]) client.close();
});

/** `config.ts` saw to it that there are all files or none. */
function tlsOf(config: Config): NodeTls | null {
  const { PAGOPA_TLS_CERT_FILE: certificateFile, PAGOPA_TLS_KEY_FILE: keyFile } = config;
  const { PAGOPA_TLS_CLIENT_CA_FILE: clientAuthoritiesFile, PAGOPA_TLS_CLIENT_NAMES: clientNames } = config;
  if (certificateFile === undefined || keyFile === undefined || clientAuthoritiesFile === undefined) return null;
  return { certificateFile, keyFile, clientAuthoritiesFile, clientNames };
}
