import { expect, test } from '@jest/globals';
import { BadgeFormError, frameOf, type ReaderFormat } from './frames.ts';

test.each<[ReaderFormat, string, string]>([
  ['rdm6300', '0100CDA4EC', '0230313030434441344543383403'],
  ['em18', '4500C5D1E9', '343530304335443145394238'],
  ['id12', '0100CDA4EC', '023031303043444134454338340d0a03'],
  ['em_plain', '50008C0891', '02353030303843303839310d0a03'],
  ['decimal_lrc', '0013477100', '02303031333437373130300306'],
  ['binary_len', '06008E6D5D', '020a0206008e6d5db003'],
  ['line', '0013477100', '303031333437373130300d0a'],
  ['wiegand', 'CDA4EC', '4344413445430d'],
  ['magstripe', '000012345', '3b3030303031323334353f0d'],
  ['magstripe_lrc', '000012345', '3b3030303031323334353f350d'],
])('%s writes %s as its maker says', (format, badge, bytes) => {
  expect(frameOf(badge, format).toString('hex')).toBe(bytes);
});

test.each<[ReaderFormat, string]>([
  ['rdm6300', '123'],
  ['rdm6300', '0100CDA4EG'],
  ['decimal_lrc', 'CDA4EC'],
  ['magstripe', 'MAT-1'],
])('%s cannot have read %s', (format, badge) => {
  expect(() => frameOf(badge, format)).toThrow(BadgeFormError);
});
