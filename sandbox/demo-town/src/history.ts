import { addDays, type ServiceDate } from '@campanella/vocabulary';
import { below, chance, idOf, timedIdOf } from './dice.ts';
import type { TownPupil } from './town.ts';

/** A swipe as the canteen's terminal wrote it. */
export interface HistoricSwipe {
  readonly swipeId: string;
  readonly badgeNumber: string;
  readonly occurredAtMs: number;
  readonly serviceDate: ServiceDate;
}

/** Credit that a household bought. */
export interface HistoricTopUp {
  readonly transferId: string;
  readonly amountCents: number;
  readonly occurredAtMs: number;
}

const ATTENDANCE_RATE = 0.93;
const WEEKLY_TOP_UP_CENTS = 2_000;

/** The pupil's swipes on those days at lunch, for the days the pupil was at school. Same pupil and day: same swipe. */
export function swipesOf(pupil: TownPupil, days: readonly ServiceDate[]): readonly HistoricSwipe[] {
  return days
    .filter((day) => chance(pupil.pupilId, 'present', day) < ATTENDANCE_RATE)
    .map((day) => {
      // Between 11:00 and 11:40 UTC: lunch time in Rome, in winter and in summer.
      const occurredAtMs = Date.parse(`${day}T11:00:00Z`) + below(40 * 60_000, pupil.pupilId, 'minute', day);
      return {
        swipeId: timedIdOf(occurredAtMs, 'swipe', pupil.pupilId, day),
        badgeNumber: pupil.badges[0].badgeNumber,
        occurredAtMs,
        serviceDate: day,
      };
    });
}

/**
 * The top-ups of a prepaid pupil over those days: at the start of each month enough for the month, or each Monday not
 * quite enough for the week. Named after their month or week, so that a later run adds only new ones.
 */
export function topUpsOf(pupil: TownPupil, days: readonly ServiceDate[]): readonly HistoricTopUp[] {
  if (pupil.paymentMode !== 'prepaid') return [];
  const periods = new Set(days.map((day) => (pupil.topsUp === 'monthly' ? `${day.slice(0, 7)}-01` : mondayOf(day))));
  return [...periods].map((period) => ({
    transferId: idOf(pupil.pupilId, 'top-up', pupil.topsUp, period),
    amountCents:
      pupil.topsUp === 'weekly'
        ? WEEKLY_TOP_UP_CENTS
        : pupil.tariff.priceCents * (18 + below(6, pupil.pupilId, period)),
    occurredAtMs: Date.parse(`${period}T07:00:00Z`) + below(3_600_000, pupil.pupilId, 'paid', period),
  }));
}

function mondayOf(day: ServiceDate): ServiceDate {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}
