import { openFieldCipher } from '@campanella/field-encryption';
import {
  createHttpApp,
  createLogger,
  finishHttpApp,
  httpServer,
  type Part,
  readConfig,
  runMain,
  runService,
} from '@campanella/service-kit';
import { PlatformClock, systemClock } from './app/clock.ts';
import { Terminal } from './app/terminal.ts';
import { type Config, environment } from './config.ts';
import { AttendanceLine } from './grpc/attendance-line.ts';
import { CONVERSATION_TIMES } from './grpc/conversation.ts';
import { screenRoutes } from './http/screen-server.ts';
import { listPorts, SerialReader } from './serial/serial-reader.ts';
import { openDirectoryStore } from './store/directory-store.ts';
import { openJournal } from './store/journal.ts';

const AGENT_VERSION = '0.1.0';
const CHECK_CLOCK_EVERY_MS = 1_000;
const CHECK_JOURNAL_EVERY_MS = 10_000;
const TIDY_JOURNAL_EVERY_MS = 3_600_000;
/** The screen shows children's names: it is for this PC only, whatever LISTEN_HOST says. */
const SCREEN_HOST = '127.0.0.1';

await runMain(async () => {
  const config = readConfig(environment, process.env);
  const logger = createLogger({ service: 'edge-agent', level: config.LOG_LEVEL });
  const warn = (fields: Readonly<Record<string, unknown>>, sentence: string): void => logger.warn(fields, sentence);
  const info = (fields: Readonly<Record<string, unknown>>, sentence: string): void => logger.info(fields, sentence);

  const journal = openJournal(config.DATA_FOLDER);
  if (journal.damagedFile !== null)
    logger.error({ file: journal.damagedFile }, 'the journal was damaged and put aside');
  const directory = openDirectoryStore(config.DATA_FOLDER, openFieldCipher(config.FIELD_KEY), (err) =>
    warn({ err }, 'the directory cannot be read and is asked for again'),
  );
  const clock = new PlatformClock(systemClock, journal.clockOffsetMs(), (offsetMs) =>
    journal.keepClockOffset(offsetMs),
  );
  const terminal = new Terminal({ journal, directory, clock, service: config.SERVICE, warn });
  const line = new AttendanceLine({
    addresses: config.ATTENDANCE_ADDRESSES,
    identity: identityOf(config),
    clock: systemClock,
    times: CONVERSATION_TIMES,
    unsentAfter: (seq, limit) => journal.unsentAfter(seq, limit),
    unsentCount: () => journal.unsentCount,
    directoryVersion: () => directory.version,
    readerSummary: () => terminal.readerSummary(),
    welcomed: (terminalName, schoolName) => terminal.setPlace(terminalName, schoolName),
    takeResults: (results) => terminal.takeResults(results),
    takeDirectory: (change) => terminal.takeDirectory(change),
    observeOffset: (offsetMs) => clock.observe(offsetMs),
    setLine: (state) => terminal.setLine(state),
    warn,
    info,
  });
  terminal.on('swiped', () => line.notify());

  const readers = config.SERIAL_READERS.map(
    (settings) =>
      new SerialReader(settings, {
        monotonicMs: systemClock.monotonicMs,
        tapped: (reading) => terminal.take(reading),
        failed: (error) => terminal.takeFault(settings.path, error),
        stateChanged: (state, detail) => {
          terminal.setReader(settings.path, state);
          if (state === 'up') info({ path: settings.path }, 'reader up');
          else listPorts().then((ports) => warn({ path: settings.path, state, detail, ports }, 'reader not up'));
        },
      }),
  );

  const app = createHttpApp({ logger, service: 'edge-agent' });
  app.use(screenRoutes(terminal));
  finishHttpApp(app);
  await runService({
    logger,
    service: 'edge-agent',
    stopWithinMs: config.STOP_WITHIN_MS,
    opsPort: config.OPS_PORT,
    listenHost: config.LISTEN_HOST,
    parts: [
      {
        name: 'stores',
        start: async () => undefined,
        stop: async () => {
          journal.close();
          directory.close();
        },
      },
      line,
      httpServer({ host: SCREEN_HOST, port: config.SCREEN_PORT, app, logger }),
      every('clock check', CHECK_CLOCK_EVERY_MS, () => {
        if (clock.hasStepped()) line.measureClock();
      }),
      every('journal check', CHECK_JOURNAL_EVERY_MS, () => terminal.checkJournal()),
      every('journal tidying', TIDY_JOURNAL_EVERY_MS, () => terminal.tidyJournal()),
      ...readers,
    ],
  });
});

function identityOf(config: Config) {
  return {
    terminalId: config.TERMINAL_ID,
    terminalKey: config.TERMINAL_KEY,
    municipalityId: config.MUNICIPALITY_ID,
    schoolId: config.SCHOOL_ID,
    agentVersion: AGENT_VERSION,
  };
}

function every(name: string, intervalMs: number, work: () => void): Part {
  let timer: NodeJS.Timeout | undefined;
  return {
    name,
    start: async () => {
      work();
      timer = setInterval(work, intervalMs);
    },
    stop: async () => clearInterval(timer),
  };
}
