import { expect, test } from '@jest/globals';
import { isHonestQuery, isHonestValue } from './sent-value.ts';

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

test.each([
  ['a form', { days: ['2026-11-24'], note: 'Pranzo al sacco: così, “domani”', amountCents: 1_050 }],
  ['nothing', null],
  ['twenty levels', nested(20)],
  ['the biggest whole number', Number.MAX_SAFE_INTEGER],
])('%s passes', (_what, value) => {
  expect(isHonestValue(value)).toBe(true);
});

test.each([
  ['twenty-one levels', nested(21)],
  ['NUL in a text', { a: ['x\u0000y'] }],
  ['NUL in a name', { 'a\u0000': 1 }],
  ['a text that turns its direction', 'RSSMRA\u202e08A'],
  ['a text with an isolate', '\u2066x'],
  ['a number beyond all', JSON.parse('1e999')],
  ['a number that is rounded', JSON.parse('9007199254740993')],
  ['a negative one', -1e300],
])('%s does not', (_what, value) => {
  expect(isHonestValue(value)).toBe(false);
});

test.each([
  ['from=2026-11-01&to=2026-11-30', true],
  ['nome=Citt%C3%A0', true],
  ['nome=a%00b', false],
  ['nome=%E2%80%AEabc', false],
  ['nome=%e2%81%a6abc', false],
])('the query %s', (query, isHonest) => {
  expect(isHonestQuery(query)).toBe(isHonest);
});
