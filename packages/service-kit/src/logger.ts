import { trace } from '@opentelemetry/api';
import { type LoggerOptions, type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

/** Keys that must never be read in a log, wherever they stand. */
const SECRETS = [
  'authorization',
  'cookie',
  'codiceFiscale',
  'displayName',
  'badgeNumber',
  'dietCode',
  'key',
  'password',
  'token',
];

/** Makes the process's logger: JSON lines on standard output, one constant sentence with fields, trace ids mixed in. */
export function createLogger(options: { readonly service: string; readonly level: string }): Logger {
  const settings: LoggerOptions = {
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    mixin: () => {
      const context = trace.getActiveSpan()?.spanContext();
      return context === undefined ? {} : { traceId: context.traceId, spanId: context.spanId };
    },
  };
  // Written at once: what is logged before a crash is there, and a reader that has gone cannot hold up the end of the process.
  return pino(settings, pino.destination({ dest: 1, sync: true }));
}
