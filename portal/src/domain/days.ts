import { addDays, formatServiceDate, parseServiceDate, type ServiceDate, serviceDate } from '@campanella/vocabulary';
import { chosenLanguage } from '../texts/language.ts';

/** First and last day of a search, both included. */
export interface DayRange {
  readonly from: ServiceDate;
  readonly to: ServiceDate;
}

/** Days and months have names in the language of the page; numbers are written as in Italy in both. */
const NAMES = chosenLanguage() === 'en' ? 'en-GB' : 'it-IT';
const CLOCK_WORD = chosenLanguage() === 'en' ? 'at' : 'alle';
const TIME = new Intl.DateTimeFormat('it-IT', { timeZone: 'Europe/Rome', timeStyle: 'medium' });
const SHORT_TIME = new Intl.DateTimeFormat('it-IT', { timeZone: 'Europe/Rome', timeStyle: 'short' });
const WEEKDAY = new Intl.DateTimeFormat(NAMES, { timeZone: 'UTC', weekday: 'long' });
const MONTH = new Intl.DateTimeFormat(NAMES, { timeZone: 'UTC', month: 'long', year: 'numeric' });
const ROME_DAY = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Rome', dateStyle: 'short' });

/** The same day one month earlier, or that month's last day where it is shorter: 31/03 → 28/02. */
export function monthBefore(day: ServiceDate): ServiceDate {
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7));
  const lastOfMonthBefore = addDays(firstOfMonth(day), -1);
  const [beforeYear, beforeMonth] = month === 1 ? [year - 1, 12] : [year, month - 1];
  const wanted = `${beforeYear}-${String(beforeMonth).padStart(2, '0')}-${day.slice(8)}`;
  return parseServiceDate(wanted) ?? lastOfMonthBefore;
}

/** The last month up to today, the default of the virtual account: 13/11/2024 – 13/12/2024. */
export function lastMonth(today: ServiceDate): DayRange {
  return { from: monthBefore(today), to: today };
}

/** The calendar month of today, the default of the canteen page. */
export function currentMonth(today: ServiceDate): DayRange {
  const from = firstOfMonth(today);
  return { from, to: addDays(firstOfMonth(addDays(from, 31)), -1) };
}

/** A day with its weekday: `lunedì 23/11/2026`. */
export function formatDay(day: string): string {
  const parsed = parseServiceDate(day);
  if (parsed === null) return day;
  return `${WEEKDAY.format(new Date(`${parsed}T00:00:00Z`))} ${formatServiceDate(parsed)}`;
}

/** The month of a day: `novembre 2026`. */
export function formatMonth(day: ServiceDate): string {
  return MONTH.format(new Date(`${day}T00:00:00Z`));
}

/** A day as Italians write it: `23/11/2026`. */
export function formatDate(day: string): string {
  const parsed = parseServiceDate(day);
  return parsed === null ? day : formatServiceDate(parsed);
}

/**
 * Reads a day as somebody types it: `1/9/2026`, `01.09.2026`, `01-09-2026`, `01092026`, or `2026-09-01`. The day always comes before the
 * month, as on every paper of the school.
 *
 * @returns null for anything else, and for a day that no calendar has
 */
export function parseTypedDay(text: string): ServiceDate | null {
  const typed = text.trim();
  const match = /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})$/.exec(typed) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(typed);
  if (match === null) return parseServiceDate(typed);
  const [, day = '', month = '', year = ''] = match;
  return parseServiceDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
}

/** Day and time of an instant on a clock in Rome: `23/11/2026 alle 12:31:05`. */
export function formatInstant(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? instant : `${formatDate(ROME_DAY.format(at))} ${CLOCK_WORD} ${TIME.format(at)}`;
}

/** As {@link formatInstant} without seconds, for a time that somebody set or has to keep: `23/11/2026 alle 09:30`. */
export function formatMinute(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime())
    ? instant
    : `${formatDate(ROME_DAY.format(at))} ${CLOCK_WORD} ${formatTime(instant)}`;
}

/** Time of an instant on a clock in Rome: `12:31`. */
export function formatTime(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? instant : SHORT_TIME.format(at);
}

function firstOfMonth(day: ServiceDate): ServiceDate {
  return serviceDate(`${day.slice(0, 8)}01`);
}
