import { trace } from '@opentelemetry/api';
import { type LoggerOptions, type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

/** Keys that must never be read in a log, at the top or up to three levels down. */
const SECRETS = [
  'authorization',
  'cookie',
  'set-cookie',
  'x-terminal-key',
  'codiceFiscale',
  'codice_fiscale',
  'displayName',
  'display_name',
  'badgeNumber',
  'badge_number',
  'dietCode',
  'diet_code',
  'key',
  'password',
  'token',
];
const REDACTED = SECRETS.flatMap((name) =>
  ['', '*', '*.*', '*.*.*'].map((above) => (above === '' ? `["${name}"]` : `${above}["${name}"]`)),
);

/** An error as it may be logged: what drivers hang on it beside (`detail`, `where`, `parameters`) quotes rows. */
function loggedError(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { type, message, stack, code, constraint } = pino.stdSerializers.err(cause);
  return { type, message, stack, code, constraint };
}

/** Makes the process's logger: JSON lines on standard output, one constant sentence with fields, trace ids mixed in. */
export function createLogger(options: {
  readonly service: string;
  readonly level: string;
  /** Where lines go instead of standard output. */
  readonly destination?: { write(line: string): void };
}): Logger {
  const settings: LoggerOptions = {
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
    serializers: { err: loggedError },
    mixin: () => {
      const context = trace.getActiveSpan()?.spanContext();
      return context === undefined ? {} : { traceId: context.traceId, spanId: context.spanId };
    },
  };
  // Written at once: what is logged before a crash is there, and a reader that has gone cannot hold up the end of the process.
  return pino(settings, options.destination ?? pino.destination({ dest: 1, sync: true }));
}

/**
 * Standard output for a log with a line per request, of which a crash may lose the last few: the lines of one turn of the event loop
 * are written together. Writing each by itself took a seventh of the gateway's time.
 */
export function turnByTurn(): { write(line: string): void } {
  const output = pino.destination({ dest: 1, sync: true });
  let waiting = '';
  const write = () => {
    if (waiting !== '') output.write(waiting);
    waiting = '';
  };
  process.once('exit', write);
  return {
    write: (line) => {
      if (waiting === '') setImmediate(write);
      waiting += line;
    },
  };
}
