import { addDays, type ServiceDate, serviceDate } from '@campanella/vocabulary';
import Holidays from 'date-holidays';

/** A school year: from 1 September to 31 August, so that a demonstration in summer has pupils too. */
export interface DemoSchoolYear {
  readonly name: string;
  readonly from: ServiceDate;
  readonly until: ServiceDate;
}

/** The school year that a day belongs to. */
export function schoolYearOf(day: ServiceDate): DemoSchoolYear {
  const calendarYear = Number(day.slice(0, 4));
  const start = day.slice(5) >= '09-01' ? calendarYear : calendarYear - 1;
  return {
    name: `${start}/${start + 1}`,
    from: serviceDate(`${start}-09-01`),
    until: serviceDate(`${start + 1}-08-31`),
  };
}

const holidaysOfYear = new Map<string, ReadonlyMap<string, string>>();

/** Names of the public holidays of a year, by day. */
function publicHolidays(calendarYear: string): ReadonlyMap<string, string> {
  const known = holidaysOfYear.get(calendarYear);
  if (known !== undefined) return known;
  const days = new Map(
    new Holidays('IT')
      .getHolidays(Number(calendarYear))
      .filter((holiday) => holiday.type === 'public')
      .map((holiday) => [holiday.date.slice(0, 10), holiday.name] as const),
  );
  holidaysOfYear.set(calendarYear, days);
  return days;
}

/**
 * Says whether the canteens of the demo town serve on a day: Monday to Friday, except Italian public holidays, Christmas
 * (24 December to 6 January) and August. July is the summer camp's.
 */
export function isServiceDay(day: ServiceDate): boolean {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  const monthAndDay = day.slice(5);
  if (weekday === 0 || weekday === 6) return false;
  if (monthAndDay >= '12-24' || monthAndDay <= '01-06') return false;
  if (monthAndDay.startsWith('08-')) return false;
  return !publicHolidays(day.slice(0, 4)).has(day);
}

/** Why the canteens are closed on a weekday; null where they serve, on Saturdays and Sundays, and in August. */
export function closureReason(day: ServiceDate): string | null {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  if (weekday === 0 || weekday === 6 || isServiceDay(day) || day.slice(5, 7) === '08') return null;
  return publicHolidays(day.slice(0, 4)).get(day) ?? 'Vacanze di Natale';
}

/** The service days of a span, ends included, oldest first. */
export function serviceDaysBetween(from: ServiceDate, until: ServiceDate): readonly ServiceDate[] {
  const days: ServiceDate[] = [];
  for (let day = from; day <= until; day = addDays(day, 1)) {
    if (isServiceDay(day)) days.push(day);
  }
  return days;
}

/** Longest reach of the history: attendance takes no swipe older than 60 days. */
const HISTORY_DAYS_MAX = 58;

/** The last service days before a day, oldest first: so many, or fewer where the canteens were closed. */
export function serviceDaysBefore(today: ServiceDate, count: number): readonly ServiceDate[] {
  return serviceDaysBetween(addDays(today, -HISTORY_DAYS_MAX), addDays(today, -1)).slice(-count);
}
