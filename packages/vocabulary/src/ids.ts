declare const brand: unique symbol;
type Id<Base, Name extends string> = Base & { readonly [brand]: Name };

/** The comune we serve: a positive whole number, given when it is onboarded; leads every key. */
export type MunicipalityId = Id<number, 'MunicipalityId'>;
/** A ledger account: a positive whole number, given by the ledger. */
export type AccountId = Id<number, 'AccountId'>;
export type PupilId = Id<string, 'PupilId'>;
export type SchoolId = Id<string, 'SchoolId'>;
export type BadgeId = Id<string, 'BadgeId'>;
export type EnrolmentId = Id<string, 'EnrolmentId'>;
export type TerminalId = Id<string, 'TerminalId'>;
export type SwipeId = Id<string, 'SwipeId'>;
export type TransferId = Id<string, 'TransferId'>;
export type PersonId = Id<string, 'PersonId'>;
/** A service that a pupil is enrolled in, e.g. `school_meals`. */
export type ServiceCode = Id<string, 'ServiceCode'>;
/** A badge number in its canonical form: 4 to 64 characters of `0-9`, `A-Z` and `-`. */
export type BadgeNumber = Id<string, 'BadgeNumber'>;

type TextIds = PupilId | SchoolId | BadgeId | EnrolmentId | TerminalId | SwipeId | TransferId | PersonId;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SERVICE = /^[a-z][a-z_]{1,39}$/;
const BADGE = /^[0-9A-Z-]{4,64}$/;

/** Takes a UUID in lower case as an id of the kind asked for; null for any other text. */
export function parseId<Kind extends TextIds>(text: string): Kind | null {
  return UUID.test(text) ? (text as Kind) : null;
}

/** As {@link parseId}, for an id that is known to be right, such as one read from our own tables. @throws RangeError otherwise */
export function id<Kind extends TextIds>(text: string): Kind {
  const parsed = parseId<Kind>(text);
  if (parsed === null) throw new RangeError('an id must be a UUID in lower case');
  return parsed;
}

/** Takes a positive whole number as a number id; null for any other number. */
export function parseNumberId<Kind extends MunicipalityId | AccountId>(value: number): Kind | null {
  return Number.isSafeInteger(value) && value > 0 ? (value as Kind) : null;
}

/** As {@link parseNumberId}, for a number that is known to be right. @throws RangeError otherwise */
export function numberId<Kind extends MunicipalityId | AccountId>(value: number): Kind {
  const parsed = parseNumberId<Kind>(value);
  if (parsed === null) throw new RangeError('an id must be a positive whole number');
  return parsed;
}

/** Takes a service code; null where it is not 2 to 40 lower-case letters and underscores. */
export function parseServiceCode(text: string): ServiceCode | null {
  return SERVICE.test(text) ? (text as ServiceCode) : null;
}

/** As {@link parseServiceCode}, for a code that is known to be right. @throws RangeError otherwise */
export function serviceCode(text: string): ServiceCode {
  const parsed = parseServiceCode(text);
  if (parsed === null) throw new RangeError('a service code is 2 to 40 lower-case letters and underscores');
  return parsed;
}

/** Takes a badge number, made upper case; null where it is not 4 to 64 characters of `0-9`, `A-Z` and `-`. */
export function parseBadgeNumber(text: string): BadgeNumber | null {
  const upper = text.toUpperCase();
  return BADGE.test(upper) ? (upper as BadgeNumber) : null;
}

/** The service whose meals are swiped. */
export const SCHOOL_MEALS = serviceCode('school_meals');
