import type { FrameFormat } from './frame-format.ts';
import { magstripeFormat, plainLineFormat, silentLineFormat, wiegandFormat } from './line-formats.ts';
import { aabbFormat, pn532Format, sl025Format } from './polled-formats.ts';
import { em18Format, stxFormat } from './stx-formats.ts';

/** Every format that a reader can be configured with, by the name the configuration uses. */
export const FORMATS = {
  auto: stxFormat(['rdm6300', 'id12', 'em_plain', 'decimal_lrc', 'binary_len']),
  rdm6300: stxFormat(['rdm6300']),
  em18: em18Format,
  id12: stxFormat(['id12']),
  em_plain: stxFormat(['em_plain']),
  decimal_lrc: stxFormat(['decimal_lrc']),
  binary_len: stxFormat(['binary_len']),
  line: plainLineFormat,
  line_silence: silentLineFormat,
  wiegand: wiegandFormat(false),
  wiegand_reversed: wiegandFormat(true),
  magstripe: magstripeFormat(false),
  magstripe_lrc: magstripeFormat(true),
  sl025: sl025Format,
  aabb: aabbFormat,
  pn532: pn532Format,
} satisfies Record<string, FrameFormat>;

export type FormatName = keyof typeof FORMATS;

/** The formats' names, the first being the default. */
export const FORMAT_NAMES = [
  'auto',
  'rdm6300',
  'em18',
  'id12',
  'em_plain',
  'decimal_lrc',
  'binary_len',
  'line',
  'line_silence',
  'wiegand',
  'wiegand_reversed',
  'magstripe',
  'magstripe_lrc',
  'sl025',
  'aabb',
  'pn532',
] as const satisfies readonly FormatName[];
