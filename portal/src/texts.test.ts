import { expect, test } from '@jest/globals';
import { ENGLISH } from './texts/english.ts';
import { ITALIAN } from './texts/italian.ts';
import { TEXTS } from './texts.ts';

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function') return [String(value('x', 'y', 'z', 'w'))];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
}

/** Texts of two catalogues side by side. */
function zip(one: unknown, other: unknown): (readonly [string, string])[] {
  const [first, second] = [leaves(one), leaves(other)];
  expect(second).toHaveLength(first.length);
  return first.map((text, index) => [text, second[index] ?? '']);
}

/** What is called the same in both. */
const SAME = [
  'AgID, Agenzia per l’Italia Digitale',
  'Badge',
  'Comune di x',
  "Consultazione non possibile, verificare il codice fiscale dell'utente",
  'Password',
  'SPID, Sistema Pubblico di Identità Digitale',
  'Username',
];

test('the refusal is the known sentence, letter by letter', () => {
  expect(TEXTS.refusal.text).toBe("Consultazione non possibile, verificare il codice fiscale dell'utente");
  expect(TEXTS.refusal.close).toBe('Chiudi');
});

test('every outcome of a sign-in says what happened and what to do next', () => {
  for (const { title, what, todo } of Object.values(TEXTS.signIn.outcomes)) {
    expect(title).not.toMatch(/nr\d|_/);
    expect(what).toMatch(/\.$/);
    expect(todo.join(' ')).toMatch(/riprova|rivolgiti/i);
  }
});

test('the wait after too many attempts is told in minutes', () => {
  const { text } = TEXTS.signIn.company.tooManyAttempts;
  expect(text(1)).toContain('tra 1 minuto.');
  expect(text(14)).toContain('tra 14 minuti.');
  expect(text(null)).toContain('tra qualche minuto.');
});

test('without a choice the page is in Italian', () => {
  expect(TEXTS).toBe(ITALIAN);
});

test('the refusal is the known sentence in English too', () => {
  expect(ENGLISH.refusal.text).toBe(ITALIAN.refusal.text);
});

test('no English text was left in Italian, but for names and numbers', () => {
  const pairs = zip(ITALIAN, ENGLISH).filter(
    ([italian, english]) => italian === english && /[a-zàèéìòù]{4}/.test(italian),
  );
  expect([...new Set(pairs.map(([italian]) => italian))].sort()).toEqual([...SAME].sort());
});

test.each([
  ['Italian', ITALIAN],
  ['English', ENGLISH],
])('no %s text is empty or has blanks at its ends, but for the status of a badge in use', (_language, catalogue) => {
  const texts = leaves({ ...catalogue, search: { ...catalogue.search, badgeStatus: {} } });
  expect(texts.length).toBeGreaterThan(150);
  for (const text of texts) expect(text).toBe(text.trim());
  expect(texts).not.toContain('');
});
