import type { BadgeNumber } from '@campanella/vocabulary';

/** One good frame: the badge as the reader gave it, and the other forms under which the same card may be registered. */
export interface Reading {
  /** Canonical: hexadecimal and letters in upper case, otherwise exactly the characters read. */
  readonly number: BadgeNumber;
  /** What the number is made of, which decides its aliases. */
  readonly coding: BadgeCoding;
}

/**
 * How a reading writes a card's number: `em40` all five EM4100 bytes in hexadecimal, `bits32` and `bits24` the low four or
 * three bytes in hexadecimal, `decimal32` the low four bytes as ten decimal digits, `text` anything else (no aliases).
 */
export type BadgeCoding = 'em40' | 'bits32' | 'bits24' | 'decimal32' | 'text';

/**
 * Why bytes gave no badge. No error holds the bytes themselves: a badge number is personal data.
 * `noise`: bytes outside any frame. `wrong_check`: check digits disagree. `cut_frame`: a frame that did not end in time.
 * `malformed`: a frame whose content is none. `too_long`: no end within the longest frame.
 * `track_unreadable`: the stripe reader reports a bad track. `payment_card`: a bank card, refused unread.
 */
export type FrameErrorKind =
  | 'noise'
  | 'wrong_check'
  | 'cut_frame'
  | 'malformed'
  | 'too_long'
  | 'track_unreadable'
  | 'payment_card';

export interface FrameError {
  readonly kind: FrameErrorKind;
  /** How many bytes were dropped. */
  readonly bytes: number;
}
