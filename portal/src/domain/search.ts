import { parseServiceDate, type ServiceDate } from '@campanella/vocabulary';
import { type DayRange, parseTypedDay } from './days.ts';

/** What a data page is asked to show: whom (a badge's or a pupil's opaque id) and which days. */
export interface Search {
  readonly subject: string | null;
  readonly from: ServiceDate;
  readonly to: ServiceDate;
}

/** Longest range that the services answer. */
export const MONTHS_MAX = 36;

/** Days outside of these are a slip of the finger: `0026`, `9999`. */
const YEARS = { first: '2000-01-01', last: '2099-12-31' } as const;

/** Why a range cannot be searched. */
export type RangeFault = 'missing_from' | 'missing_to' | 'inverted' | 'absurd_year' | 'too_long';

/**
 * Reads a search from a page's address. What is missing or unreadable takes its default, so an old or mistyped link still shows a page.
 *
 * @param subjectName the address' word for the subject: `badge` or `utente`
 */
export function readSearch(address: URLSearchParams, subjectName: string, standard: DayRange): Search {
  return {
    subject: address.get(subjectName),
    from: parseServiceDate(address.get('da') ?? '') ?? standard.from,
    to: parseServiceDate(address.get('a') ?? '') ?? standard.to,
  };
}

/** Says whether an address asks for a day that there is not, like 31/02: then {@link readSearch} took the default, and the page says so. */
export function hasUnreadableDay(address: URLSearchParams): boolean {
  return ['da', 'a'].some((name) => address.has(name) && parseServiceDate(address.get(name) ?? '') === null);
}

/** Writes a search as a page's address; {@link readSearch} reads it back. Ids are opaque: no name and no badge number gets into it. */
export function writeSearch(search: Search, subjectName: string): URLSearchParams {
  const address = new URLSearchParams();
  if (search.subject !== null) address.set(subjectName, search.subject);
  address.set('da', search.from);
  address.set('a', search.to);
  return address;
}

/** How the days of the canteen are laid out. */
export type CanteenView = 'list' | 'calendar';

/** Reads the layout from a page's address; anything but the calendar is the list. */
export function readView(address: URLSearchParams): CanteenView {
  return address.get('vista') === 'calendario' ? 'calendar' : 'list';
}

/** Writes a layout into a page's address; {@link readView} reads it back. */
export function withView(address: URLSearchParams, view: CanteenView): URLSearchParams {
  const changed = new URLSearchParams(address);
  if (view === 'calendar') changed.set('vista', 'calendario');
  else changed.delete('vista');
  return changed;
}

/** Says what is wrong with the two dates of a form, as typed; null when they can be searched. */
export function rangeFault(fromText: string, toText: string): RangeFault | null {
  const from = parseTypedDay(fromText);
  const to = parseTypedDay(toText);
  if (from === null) return 'missing_from';
  if (to === null) return 'missing_to';
  if (from > to) return 'inverted';
  if (from < YEARS.first || to > YEARS.last) return 'absurd_year';
  return monthsBetween(from, to) >= MONTHS_MAX ? 'too_long' : null;
}

/** Says whether something that happens now belongs to the range: then the page keeps itself fresh. */
export function includesDay(range: DayRange, day: ServiceDate): boolean {
  return range.from <= day && day <= range.to;
}

function monthsBetween(from: ServiceDate, to: ServiceDate): number {
  const months = (day: ServiceDate) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));
  return months(to) - months(from) - (to.slice(8) < from.slice(8) ? 1 : 0);
}
