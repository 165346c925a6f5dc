import { expect, test } from '@jest/globals';
import { TEXTS } from '../screen/texts.ts';
import type { JournalState, LineState, ReaderState } from '../src/app/terminal.ts';
import { COLOUR_OF } from '../src/domain/judge-swipe.ts';

test('every verdict, state and colour has its Italian text', () => {
  expect(Object.keys(TEXTS.verdicts).sort()).toEqual(Object.keys(COLOUR_OF).sort());
  expect(Object.keys(TEXTS.colours).sort()).toEqual([...new Set(Object.values(COLOUR_OF))].sort());
  // Types hold the agent's words against the page's: a new state does not compile until it has a text.
  const lines: Record<LineState, unknown> = TEXTS.line;
  const readers: Record<ReaderState, unknown> = TEXTS.reader;
  const journal: Record<JournalState, unknown> = TEXTS.journal;
  for (const texts of [lines, readers, journal]) expect(Object.values(texts)).not.toContain(undefined);
});

test('the screen that the children see says nothing of money', () => {
  const words = JSON.stringify(TEXTS, (_name, value) => (typeof value === 'function' ? value(2) : value));
  expect(words).not.toMatch(/€|euro|credit|debit|addebit|saldo|paga(?!mento: usare)|soldi|costo/i);
});
