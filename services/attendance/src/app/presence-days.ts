import type { Cents, MunicipalityId, PupilId, ServiceCode, ServiceDate } from '@campanella/vocabulary';
import type { ClosureKind } from '../domain/calendar-edit.ts';
import type { Course } from '../domain/menu.ts';
import type { Charge } from '../domain/swipe.ts';
import type { MealCorrection } from './correct-meal.ts';

/** Longest span of days asked for at once. */
export const RANGE_MONTHS_MAX = 36;

/** What is known of one service day of a pupil. */
export interface PresenceDay {
  readonly serviceDate: ServiceDate;
  readonly menu: string | null;
  /** What the pupil is given, with its own diet's dishes; empty where only the text is known, or nothing. */
  readonly courses: readonly Course[];
  /** Why the school, or the pupil's class, does not eat; null where it does. */
  readonly closure: { readonly kind: ClosureKind; readonly reason: string } | null;
  readonly isAbsenceCommunicated: boolean;
  /** What a booked meal cost that nobody swiped for; null where there is none. */
  readonly booked: { readonly charge: Charge; readonly amountCents: Cents } | null;
  /** Why the office took back what the day cost; null where it did not. */
  readonly correction: Pick<MealCorrection, 'reason' | 'correctedAt'> | null;
  /** Null where no swipe made a presence. */
  readonly presence: {
    readonly charge: Charge;
    readonly amountCents: Cents;
    readonly badgeNumber: string;
    readonly swipedAt: Date;
  } | null;
}

/** Which page of a pupil's service days. */
export interface PresenceDaysQuery {
  readonly municipalityId: MunicipalityId;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly from: ServiceDate;
  readonly to: ServiceDate;
  /** Only days before this one: the last of the page before. */
  readonly before: ServiceDate | null;
  readonly limit: number;
}

/** Reads what parents see of presences. */
export interface PresenceDaysReader {
  /**
   * The service days of the pupil's school, its closed days that have a reason, and the days of the pupil's presences, newest first; null for a pupil who is not
   * in our projection.
   */
  listDays(query: PresenceDaysQuery): Promise<readonly PresenceDay[] | null>;
}
