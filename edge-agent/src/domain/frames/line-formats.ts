import { ascii, CR, drop, ESC, ETX, indexOrEnd, LF, read, STX, TAB, WAIT } from './bytes.ts';
import type { FrameFormat, Step, Taken } from './frame-format.ts';

/** The longest text of a record; far above any badge. */
const LINE_BYTES_MAX = 64;
const AIM_PREFIX = /^\][A-Za-z][0-9A-Za-z]/;

function isLineEnd(byte: number): boolean {
  return byte === CR || byte === LF || byte === TAB;
}

/** Splits on CR, LF and TAB; CR LF is one end, since an empty record is nothing. */
function lineFormat(take: (text: string, bytes: number) => Step): Pick<FrameFormat, 'next'> {
  return {
    next(buffer: Uint8Array): Step {
      const end = indexOrEnd(buffer, isLineEnd);
      if (end > LINE_BYTES_MAX) return drop(end, 'too_long');
      if (end === buffer.length) return WAIT;
      const text = printable(buffer.subarray(0, end));
      if (text === null) return drop(end + 1, 'malformed');
      return text === '' ? drop(end + 1, null) : take(text, end + 1);
    },
  };
}

/** Drops control characters, among them a STX and ETX around the record; null where a byte has its top bit set. */
function printable(bytes: Uint8Array): string | null {
  if (bytes.some((byte) => byte >= 0x7f)) return null;
  return ascii(bytes.filter((byte) => byte >= 0x20));
}

/** A barcode scanner or an ASCII reader: the bare code and an end of line, optionally with an AIM symbology prefix. */
export const plainLineFormat: FrameFormat = { ...lineFormat(takePlain), startsAfterSilence: true };

/** As the plain line, from a device set to send no end of line at all: a silence ends the record. */
export const silentLineFormat: FrameFormat = {
  ...plainLineFormat,
  atSilence(buffer: Uint8Array): Taken {
    const text = printable(buffer);
    if (text === null || buffer.length > LINE_BYTES_MAX) return drop(buffer.length, 'malformed');
    return text === '' ? drop(buffer.length, null) : takePlain(text, buffer.length);
  },
};

function takePlain(text: string, bytes: number): Taken {
  return read(bytes, text.replace(AIM_PREFIX, '').trim(), 'text');
}

/**
 * A Wiegand-to-serial converter: 6 hexadecimal digits (W26), 8 (W34) or 10 decimal ones. A key of the reader's keypad is
 * a single character without an end, and goes as a cut frame.
 *
 * @param isReversed for converters that send the bytes of the number in the other order
 */
export function wiegandFormat(isReversed: boolean): FrameFormat {
  const lines = lineFormat((line, bytes) => {
    const text = isReversed ? (line.match(/../g) ?? []).reverse().join('') : line;
    if (/^[0-9A-Fa-f]{6}$/.test(line)) return read(bytes, text, 'bits24');
    if (/^[0-9A-Fa-f]{8}$/.test(line)) return read(bytes, text, 'bits32');
    if (/^\d{10}$/.test(line) && Number(line) < 2 ** 32) return read(bytes, line, 'decimal32');
    return drop(bytes, 'malformed');
  });
  return { ...lines, startsAfterSilence: true };
}

const TRACK = /;(\d{1,37})(=\d{0,36})?\?(.?)/;
const UNREADABLE = /[;%+]E\?/;

/**
 * Track 2 of a magnetic stripe. The badge number is the digits before the separator.
 *
 * @param hasLrc whether the reader sends the LRC after the end sentinel; then it must agree. Without, a single character
 *   there is a status of the reader and is ignored.
 */
export function magstripeFormat(hasLrc: boolean): FrameFormat {
  const lines = lineFormat((line, bytes) => takeTrack(line, bytes, hasLrc));
  return {
    next(buffer: Uint8Array): Step {
      // Readers set to bracket the message send ETX after the CR: it must not stand before the next record.
      const brackets = indexOrEnd(buffer, (byte) => byte !== STX && byte !== ETX && byte !== ESC);
      return brackets > 0 ? drop(brackets, null) : lines.next(buffer);
    },
  };
}

function takeTrack(line: string, bytes: number, hasLrc: boolean): Step {
  const match = TRACK.exec(line);
  // An insertion reader reports an unreadable track 1 before a good track 2: the good one counts.
  if (match === null) return drop(bytes, UNREADABLE.test(line) ? 'track_unreadable' : 'malformed');
  const [, number = '', rest = '', trailer = ''] = match;
  if (rest !== '' && isPaymentCardNumber(number)) return drop(bytes, 'payment_card');
  if (hasLrc && trackLrc(`;${number}${rest}?`) !== trailer) return drop(bytes, 'wrong_check');
  return read(bytes, number, 'text');
}

/**
 * The longitudinal check character of a track as serial readers write it.
 *
 * @param track from the start sentinel `;` to the end sentinel `?` inclusive
 * @see ISO/IEC 7811-2: XOR of the 4-bit values, written as 30h + value
 */
export function trackLrc(track: string): string {
  let check = 0;
  for (const character of track) check ^= character.charCodeAt(0) - 0x30;
  return String.fromCharCode(0x30 + check);
}

/** A payment card's number: 13 to 19 digits that pass the Luhn check. It must not be stored or logged. */
function isPaymentCardNumber(number: string): boolean {
  if (number.length < 13 || number.length > 19) return false;
  const sum = [...number].reverse().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
