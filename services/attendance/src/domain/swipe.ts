import {
  type BadgeNumber,
  type Cents,
  daysBetween,
  isWithin,
  type MunicipalityId,
  type PupilId,
  parseBadgeNumber,
  parseId,
  parseServiceCode,
  parseServiceDate,
  type SchoolId,
  type ServiceCode,
  type ServiceDate,
  type SwipeId,
  serviceDateAt,
  type TerminalId,
} from '@campanella/vocabulary';
import { type Badge, type Enrolment, enrolmentOn, type Pupil, priceOn } from './directory.ts';

/** How far a swipe's instant may be ahead of our clock: the terminal's measured offset is not exact. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000;
/** Oldest swipe that is charged, in days: longer than any outage that a terminal must survive. */
export const SWIPE_AGE_DAYS_MAX = 60;

/** An enrolled canteen PC, known by its key; municipality and school come from here, never from what a stream says. */
export interface Terminal {
  readonly municipalityId: MunicipalityId;
  readonly terminalId: TerminalId;
  readonly schoolId: SchoolId;
  readonly name: string;
}

/** One presentation of a badge exactly as a terminal sent it: nothing is checked yet. */
export interface RawSwipe {
  readonly swipeId: string;
  readonly badgeNumber: string;
  readonly occurredAtMs: number;
  readonly serviceDate: string;
  readonly service: string;
}

/** A swipe whose shape is right. */
export interface Swipe {
  readonly swipeId: SwipeId;
  readonly badgeNumber: BadgeNumber;
  readonly occurredAtMs: number;
  readonly serviceDate: ServiceDate;
  readonly service: ServiceCode;
}

/** Why a swipe makes no presence; each is kept with its reason and told to the terminal. */
export type SetAsideReason =
  | 'malformed'
  | 'dated_in_future'
  | 'too_old'
  | 'wrong_service_date'
  | 'unknown_badge'
  | 'blocked_badge'
  | 'expired_badge'
  | 'not_enrolled'
  | 'no_price'
  | 'second_of_day'
  | 'content_differs';

/** How a presence is paid. `not_charged`: the price is zero. */
export type Charge = 'debited' | 'invoiced' | 'over_limit' | 'not_charged';

/** A swipe that is a meal: whose, and what it costs. */
export interface Meal {
  readonly swipe: Swipe;
  readonly pupilId: PupilId;
  readonly amountCents: Cents;
  readonly paymentMode: Enrolment['paymentMode'];
  /** The limit with which a household account would be opened. */
  readonly overdraftCents: Cents;
}

/** Finds who may hold a badge number in a municipality; empty for an unknown number. */
export type FindHolders = (badgeNumber: BadgeNumber) => readonly { pupil: Pupil; badge: Badge }[];

/** Takes a raw swipe whose id, badge number, instant, day and service have the right shape; null for any other. */
export function parseSwipe(raw: RawSwipe): Swipe | null {
  const swipeId = parseId<SwipeId>(raw.swipeId);
  const badgeNumber = parseBadgeNumber(raw.badgeNumber);
  const serviceDate = parseDay(raw.serviceDate);
  const service = parseServiceCode(raw.service);
  const { occurredAtMs } = raw;
  if (swipeId === null || badgeNumber === null || serviceDate === null || service === null) return null;
  // Year 9999 is the last that both PostgreSQL's text form and a four-digit service date can hold.
  if (!Number.isSafeInteger(occurredAtMs) || occurredAtMs <= 0 || occurredAtMs > 253_402_300_799_000) return null;
  return { swipeId, badgeNumber, occurredAtMs, serviceDate, service };
}

// A lunch has one day and few hours; asking the calendar anew for each swipe took a tenth of the hot path.
const DAYS_REMEMBERED_MAX = 1_000;
const HOUR_MS = 3_600_000;
const daysByText = new Map<string, ServiceDate>();
const daysByHour = new Map<number, ServiceDate>();

function parseDay(text: string): ServiceDate | null {
  const known = daysByText.get(text);
  if (known !== undefined) return known;
  const day = parseServiceDate(text);
  if (day !== null) remember(daysByText, text, day);
  return day;
}

/** The Rome day of an instant: Rome's midnights fall on whole hours of UTC, so an hour has one day. */
function romeDay(instantMs: number): ServiceDate {
  const hour = Math.floor(instantMs / HOUR_MS);
  const known = daysByHour.get(hour);
  if (known !== undefined) return known;
  const day = serviceDateAt(new Date(instantMs));
  remember(daysByHour, hour, day);
  return day;
}

function remember<Key>(days: Map<Key, ServiceDate>, key: Key, day: ServiceDate): void {
  if (days.size >= DAYS_REMEMBERED_MAX) days.clear();
  days.set(key, day);
}

/**
 * Decides what a swipe is: a meal of a pupil, or set aside with the first reason that applies.
 *
 * Whether the pupil has a meal of that day already is not decided here: only the table of presences knows.
 */
export function decideSwipe(swipe: Swipe, findHolders: FindHolders, now: Date): Meal | SetAsideReason {
  if (swipe.occurredAtMs > now.getTime() + FUTURE_TOLERANCE_MS) return 'dated_in_future';
  if (romeDay(swipe.occurredAtMs) !== swipe.serviceDate) return 'wrong_service_date';
  if (daysBetween(swipe.serviceDate, romeDay(now.getTime())) > SWIPE_AGE_DAYS_MAX) return 'too_old';
  const holders = findHolders(swipe.badgeNumber);
  if (holders.length === 0) return 'unknown_badge';
  const holder = holders.find(({ badge }) => !badge.blocked);
  if (holder === undefined) return 'blocked_badge';
  if (!isWithin(swipe.serviceDate, holder.badge.validity)) return 'expired_badge';
  const enrolment = enrolmentOn(holder.pupil, swipe.service, swipe.serviceDate);
  if (enrolment === null) return 'not_enrolled';
  const amountCents = priceOn(enrolment, swipe.serviceDate);
  if (amountCents === null) return 'no_price';
  const { pupilId } = holder.pupil;
  const { paymentMode, overdraftCents } = enrolment;
  return { swipe, pupilId, amountCents, paymentMode, overdraftCents };
}

/** Says whether two swipes under one id are the same swipe sent again. */
export function isSameSwipe(one: RawSwipe, other: RawSwipe): boolean {
  return fingerprint(one) === fingerprint(other);
}

/** A swipe's content in one line of text: what must be equal for the same id to be the same swipe. */
export function fingerprint(swipe: RawSwipe): string {
  return `${swipe.occurredAtMs}|${swipe.serviceDate}|${swipe.service}|${swipe.badgeNumber.toUpperCase()}`;
}
