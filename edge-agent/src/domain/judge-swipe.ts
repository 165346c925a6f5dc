import { isWithin, type ServiceCode, type ServiceDate } from '@campanella/vocabulary';
import type { DirectoryEntry } from './directory.ts';

/** Green: recorded, serve. Amber: recorded, look at the screen, the cook decides. Red: not recorded. */
export type Colour = 'green' | 'amber' | 'red';

/** What the screen says of a swipe; never anything about money. */
export type SwipeVerdict =
  | 'served'
  | 'second_of_day'
  | 'unknown_badge'
  | 'blocked_badge'
  | 'expired_badge'
  | 'not_enrolled'
  | 'no_directory'
  | 'not_recorded_disk_full'
  | 'not_recorded_disk_failed'
  | 'not_recorded_journal_full';

export const COLOUR_OF: Readonly<Record<SwipeVerdict, Colour>> = {
  served: 'green',
  second_of_day: 'amber',
  unknown_badge: 'amber',
  blocked_badge: 'amber',
  expired_badge: 'amber',
  not_enrolled: 'amber',
  no_directory: 'amber',
  not_recorded_disk_full: 'red',
  not_recorded_disk_failed: 'red',
  not_recorded_journal_full: 'red',
};

export interface SwipeFacts {
  /** The badge in the local directory; null where it is not there. */
  readonly entry: DirectoryEntry | null;
  readonly isDirectoryLoaded: boolean;
  readonly service: ServiceCode;
  readonly serviceDate: ServiceDate;
  /** The journal holds a swipe of this pupil, service and day. */
  readonly hasSwipedToday: boolean;
}

/** Judges a swipe that can be recorded. Guards read top to bottom; the first that applies is the verdict. */
export function judgeSwipe(facts: SwipeFacts): SwipeVerdict {
  if (!facts.isDirectoryLoaded) return 'no_directory';
  if (facts.entry === null) return 'unknown_badge';
  const { badge, pupil } = facts.entry;
  if (badge.isBlocked) return 'blocked_badge';
  if (!isWithin(facts.serviceDate, badge.validity)) return 'expired_badge';
  const isEnrolled = pupil.enrolments.some(
    (enrolment) => enrolment.service === facts.service && isWithin(facts.serviceDate, enrolment.validity),
  );
  if (!isEnrolled) return 'not_enrolled';
  return facts.hasSwipedToday ? 'second_of_day' : 'served';
}
