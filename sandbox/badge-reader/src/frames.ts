/** How a badge reader writes a badge on its line, byte for byte; the makers' sheets, not the agent's parser, are the source. */
const WRITERS = {
  rdm6300: (badge: string) => `\u0002${withEmCheck(badge)}\u0003`,
  em18: (badge: string) => withEmCheck(badge),
  id12: (badge: string) => `\u0002${withEmCheck(badge)}\r\n\u0003`,
  em_plain: (badge: string) => `\u0002${hexDigits(badge, 10)}\r\n\u0003`,
  decimal_lrc: (badge: string) => {
    if (!/^\d{10}$/.test(badge)) throw new BadgeFormError('ten decimal digits');
    const frame = `\u0002${badge}\u0003`;
    return frame + String.fromCharCode(xor(Buffer.from(frame, 'latin1')));
  },
  binary_len: (badge: string) => {
    const body = Buffer.concat([Buffer.of(10, 2), Buffer.from(hexDigits(badge, 10), 'hex')]);
    return Buffer.concat([Buffer.of(2), body, Buffer.of(xor(body), 3)]).toString('latin1');
  },
  line: (badge: string) => `${badge}\r\n`,
  line_silence: (badge: string) => badge,
  wiegand: (badge: string) => `${badge}\r`,
  magstripe: (badge: string) => `${track(badge)}\r`,
  magstripe_lrc: (badge: string) => {
    const values = [...track(badge)].map((character) => character.charCodeAt(0) - 0x30);
    return `${track(badge)}${String.fromCharCode(0x30 + xor(values))}\r`;
  },
} as const satisfies Record<string, (badge: string) => string>;

export type ReaderFormat = keyof typeof WRITERS;

export function isReaderFormat(name: string): name is ReaderFormat {
  return Object.hasOwn(WRITERS, name);
}

export const READER_FORMATS: readonly string[] = Object.keys(WRITERS);

/** A badge number that a reader of the format cannot have read. */
export class BadgeFormError extends Error {
  constructor(wanted: string) {
    super(`a reader of this format reads ${wanted}`);
    this.name = 'BadgeFormError';
  }
}

/**
 * The bytes of one reading.
 *
 * @throws BadgeFormError where a reader of the format cannot have read such a badge
 */
export function frameOf(badge: string, format: ReaderFormat): Buffer {
  return Buffer.from(WRITERS[format](badge), 'latin1');
}

function withEmCheck(badge: string): string {
  const digits = hexDigits(badge, 10);
  return (
    digits +
    Buffer.of(xor(Buffer.from(digits, 'hex')))
      .toString('hex')
      .toUpperCase()
  );
}

function hexDigits(badge: string, count: number): string {
  if (badge.length !== count || !/^[0-9A-Fa-f]+$/.test(badge)) throw new BadgeFormError(`${count} hexadecimal digits`);
  return badge.toUpperCase();
}

function track(badge: string): string {
  if (!/^\d{1,37}$/.test(badge)) throw new BadgeFormError('1 to 37 decimal digits');
  return `;${badge}?`;
}

function xor(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum ^= byte;
  return sum;
}
