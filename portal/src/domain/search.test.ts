import { serviceDate } from '@campanella/vocabulary';
import { expect, test } from '@jest/globals';
import { hasUnreadableDay, includesDay, rangeFault, readSearch, readView, withView, writeSearch } from './search.ts';

const standard = { from: serviceDate('2024-11-13'), to: serviceDate('2024-12-13') };

test('a search written to an address is read back the same', () => {
  const search = { subject: '0198c7aa', from: serviceDate('2023-04-13'), to: serviceDate('2024-12-13') };
  expect(readSearch(writeSearch(search, 'badge'), 'badge', standard)).toEqual(search);
});

test.each(['', 'da=&a=', 'da=2024-02-30&a=domani', 'utente=x'])(
  'the address "%s" gives the default days',
  (address) => {
    expect(readSearch(new URLSearchParams(address), 'badge', standard)).toEqual({ subject: null, ...standard });
  },
);

test.each([
  ['da=2024-02-30&a=2024-03-01', true],
  ['da=2024-02-01&a=domani', true],
  ['da=31/12/2024', true],
  ['da=2024-02-29&a=9999-12-31', false],
  ['', false],
])('that the address "%s" asks for a day that there is not is %s', (address, isSo) => {
  expect(hasUnreadableDay(new URLSearchParams(address))).toBe(isSo);
});

test.each([
  ['2024-11-13', '2024-12-13', null],
  ['2024-12-13', '2024-12-13', null],
  ['2023-04-13', '2024-12-13', null],
  ['2024-12-14', '2024-12-13', 'inverted'],
  ['', '2024-12-13', 'missing_from'],
  ['2024-12-13', '', 'missing_to'],
  ['2024-02-30', '2024-12-13', 'missing_from'],
  ['1024-12-13', '2024-12-13', 'absurd_year'],
  ['9999-01-01', '9999-12-31', 'absurd_year'],
  ['2021-12-14', '2024-12-13', null],
  ['2021-12-13', '2024-12-13', 'too_long'],
])('the range %s to %s has the fault %s', (from, to, fault) => {
  expect(rangeFault(from, to)).toBe(fault);
});

test('a range keeps itself fresh on its last day and not the day after', () => {
  expect(includesDay(standard, serviceDate('2024-12-13'))).toBe(true);
  expect(includesDay(standard, serviceDate('2024-12-14'))).toBe(false);
});

test('the layout comes back from the address that it was written to, beside the search', () => {
  const address = new URLSearchParams({ utente: 'p', da: '2026-11-01', a: '2026-11-30' });
  const calendar = withView(address, 'calendar');
  expect(readView(calendar)).toBe('calendar');
  expect(calendar.get('utente')).toBe('p');
  expect(readView(withView(calendar, 'list'))).toBe('list');
  expect(withView(calendar, 'list').toString()).toBe(address.toString());
  expect(readView(new URLSearchParams({ vista: 'altro' }))).toBe('list');
});
