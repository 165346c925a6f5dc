import type { BadgeCoding } from '../reading.ts';
import {
  ascii,
  CR,
  drop,
  ETX,
  hasEmCheck,
  hex,
  indexOrEnd,
  isDecimalDigit,
  isHexDigit,
  LF,
  read,
  STX,
  WAIT,
  xor,
} from './bytes.ts';
import type { FrameFormat, Step, Taken } from './frame-format.ts';

const BINARY_LENGTH = 10;

/** The families that begin with STX. They are told apart by their characters: two of them have the same length. */
export type StxFamily = 'rdm6300' | 'id12' | 'em_plain' | 'decimal_lrc' | 'binary_len';

/**
 * Frames that begin with STX: RDM6300 and its look-alikes, ID-12LA, EM readers without check digits, decimal with LRC,
 * binary with a length. Several families at once are told apart by characters, never by length.
 */
export function stxFormat(families: readonly StxFamily[]): FrameFormat {
  const isOn = new Set(families);
  return {
    next(buffer: Uint8Array): Step {
      const start = indexOrEnd(buffer, (byte) => byte === STX);
      if (start > 0) return drop(start, 'noise');
      const second = buffer[1];
      if (second === undefined) return WAIT;
      // In a text frame a second STX restarts it; 0A can only be the length of a binary one.
      if (second === BINARY_LENGTH && isOn.has('binary_len')) return nextBinary(buffer);
      return nextText(buffer, isOn);
    },
  };
}

function nextText(buffer: Uint8Array, isOn: ReadonlySet<StxFamily>): Step {
  const end = indexOrEnd(buffer, (byte) => !isHexDigit(byte), 1);
  if (end > 13) return drop(end, 'malformed');
  const stop = buffer[end];
  if (stop === undefined) return WAIT;
  if (stop === STX) return drop(end, 'cut_frame');
  const text = ascii(buffer.subarray(1, end));
  if (stop === ETX) {
    if (text.length === 12 && isOn.has('rdm6300')) return checkedEm(text, end + 1);
    if (text.length === 10 && isOn.has('decimal_lrc') && isDecimal(buffer.subarray(1, end)))
      return nextDecimal(buffer, end, text);
    return drop(end + 1, 'malformed');
  }
  if (stop === CR) return nextWithLine(buffer, end, text, isOn);
  return drop(end + 1, 'malformed');
}

/** CR LF stand before ETX in this envelope. */
function nextWithLine(buffer: Uint8Array, end: number, text: string, isOn: ReadonlySet<StxFamily>): Step {
  for (const [offset, wanted] of [LF, ETX].entries()) {
    const at = end + 1 + offset;
    const byte = buffer[at];
    if (byte === undefined) return WAIT;
    if (byte !== wanted) return drop(at, 'malformed');
  }
  const bytes = end + 3;
  if (text.length === 12 && isOn.has('id12')) return checkedEm(text, bytes);
  if (text.length === 10 && isOn.has('em_plain')) return read(bytes, text, 'em40');
  return drop(bytes, 'malformed');
}

function checkedEm(text: string, bytes: number): Taken {
  return hasEmCheck(text) ? read(bytes, text.slice(0, 10), 'em40') : drop(bytes, 'wrong_check');
}

/** The LRC comes after ETX and may have any value, STX and ETX included: exactly one byte is counted. */
function nextDecimal(buffer: Uint8Array, end: number, text: string): Step {
  const check = buffer[end + 1];
  if (check === undefined) return WAIT;
  if (xor(buffer.subarray(0, end + 1)) === check) return read(end + 2, text, 'decimal32');
  // A lost LRC leaves the next frame's STX in its place.
  return drop(check === STX ? end + 1 : end + 2, 'wrong_check');
}

/** 02 and 03 may stand inside, so the length counts and not the delimiters; after a fault only the STX is given up. */
function nextBinary(buffer: Uint8Array): Step {
  const type = buffer[2];
  if (type === undefined) return WAIT;
  const coding = CODING_BY_TYPE.get(type);
  if (coding === undefined) return drop(1, 'malformed');
  if (buffer.length < BINARY_LENGTH) return WAIT;
  if (buffer[BINARY_LENGTH - 1] !== ETX) return drop(1, 'malformed');
  if (xor(buffer.subarray(1, BINARY_LENGTH - 1)) !== 0) return drop(1, 'wrong_check');
  return read(BINARY_LENGTH, hex(buffer.subarray(3, 8)), coding);
}

/** 01 MIFARE, 02 EM4100. */
const CODING_BY_TYPE: ReadonlyMap<number, BadgeCoding> = new Map([
  [1, 'text'],
  [2, 'em40'],
]);

function isDecimal(bytes: Uint8Array): boolean {
  return bytes.every(isDecimalDigit);
}

const FRAME_HEX = 12;
/** The frame takes 12.5 ms of the 50 ms after which a held card repeats: 37 ms of silence lie between two. */
const EM18_SILENCE_MS = 20;

/**
 * EM-18: twelve hexadecimal digits and nothing around them. Every rotation of a good frame passes its check too, and so
 * does a half frame followed by another half: the check cannot find the start. So a frame is what stands between two
 * silences, and only if that is one whole frame, or the same one several times (a late reader process gets repeats at once).
 */
export const em18Format: FrameFormat = {
  startsAfterSilence: true,
  silenceMs: EM18_SILENCE_MS,
  next(buffer: Uint8Array): Step {
    return buffer.every((byte) => isHexDigit(byte) || isLineEnd(byte)) ? WAIT : drop(buffer.length, 'noise');
  },
  atSilence(buffer: Uint8Array) {
    const text = ascii(buffer).replaceAll(/[\r\n]/g, '');
    const frame = text.slice(0, FRAME_HEX);
    if (text === '') return drop(buffer.length, null);
    if (text.length % FRAME_HEX !== 0) return drop(buffer.length, 'cut_frame');
    if (frame.repeat(text.length / FRAME_HEX) !== text) return drop(buffer.length, 'malformed');
    return checkedEm(frame, buffer.length);
  },
};

function isLineEnd(byte: number): boolean {
  return byte === CR || byte === LF;
}
