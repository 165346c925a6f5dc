import type { BadgeNumber, Decision, PupilId, ServiceCode, ServiceDate, SwipeId } from '@campanella/vocabulary';

/** How long a swipe stays after its result came. */
export const ANSWERED_KEPT_MS = 30 * 86_400_000;

/** One presentation of a badge, as it is written before anything is shown. */
export interface JournalSwipe {
  readonly swipeId: SwipeId;
  readonly badgeNumber: BadgeNumber;
  /** The pupil as the local directory knew them; null for an unknown badge. */
  readonly pupilId: PupilId | null;
  readonly occurredAtMs: number;
  readonly serviceDate: ServiceDate;
  readonly service: ServiceCode;
}

/** A swipe in the journal; `seq` is its place. */
export interface JournalEntry extends JournalSwipe {
  readonly seq: number;
}

export interface JournalResult {
  readonly swipeId: string;
  readonly outcome: number;
}

export type AppendRefusal = { kind: 'disk_full' } | { kind: 'disk_failed'; cause: unknown } | { kind: 'journal_full' };

export interface Journal {
  /**
   * Writes a swipe; when this returns accepted it is on the disk and survives a power cut.
   *
   * @returns refused where the disk or the journal is full or the disk fails: the swipe is not recorded
   */
  append(swipe: JournalSwipe): Decision<JournalEntry, AppendRefusal>;
  /** Says whether the journal can be written, by writing. */
  probe(): Decision<true, AppendRefusal>;
  /** Swipes without a result after a place, in order. */
  unsentAfter(seq: number, limit: number): readonly JournalEntry[];
  readonly unsentCount: number;
  /** Marks what the platform has answered; unknown and repeated ids change nothing. Returns how many were marked. */
  markAnswered(results: readonly JournalResult[], nowMs: number): number;
  /** Says whether a swipe of that pupil (or, unknown, of that badge) is there for a service and day. */
  hasSwipe(wanted: Pick<JournalSwipe, 'badgeNumber' | 'pupilId' | 'serviceDate' | 'service'>): boolean;
  countOn(serviceDate: ServiceDate): number;
  /** Removes what was answered before an instant; never a swipe without a result. */
  forgetAnswered(beforeMs: number): number;
  clockOffsetMs(): number;
  keepClockOffset(offsetMs: number): void;
  /** Set where a damaged journal was found at the start and put aside, under this name. */
  readonly damagedFile: string | null;
  close(): void;
}
