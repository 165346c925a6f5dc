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
  /** What becomes of an absence after the cut-off; null where it is refused. */
  readonly late: LatePolicy | null;
}

/** How an absence is noted that comes after the cut-off: the meal is cooked, and the canteen knows that nobody comes for it. */
export interface LatePolicy {
  /** Until when, on the service day itself. */
  readonly untilTime: WallTime;
  /** Whether the meal costs what it would, where what is booked is charged. */
  readonly isCharged: boolean;
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
  /** After the cut-off: cooked all the same, and charged as the school's policy for late notices says. */
  | { readonly kind: 'accepted_late'; readonly isCharged: boolean }
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

/** What a range is decided for: the school's rules, and the type that the guardian chose. */
export interface AskedAbsence {
  readonly rules: AbsenceRules;
  readonly type: AbsenceType;
}

/**
 * Decides an absence day by day; one refusal does not touch the other days. Guards read top to bottom, the first that applies is the
 * answer. The server's clock decides: an absence at the very instant of the cut-off is too late.
 *
 * @param served the service days of the school from well before the range, oldest first: the cut-off may lie on an earlier one
 */
export function decideAbsence(
  days: readonly AskedDay[],
  { rules, type }: AskedAbsence,
  served: readonly ServiceDate[],
  now: Date,
): readonly DecidedDay[] {
  return days.map((day) => {
    const { serviceDate } = day;
    const cutOffAt = day.isServed ? latest(cutOffOf(serviceDate, rules, served), day.extendedTo) : null;
    return { serviceDate, cutOffAt, outcome: decideDay(day, cutOffAt, lateOf(rules, type), now) };
  });
}

/** What is served instead cannot be cooked any more: such a type is never late. */
function lateOf(rules: AbsenceRules, type: AbsenceType): LatePolicy | null {
  return type.dietCode === null ? rules.late : null;
}

function decideDay(day: AskedDay, cutOffAt: Date | null, late: LatePolicy | null, now: Date): AbsenceOutcome {
  if (!day.isEnrolled) return { kind: 'not_enrolled' };
  if (cutOffAt === null) return { kind: 'closed' };
  if (day.isAbsentAlready) return { kind: 'already_absent' };
  if (day.isPresent) return { kind: 'already_present' };
  if (now < cutOffAt) return { kind: 'accepted' };
  if (late !== null && now < instantAt(day.serviceDate, late.untilTime)) {
    return { kind: 'accepted_late', isCharged: late.isCharged };
  }
  return { kind: 'cut_off_passed' };
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
