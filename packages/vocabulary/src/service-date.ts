declare const brand: unique symbol;
declare const wallBrand: unique symbol;

/** A calendar day in Europe/Rome, written `YYYY-MM-DD`, so that text order is time order. */
export type ServiceDate = string & { readonly [brand]: 'ServiceDate' };

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const ROME_DAY = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Rome',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

const ROME_CLOCK = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Rome',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});

/** Parses `YYYY-MM-DD`; null for another shape and for a day that no calendar has, such as 2026-02-30. */
export function parseServiceDate(text: string): ServiceDate | null {
  const match = SHAPE.exec(text);
  if (match === null) return null;
  const instant = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return new Date(instant).toISOString().slice(0, 10) === text ? (text as ServiceDate) : null;
}

/** As {@link parseServiceDate}, for a day that the caller knows to be right. @throws RangeError otherwise */
export function serviceDate(text: string): ServiceDate {
  const parsed = parseServiceDate(text);
  if (parsed === null) throw new RangeError('a service date must be a calendar day written YYYY-MM-DD');
  return parsed;
}

/** The calendar day that a clock on a wall in Rome shows at an instant, summer time included. */
export function serviceDateAt(instant: Date): ServiceDate {
  return ROME_DAY.format(instant) as ServiceDate;
}

/** A time on a wall clock in Rome, written `HH:MM`, so that text order is time order. */
export type WallTime = string & { readonly [wallBrand]: 'WallTime' };

/** Parses `HH:MM` from 00:00 to 23:59; null for any other text. */
export function parseWallTime(text: string): WallTime | null {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text) ? (text as WallTime) : null;
}

/** The same for a time that must be right, as `HH:MM`. @throws RangeError for anything else */
export function wallTime(text: string): WallTime {
  const parsed = parseWallTime(text);
  if (parsed === null) throw new RangeError('a time on the wall is HH:MM');
  return parsed;
}

/**
 * The instant at which clocks on walls in Rome show a time of a day.
 *
 * In the night when the clocks go back a time between 02:00 and 03:00 comes twice: this is the first time. In the night when they go
 * forward such a time does not come: this is as much after 03:00.
 */
export function instantAt(day: ServiceDate, time: WallTime): Date {
  const asIfUtc = Date.parse(`${day}T${time}:00Z`);
  // Rome is one hour ahead of UTC, in summer two: the earlier of the two instants that shows the time is the answer.
  const [summer, winter] = [new Date(asIfUtc - 2 * HOUR_MS), new Date(asIfUtc - HOUR_MS)];
  return wallClock(summer) === `${day} ${time}` ? summer : winter;
}

function wallClock(instant: Date): string {
  return ROME_CLOCK.format(instant);
}

/** The day so many days later (earlier for a negative count). */
export function addDays(day: ServiceDate, days: number): ServiceDate {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10) as ServiceDate;
}

/** The count of days from the first day to the second; negative where the second is earlier. */
export function daysBetween(from: ServiceDate, to: ServiceDate): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS;
}

/** A span of days, both ends included; a null end is open. */
export interface Validity {
  readonly from: ServiceDate;
  readonly until: ServiceDate | null;
}

/** Says whether a day lies within a span, ends included. */
export function isWithin(day: ServiceDate, span: Validity): boolean {
  return day >= span.from && (span.until === null || day <= span.until);
}

/** Writes a day as Italians read it: `gg/mm/aaaa`. */
export function formatServiceDate(day: ServiceDate): string {
  return `${day.slice(8, 10)}/${day.slice(5, 7)}/${day.slice(0, 4)}`;
}
