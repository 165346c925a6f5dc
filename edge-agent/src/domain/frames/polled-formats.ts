import { drop, hex, indexOrEnd, read, WAIT, xor } from './bytes.ts';
import type { FrameFormat, Step } from './frame-format.ts';

/** Often enough that a held card stays one tap, seldom enough for 9600 baud. */
const ASK_EVERY_MS = 150;
/** Longer than any answer that carries a UID. */
const LENGTH_MAX = 64;

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16));
}

/** StrongLink SL025 class: `BD LEN CMD STATUS data XOR`, asked with "select card". */
export const sl025Format: FrameFormat = {
  poll: { opening: [], questions: [bytes('BA 02 01 B9')], everyMs: ASK_EVERY_MS },
  next(buffer: Uint8Array): Step {
    const start = indexOrEnd(buffer, (byte) => byte === 0xbd);
    if (start > 0) return drop(start, 'noise');
    const length = buffer[1];
    if (length === undefined) return WAIT;
    if (length < 3 || length > LENGTH_MAX) return drop(1, 'malformed');
    const total = length + 2;
    if (buffer.length < total) return WAIT;
    if (xor(buffer.subarray(0, total)) !== 0) return drop(1, 'wrong_check');
    const [, , command, status] = buffer;
    if (command !== 1 || status === NO_TAG) return drop(total, null);
    if (status !== 0) return drop(total, status === CHECKSUM_ERROR ? 'wrong_check' : 'malformed');
    return readUid(buffer.subarray(4, total - 2), total);
  },
};

const NO_TAG = 0x01;
const CHECKSUM_ERROR = 0xf0;

/**
 * SL060, SL500 and look-alikes: `AA BB LEN 00 DEVICE(2) COMMAND(2) STATUS data XOR`. After LEN every AA is followed by a 00
 * that LEN does not count. The XOR covers DEVICE to data: of the vendor's two rules the one its own example follows.
 */
export const aabbFormat: FrameFormat = {
  poll: {
    opening: [],
    questions: [bytes('AA BB 06 00 00 00 01 02 52 51'), bytes('AA BB 05 00 00 00 02 02 00')],
    everyMs: ASK_EVERY_MS,
  },
  next(buffer: Uint8Array): Step {
    const start = indexOrEnd(buffer, (byte) => byte === 0xaa);
    if (start > 0) return drop(start, 'noise');
    const [, second, length, lengthHigh] = buffer;
    if (second === undefined) return WAIT;
    if (second !== 0xbb) return drop(1, 'noise');
    if (length === undefined || lengthHigh === undefined) return WAIT;
    if (lengthHigh !== 0 || length < 6 || length > LENGTH_MAX) return drop(2, 'malformed');
    const body = unstuff(buffer.subarray(4), length);
    if (body === 'cut') return WAIT;
    if (body === 'restarted') return drop(2, 'cut_frame');
    const total = 4 + body.taken;
    if (xor(body.bytes) !== 0) return drop(2, 'wrong_check');
    const isUid = body.bytes[2] === 2 && body.bytes[3] === 2 && body.bytes[4] === 0;
    // The answer to a request, and "no card" to an anticollision, say that nothing was read.
    return isUid ? readUid(body.bytes.subarray(5, -1), total) : drop(total, null);
  },
};

function unstuff(stuffed: Uint8Array, length: number): { bytes: Uint8Array; taken: number } | 'cut' | 'restarted' {
  const plain = new Uint8Array(length);
  let taken = 0;
  for (let at = 0; at < length; at += 1) {
    const byte = stuffed[taken];
    if (byte === undefined) return 'cut';
    plain[at] = byte;
    taken += 1;
    // The XOR itself is not stuffed.
    if (byte !== 0xaa || at === length - 1) continue;
    if (stuffed[taken] === undefined) return 'cut';
    if (stuffed[taken] !== 0) return 'restarted';
    taken += 1;
  }
  return { bytes: plain, taken };
}

/** PN532 in HSU mode: `00 00 FF LEN LCS D5 data DCS 00`, woken up, configured, and asked for a 106A target. */
export const pn532Format: FrameFormat = {
  poll: {
    opening: [bytes('55 55 00 00 00 00 00 00 00 00 00 00 00 00 00 00'), bytes('00 00 FF 03 FD D4 14 01 17 00')],
    questions: [bytes('00 00 FF 04 FC D4 4A 01 00 E1 00')],
    everyMs: ASK_EVERY_MS,
  },
  next(buffer: Uint8Array): Step {
    const start = indexOrEnd(buffer, (byte) => byte === 0);
    if (start > 0) return drop(start, 'noise');
    const [, mark, length, lengthCheck] = buffer;
    if (mark === undefined) return WAIT;
    // Preambles and postambles are zeros, as many as there are.
    if (mark !== 0xff) return drop(1, null);
    if (length === undefined || lengthCheck === undefined) return WAIT;
    if ((length === 0 && lengthCheck === 0xff) || (length === 0xff && lengthCheck === 0)) return drop(4, null);
    if (((length + lengthCheck) & 0xff) !== 0 || length > LENGTH_MAX) return drop(2, 'wrong_check');
    const total = 4 + length + 1;
    if (buffer.length < total) return WAIT;
    const body = buffer.subarray(4, total);
    if ((body.reduce((sum, byte) => sum + byte, 0) & 0xff) !== 0) return drop(2, 'wrong_check');
    return readTarget(body.subarray(0, -1), total);
  },
  atSilence: (buffer: Uint8Array) => drop(buffer.length, buffer.every((byte) => byte === 0) ? null : 'cut_frame'),
};

/** `D5 4B`, number of targets, target, ATQA (2), SAK, UID length, UID. */
function readTarget(body: Uint8Array, total: number): Step {
  if (body[0] !== 0xd5) return drop(total, 'malformed');
  if (body[1] !== 0x4b || body[2] === 0) return drop(total, null);
  const uid = body.subarray(8, 8 + (body[7] ?? 0));
  // Phones and some identity cards make such a UID anew at every tap: it is no badge.
  return uid.length === 4 && uid[0] === 0x08 ? drop(total, 'malformed') : readUid(uid, total);
}

function readUid(uid: Uint8Array, total: number): Step {
  return uid.length === 4 || uid.length === 7 ? read(total, hex(uid), 'text') : drop(total, 'malformed');
}
