import { expect, test } from '@jest/globals';
import { TEXTS } from './texts.ts';

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function') return [String(value('x', 'y'))];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
}

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

test('no text is empty or has blanks at its ends, but for the status of a badge in use', () => {
  const texts = leaves({ ...TEXTS, search: { ...TEXTS.search, badgeStatus: {} } });
  expect(texts.length).toBeGreaterThan(150);
  for (const text of texts) expect(text).toBe(text.trim());
  expect(texts).not.toContain('');
});
