import { serviceEnvironment } from '@campanella/service-kit';
import {
  type MunicipalityId,
  parseId,
  parseNumberId,
  parseServiceCode,
  SCHOOL_MEALS,
  type SchoolId,
  type TerminalId,
} from '@campanella/vocabulary';
import { z } from 'zod';
import { FORMAT_NAMES } from './domain/frames/formats.ts';
import type { SerialReaderSettings } from './serial/serial-reader.ts';

/** More readers than a canteen PC has ports. */
const READERS_MAX = 8;

const format = z.enum(FORMAT_NAMES).default('auto');
const baudRate = z.coerce.number().int().min(300).max(921_600).default(9_600);
const waitMs = z.coerce.number().int().min(10).max(5_000).optional();
const reader = z.object({ path: z.string().min(1), format, baudRate, silenceMs: waitMs, holdMs: waitMs });

function refined<Value>(parse: (text: string) => Value | null, message: string) {
  return z.string().transform((text, context) => {
    const value = parse(text.trim());
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

const { LISTEN_HOST, OPS_PORT, LOG_LEVEL, STOP_WITHIN_MS } = serviceEnvironment;

/** The agent's environment; the README's table says the same. */
export const environment = z.object({
  LISTEN_HOST,
  OPS_PORT,
  LOG_LEVEL,
  STOP_WITHIN_MS,
  SERIAL_READERS: refined(
    parseReaders,
    `must list path:format:baud, or be a JSON list; formats: ${FORMAT_NAMES.join(', ')}`,
  ),
  TERMINAL_ID: refined((text) => parseId<TerminalId>(text), 'must be a UUID in lower case').describe(
    'As enrolled by the office',
  ),
  TERMINAL_KEY: z.string().min(16).describe('The key given at the enrolment'),
  MUNICIPALITY_ID: refined((text) => parseNumberId<MunicipalityId>(Number(text)), 'must be a positive whole number'),
  SCHOOL_ID: refined((text) => parseId<SchoolId>(text), 'must be a UUID in lower case'),
  ATTENDANCE_ADDRESSES: refined(parseAddresses, 'must list host:port, separated by commas'),
  DATA_FOLDER: z.string().min(1).describe('Journal and directory; on the PC’s own disk'),
  SCREEN_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(4_080)
    .describe('The canteen screen, on loopback only'),
  SERVICE: refined(parseServiceCode, 'must be a service code').default(SCHOOL_MEALS),
  FIELD_KEY: z.string().min(1).describe('32 bytes in base64: seals the directory on the disk'),
});

export type Config = Readonly<z.output<typeof environment>>;

/**
 * Parses the readers: `/dev/ttyUSB0:rdm6300:9600, /dev/ttyUSB1`, or a JSON list of `{ path, format, baudRate, silenceMs,
 * holdMs }` for paths with a colon (those under /dev/serial/by-path) and for Windows.
 *
 * @returns null where a part is wrong, a path comes twice, or there are too many
 */
export function parseReaders(text: string): readonly SerialReaderSettings[] | null {
  const parsed = z
    .array(reader)
    .max(READERS_MAX)
    .safeParse(text.startsWith('[') ? readJson(text) : readList(text));
  if (!parsed.success) return null;
  const hasTwice = new Set(parsed.data.map(({ path }) => path)).size !== parsed.data.length;
  return hasTwice
    ? null
    : parsed.data.map(({ silenceMs, holdMs, ...settings }) => ({
        ...settings,
        ...(silenceMs === undefined ? {} : { silenceMs }),
        ...(holdMs === undefined ? {} : { holdMs }),
      }));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readList(text: string): unknown {
  return splitList(text).map((item) => {
    const [path, format, baudRate, ...more] = item.split(':');
    return more.length > 0 ? null : { path, format: format || undefined, baudRate: baudRate || undefined };
  });
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseAddresses(text: string): readonly string[] | null {
  const addresses = splitList(text);
  return addresses.length > 0 &&
    addresses.every((address) => /^[^\s:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(address))
    ? addresses
    : null;
}
