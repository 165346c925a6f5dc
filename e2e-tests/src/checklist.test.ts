import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ROOT } from './config.ts';

/** How many lines each section of the portal's acceptance criteria has. */
const LINES = [7, 3, 6, 8, 6, 4, 8, 3, 5, 5, 5];
/** Where people's sentences are. */
const CATALOGUES = [
  'portal/src/texts/italian.ts',
  'packages/service-kit/src/http-app.ts',
  'packages/csv-import/src/faults.ts',
  'services/anagrafica/src/refusal-sentences.ts',
  'services/anagrafica/src/import/faults.ts',
  'services/anagrafica/src/http/fascicolo-api.ts',
  'services/attendance/src/http/messages.ts',
  'services/attendance/src/import/faults.ts',
];

const read = (file: string) => readFileSync(`${ROOT}${file}`, 'utf8');
const checklist = read('docs/portal-checklist.md');

test('the checklist of the portal has every line once, in order', () => {
  const wanted = LINES.flatMap((count, section) =>
    Array.from({ length: count }, (_, line) => `S${section}.${line + 1}`),
  );
  expect([...checklist.matchAll(/^\| (S\d+\.\d+) \|/gm)].map(([, id]) => id)).toEqual(wanted);
});

test.each([
  ['docs/portal-checklist.md', 60],
  ['docs/bad-input.md', 60],
])('every test that %s names is there', (document, namedMin) => {
  const named = [...read(document).matchAll(/`([^`]+\.test\.ts)` “([^”]+)”/g)];
  const missing = named.filter(([, file = '', name = '']) => {
    const source = read(file);
    return !source.includes(`'${name}'`) && !source.includes(`"${name}"`);
  });
  expect(missing.map(([text]) => text)).toEqual([]);
  expect(named.length).toBeGreaterThan(namedMin);
});

test('every line of the answers to wrong input names a test', () => {
  const lines = read('docs/bad-input.md')
    .split('\n')
    .filter((line) => /^\| (?!what|---)/.test(line));
  expect(lines.filter((line) => !/\.test\.ts` “/.test(line))).toEqual([]);
  expect(lines.length).toBeGreaterThan(40);
});

test('every sentence that is told of wrong input is in a catalogue, letter by letter', () => {
  const catalogues = CATALOGUES.map(read).join('\n');
  const sentences = [...read('docs/bad-input.md').matchAll(/«([^»]{2,})»/g)].map(([, sentence = '']) => sentence);
  const missing = sentences.filter((sentence) => sentence.split('…').some((part) => !catalogues.includes(part.trim())));
  expect(missing).toEqual([]);
  expect(sentences.length).toBeGreaterThan(30);
});
