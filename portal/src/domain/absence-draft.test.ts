import { serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { daysOf, firstDay, readDraft, writeDraft } from './absence-draft.ts';

const TODAY = serviceDate('2026-11-23');

test('a draft survives the page address, half typed or whole', () => {
  for (const draft of [
    { pupilId: 'a', from: '24/11/2026', to: '2', type: 'absent' },
    { pupilId: null, from: '', to: null, type: null },
  ]) {
    expect(readDraft(writeDraft(draft))).toEqual(draft);
  }
});

test.each([
  ['', '24/11/2026', 'missing_from'],
  ['24/11/2026', '31/02/2027', 'missing_to'],
  ['25/11/2026', '24/11/2026', 'inverted'],
  ['20/11/2026', '22/11/2026', 'past'],
  ['24/11/2026', '25/01/2027', 'range_too_long'],
])('from %j to %j is %s', (from, to, fault) => {
  expect(daysOf({ from, to }, TODAY)).toBe(fault);
});

test('a range that began before today is sent: the day that has passed is refused for itself', () => {
  expect(daysOf({ from: '20/11/2026', to: '24/11/2026' }, TODAY)).toEqual({ from: '2026-11-20', to: '2026-11-24' });
});

test('the form begins with the first day that is still open', () => {
  expect(firstDay('2026-11-25', TODAY)).toBe('2026-11-25');
  expect(firstDay(null, TODAY)).toBe('2026-11-24');
});
