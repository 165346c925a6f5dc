import { expect, test } from '@jest/globals';
import { outcomeOf } from './sign-in-outcome.ts';

test('an address without a failure has nothing to explain', () => {
  expect(outcomeOf(null, 'nr25')).toBeNull();
});

test.each([
  ['cancelled', null, 'cancelled'],
  ['cancelled', 'nr25', 'nr25'],
  ['provider_error', 'nr19', 'nr19'],
  ['provider_error', 'level_too_low', 'level_too_low'],
  ['certificate_refused', 'expired', 'card_expired'],
  ['certificate_refused', 'no_certificate', 'card_no_certificate'],
  ['legal_person', null, 'legal_person'],
])('%s with code %s is explained as %s', (failure, code, key) => {
  expect(outcomeOf(failure, code)?.key).toBe(key);
});

test.each([
  ['provider_error', 'nr24', 'provider_error'],
  ['provider_error', 'revoked', 'provider_error'],
  ['certificate_refused', 'nr25', 'certificate_refused'],
  ['expired', 'expired', 'expired'],
  ['made_up', 'nr99', 'unavailable'],
  ['toString', 'constructor', 'unavailable'],
])('%s with the code %s, unknown or of another failure, is explained as %s', (failure, code, key) => {
  expect(outcomeOf(failure, code)?.key).toBe(key);
});

test('nothing that a link says is shown to anybody', () => {
  const outcome = outcomeOf('Chiama il numero 000', 'e di’ il tuo PIN');
  expect(outcome).toEqual({ key: 'unavailable', reference: 'unavailable' });
});
