import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { covers } from './font-coverage.ts';

const { resolve } = createRequire(import.meta.url);
const fontOf = (file: string) => new Uint8Array(readFileSync(resolve(file)));
const PAGE = 'bootstrap-italia/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-regular.ttf';
const WIDE = 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf';

/** Letters of the official languages of Europe that are written in Latin, and the signs of amounts and sentences. */
const LATIN = 'ÀÁÂÃÄÅĀĂĄÆÇĆČĊĎĐÈÉÊËĒĖĘĚĞĠĢĦÌÍÎÏĪĮİıĶĹĻĽŁÑŃŅŇÒÓÔÕÖØŐŒŔŘŚŠŞȘŤŢȚÙÚÛÜŪŮŰŲŴÝŶŸŹŽŻÞß −€’“”–…\u00a0';

test.each([
  ['the page’s font has every Latin letter of Europe', PAGE, [LATIN, LATIN.replace('İ', '').toLowerCase()], true],
  ['the page’s font has no Greek', PAGE, ['Ελένη'], false],
  ['the page’s font has no Cyrillic', PAGE, ['Олена'], false],
  ['the wide font has those too', WIDE, [LATIN, 'Ελένη', 'Олена', 'Əliyev', 'ẞ'], true],
])('%s', (_rule, file, texts, isCovered) => {
  expect(covers(fontOf(file), texts)).toBe(isCovered);
});
