import { addDays, type ServiceDate, serviceDate } from '@campanella/vocabulary';
import { currentMonth, type DayRange } from './days.ts';

const DAYS_A_WEEK = 7;

/**
 * A calendar month as weeks from Monday to Sunday.
 *
 * @param day any day of the month
 * @returns weeks of seven; null where a place belongs to another month
 */
export function monthGrid(day: ServiceDate): readonly (readonly (ServiceDate | null)[])[] {
  const { from, to } = currentMonth(day);
  const blanks = (new Date(`${from}T00:00:00Z`).getUTCDay() + DAYS_A_WEEK - 1) % DAYS_A_WEEK;
  const lastDay = Number(to.slice(8));
  const weekCount = Math.ceil((blanks + lastDay) / DAYS_A_WEEK);
  return Array.from({ length: weekCount }, (_, week) =>
    Array.from({ length: DAYS_A_WEEK }, (_, weekday) => {
      const offset = week * DAYS_A_WEEK + weekday - blanks;
      return offset < 0 || offset >= lastDay ? null : addDays(from, offset);
    }),
  );
}

/** The whole month before or after that of a day. */
export function neighbourMonth(day: ServiceDate, direction: -1 | 1): DayRange {
  const { from, to } = currentMonth(day);
  return currentMonth(addDays(direction === 1 ? to : from, direction));
}

/** The first days of the months that have one of these days, newest month first. */
export function monthsOf(days: readonly string[]): readonly ServiceDate[] {
  return [...new Set(days.map((day) => `${day.slice(0, 8)}01`))].sort().reverse().map(serviceDate);
}
