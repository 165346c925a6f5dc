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

test('every failure that the gateway names has an explanation and a next step', () => {
  const kinds = ['cancelled', 'expired', 'provider_error', 'provider_away', 'no_codice_fiscale', 'unavailable'];
  expect(Object.keys(TEXTS.signIn.failures)).toEqual(kinds);
  for (const { text } of Object.values(TEXTS.signIn.failures)) expect(text).toMatch(/riprova|rivolgiti/i);
});

test('no text is empty or has blanks at its ends, but for the status of a badge in use', () => {
  const texts = leaves({ ...TEXTS, search: { ...TEXTS.search, badgeStatus: {} } });
  expect(texts.length).toBeGreaterThan(150);
  for (const text of texts) expect(text).toBe(text.trim());
  expect(texts).not.toContain('');
});
