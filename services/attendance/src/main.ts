import { openFieldCipher } from '@campanella/field-encryption';
import { openLedgerClient } from '@campanella/ledger-client';
import { consumers, openBus, outboxRelay } from '@campanella/messaging';
import { openDatabase } from '@campanella/postgres';
import { ChargeServiceService } from '@campanella/proto/attendance/v1/charges';
import { OfficeServiceService } from '@campanella/proto/attendance/v1/office';
import { TerminalServiceService } from '@campanella/proto/attendance/v1/terminal';
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
import { chargeBooked } from './app/charge-booked.ts';
import { communicateAbsence, readAbsenceNotice } from './app/communicate-absence.ts';
import { correctMeal } from './app/correct-meal.ts';
import { directoryMemory } from './app/directory-memory.ts';
import { directoryWatch } from './app/directory-watch.ts';
import { directoryKeeper } from './app/keep-directory.ts';
import { knownAccounts } from './app/known-accounts.ts';
import { noteAvailability } from './app/note-availability.ts';
import { recordSwipes } from './app/record-swipes.ts';
import { swipeGatherer } from './app/swipe-gatherer.ts';
import { terminalRoom } from './app/terminal-directory.ts';
import { availabilityBeat, probe } from './availability-beat.ts';
import { readAttendanceConfig } from './config.ts';
import { onDirectoryChanged } from './events/directory-changed.ts';
import { appendMeals } from './events/meal-recorded.ts';
import { anagraficaClient } from './grpc/anagrafica-client.ts';
import { chargeService } from './grpc/charge-service.ts';
import { drainTerminals } from './grpc/drain-terminals.ts';
import { ledgerPort } from './grpc/ledger.ts';
import { officeService } from './grpc/office-service.ts';
import { terminalService } from './grpc/terminal-service.ts';
import { attendanceApi } from './http/presences-api.ts';
import { measureRecording } from './measure-recording.ts';
import { absenceList, absenceStore } from './store/absence-store.ts';
import { accountStore } from './store/account-store.ts';
import { availabilityStore } from './store/availability-store.ts';
import { bookingStore } from './store/booking-store.ts';
import { calendarStore } from './store/calendar-store.ts';
import { chargeReader } from './store/charge-reader.ts';
import { correctionStore } from './store/correction-store.ts';
import { directoryStore } from './store/directory-store.ts';
import { kitchenStore } from './store/kitchen-store.ts';
import { presenceDaysReader } from './store/presence-days.ts';
import { presenceStore } from './store/presence-store.ts';
import { terminalStore } from './store/terminal-store.ts';

await runMain(async () => {
  const config = readAttendanceConfig(process.env);
  const logger = createLogger({ service: 'attendance', level: config.LOG_LEVEL });
  const clock = { now: () => new Date() };
  const database = openDatabase({ url: config.DATABASE_URL, applicationName: 'attendance' }, logger);
  const bus = openBus({ url: config.AMQP_URL, service: 'attendance' }, logger);
  const ledgerClient = openLedgerClient({ addresses: config.LEDGER_ADDRESSES, logger });
  const ledger = ledgerPort(ledgerClient);
  const anagrafica = anagraficaClient(config.ANAGRAFICA_ADDRESS);
  const cipher = openFieldCipher(config.FIELD_KEY);
  const terminals = terminalStore(database);
  const memory = directoryMemory();
  const accounts = knownAccounts({ store: accountStore(database), ledger });
  const room = terminalRoom(memory);
  const onFault = (fault: unknown, what: string) => logger.warn({ err: fault, what }, 'will be tried again');
  const keeper = directoryKeeper({
    store: directoryStore(database, cipher),
    anagrafica,
    memory,
    accounts,
    onChanged: room.announce,
    onFault,
  });
  const watch = directoryWatch({
    keeper,
    room,
    terminals,
    pullEveryMs: config.DIRECTORY_PULL_MS,
    refreshEveryMs: config.DIRECTORY_REFRESH_MS,
    onFault,
  });
  const recordDeps = {
    transaction: database.transaction.bind(database),
    store: presenceStore(database),
    ledger,
    accounts,
    holdersIn: memory.holdersIn,
    appendMeals,
    clock,
  };
  const gatherer = swipeGatherer({
    record: measureRecording((batch) => recordSwipes(recordDeps, batch)),
    onFault: (fault, batchSize) => logger.warn({ err: fault, batchSize }, 'swipes not recorded yet'),
  });
  const calendar = { transaction: recordDeps.transaction, calendar: calendarStore(database), clock };
  const kitchen = kitchenStore(database, cipher);
  const correctDeps = { store: correctionStore(database), ledger, accounts, clock };
  const bookings = { ...correctDeps, transaction: recordDeps.transaction, kitchen, bookings: bookingStore(database) };
  const booking = workLoop({
    name: 'charge-booked',
    everyMs: config.BOOKING_EVERY_MS,
    async look() {
      const { charged, givenBack } = await chargeBooked(bookings);
      if (charged + givenBack > 0) logger.info({ charged, givenBack }, 'booked meals charged');
    },
    onFault: (fault) => onFault(fault, 'booked meals'),
  });
  const availability = availabilityBeat({
    note: () =>
      noteAvailability({
        ...{ transaction: recordDeps.transaction, store: availabilityStore, clock },
        isReachable: probe(config.AVAILABILITY_PROBE_URL),
      }),
    logger,
  });
  const app = createHttpApp({ logger, service: 'attendance' });
  const absenceDeps = { transaction: recordDeps.transaction, store: absenceStore, clock };
  app.use(
    attendanceApi({
      reader: presenceDaysReader(database, cipher),
      absences: {
        communicate: (command) => communicateAbsence(absenceDeps, command),
        readNotice: (who) => readAbsenceNotice(absenceDeps, who),
      },
      absenceList: absenceList(database),
      kitchen,
      calendar,
      correct: (command) => correctMeal(correctDeps, command),
      jwksUrl: config.IDENTITY_JWKS_URL,
      clock,
    }),
  );
  finishHttpApp(app);
  await runService({
    logger,
    service: 'attendance',
    stopWithinMs: config.STOP_WITHIN_MS,
    opsPort: config.OPS_PORT,
    listenHost: config.LISTEN_HOST,
    parts: [
      database,
      bus,
      outboxRelay({ database, bus, logger }),
      ledgerClient,
      watch,
      booking,
      // Before anybody can communicate: what an outage took is given back first.
      availability,
      consumers({
        bus,
        database,
        queue: 'attendance.directory',
        consumers: [onDirectoryChanged],
        deps: watch,
        logger,
      }),
      grpcServer({
        host: config.LISTEN_HOST,
        port: config.GRPC_PORT,
        logger,
        services: [
          {
            definition: TerminalServiceService,
            implementation: terminalService({ terminals, memory, room, gatherer, clock, logger }),
          },
          {
            definition: OfficeServiceService,
            implementation: officeService({
              store: terminals,
              calendar,
              watch: async (municipalityId) => watch.readSoon(municipalityId),
            }),
          },
          { definition: ChargeServiceService, implementation: chargeService(chargeReader(database)) },
        ],
      }),
      drainTerminals({ room, gatherer, withinMs: config.STOP_WITHIN_MS / 2 }),
      httpServer({ host: config.LISTEN_HOST, port: config.HTTP_PORT, app, logger }),
    ],
  });
  anagrafica.close();
});
