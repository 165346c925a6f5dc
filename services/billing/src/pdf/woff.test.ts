import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { unpackWoff } from './woff.ts';

const FONT = createRequire(import.meta.url).resolve('@fontsource/roboto-mono/files/roboto-mono-latin-700-normal.woff');

/** Tables of a TrueType font by tag, with the check sum that its directory tells and the one that its bytes have. */
function tablesOf(font: Buffer): ReadonlyMap<string, { readonly told: number; readonly found: number }> {
  const tables = Array.from({ length: font.readUInt16BE(4) }, (_, index) => {
    const entry = 12 + index * 16;
    const [told = 0, from = 0, bytes = 0] = [4, 8, 12].map((place) => font.readUInt32BE(entry + place));
    let found = 0;
    for (let at = from; at < from + bytes; at += 4) found = (found + font.readUInt32BE(at)) % 2 ** 32;
    return [font.toString('latin1', entry, entry + 4), { told, found }] as const;
  });
  return new Map(tables);
}

test('a font of the web is unpacked to tables whose check sums are those that were packed', () => {
  const tables = tablesOf(unpackWoff(readFileSync(FONT)));
  for (const tag of ['cmap', 'glyf', 'head', 'loca', 'name']) expect([...tables.keys()]).toContain(tag);
  // The sum of `head` is told as if its own field for the whole font's were empty.
  const sums = [...tables].filter(([tag]) => tag !== 'head').map(([, sum]) => sum);
  expect(sums.map(({ found }) => found)).toEqual(sums.map(({ told }) => told));
});

test('what is no font of the web is refused', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('wOF2'.padEnd(60, '\0')), readFileSync(FONT).subarray(0, 20)]) {
    expect(() => unpackWoff(bytes)).toThrow(RangeError);
  }
});
