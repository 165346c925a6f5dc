import { parseBadgeNumber } from '@campanella/vocabulary';
import type { BadgeCoding, FrameErrorKind } from '../reading.ts';
import type { Step, Taken } from './frame-format.ts';

export const STX = 0x02;
export const ETX = 0x03;
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const ESC = 0x1b;

export const WAIT: Step = { kind: 'wait' };

export function drop(bytes: number, reason: FrameErrorKind | null): Taken {
  return { kind: 'drop', bytes, reason };
}

/** A good frame of so many bytes; one whose number is no badge number is malformed. */
export function read(bytes: number, text: string, coding: BadgeCoding): Taken {
  const number = parseBadgeNumber(text);
  return number === null ? drop(bytes, 'malformed') : { kind: 'reading', bytes, reading: { number, coding } };
}

export function isHexDigit(byte: number): boolean {
  return isDecimalDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

export function isDecimalDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

export function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

export function xor(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0);
}

/** Where the first byte of the kind stands; the length of the buffer where there is none. */
export function indexOrEnd(buffer: Uint8Array, isWanted: (byte: number) => boolean, from = 0): number {
  const index = buffer.findIndex((byte, at) => at >= from && isWanted(byte));
  return index < 0 ? buffer.length : index;
}

/** Says whether ten hexadecimal digits are followed by the two of their XOR, the check of every EM4100 reader. */
export function hasEmCheck(twelveHexDigits: string): boolean {
  return xor(Uint8Array.from(twelveHexDigits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))) === 0;
}
