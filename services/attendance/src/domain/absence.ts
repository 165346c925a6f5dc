import { addDays, instantAt, type ServiceDate, type WallTime } from '@campanella/vocabulary';

/** What a guardian may choose, e.g. ASSENTE, or a light meal where a school has that. */
export interface AbsenceType {
  /** 2 to 40 lower-case letters and underscores, e.g. `absent`. */
  readonly code: string;
  /** Italian, as guardians read it. */
  readonly label: string;
  /** The diet that is served instead, e.g. of a light meal; null for nothing. */
  readonly dietCode: string | null;
}

/** Until when absences are taken at a school, and which. */
export interface AbsenceRules {
  /** How many service days before the day the cut-off lies; 0 for the day itself. */
  readonly serviceDaysBefore: number;
  readonly cutOffTime: WallTime;
  readonly types: readonly AbsenceType[];
}

/** What is known of one day of a range when an absence is asked for it. */
export interface AskedDay {
  readonly serviceDate: ServiceDate;
  readonly isEnrolled: boolean;
  readonly isServed: boolean;
  readonly isAbsentAlready: boolean;
  readonly isPresent: boolean;
  /** A later cut-off that the office gave this day; null where none. */
  readonly extendedTo: Date | null;
}

/** What becomes of an absence for one day. */
export type AbsenceOutcome =
  | { readonly kind: 'accepted' }
  /** The school does not serve on that day. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'not_enrolled' }
  | { readonly kind: 'already_absent' }
  /** A swipe of that day is recorded. */
  | { readonly kind: 'already_present' }
  | { readonly kind: 'cut_off_passed' };

/** An outcome, and until when an absence could be communicated for the day; null where the school does not serve. */
export interface DecidedDay {
  readonly serviceDate: ServiceDate;
  readonly outcome: AbsenceOutcome;
  readonly cutOffAt: Date | null;
}

/**
 * Decides an absence day by day; one refusal does not touch the other days. Guards read top to bottom, the first that applies is the
 * answer. The server's clock decides: an absence at the very instant of the cut-off is too late.
 *
 * @param served the service days of the school from well before the range, oldest first: the cut-off may lie on an earlier one
 */
export function decideAbsence(
  days: readonly AskedDay[],
  rules: AbsenceRules,
  served: readonly ServiceDate[],
  now: Date,
): readonly DecidedDay[] {
  return days.map((day) => {
    const { serviceDate } = day;
    const cutOffAt = day.isServed ? latest(cutOffOf(serviceDate, rules, served), day.extendedTo) : null;
    return { serviceDate, cutOffAt, outcome: decideDay(day, cutOffAt, now) };
  });
}

function decideDay(day: AskedDay, cutOffAt: Date | null, now: Date): AbsenceOutcome {
  if (!day.isEnrolled) return { kind: 'not_enrolled' };
  if (cutOffAt === null) return { kind: 'closed' };
  if (day.isAbsentAlready) return { kind: 'already_absent' };
  if (day.isPresent) return { kind: 'already_present' };
  return now < cutOffAt ? { kind: 'accepted' } : { kind: 'cut_off_passed' };
}

/**
 * Until when an absence of a day may be communicated: on the day itself, or on a service day before it, since on a closed day nobody reads
 * it. Where the calendar does not reach back so far, calendar days count.
 *
 * @param served the school's service days, oldest first
 */
export function cutOffOf(day: ServiceDate, rules: AbsenceRules, served: readonly ServiceDate[]): Date {
  if (rules.serviceDaysBefore === 0) return instantAt(day, rules.cutOffTime);
  const earlier = served.filter((one) => one < day);
  const on = earlier[earlier.length - rules.serviceDaysBefore] ?? addDays(day, -rules.serviceDaysBefore);
  return instantAt(on, rules.cutOffTime);
}

function latest(rule: Date, extended: Date | null): Date {
  return extended !== null && extended > rule ? extended : rule;
}
