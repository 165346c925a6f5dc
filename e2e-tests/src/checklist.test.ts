import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ROOT } from './config.ts';

/** How many lines each section of the portal's acceptance criteria has. */
const LINES = [7, 3, 6, 8, 6, 4, 8, 3, 5, 5, 5];

const checklist = readFileSync(`${ROOT}docs/portal-checklist.md`, 'utf8');

test('the checklist of the portal has every line once, in order', () => {
  const wanted = LINES.flatMap((count, section) =>
    Array.from({ length: count }, (_, line) => `S${section}.${line + 1}`),
  );
  expect([...checklist.matchAll(/^\| (S\d+\.\d+) \|/gm)].map(([, id]) => id)).toEqual(wanted);
});

test('every test that the checklist names is there', () => {
  const named = [...checklist.matchAll(/`([^`]+\.test\.ts)` “([^”]+)”/g)];
  const missing = named.filter(([, file = '', name = '']) => {
    const source = readFileSync(`${ROOT}${file}`, 'utf8');
    return !source.includes(`'${name}'`) && !source.includes(`"${name}"`);
  });
  expect(missing.map(([text]) => text)).toEqual([]);
  expect(named.length).toBeGreaterThan(60);
});
