import { createHash, timingSafeEqual } from 'node:crypto';
import type { MunicipalityId, SchoolId, ServiceCode, ServiceDate, TerminalId } from '@campanella/vocabulary';
import type { AbsenceRules } from '../domain/absence.ts';
import type { Course, MenuRotation } from '../domain/menu.ts';
import type { Terminal } from '../domain/swipe.ts';

/** Where a calendar or a menu holds. */
export interface ServicePlace {
  readonly municipalityId: MunicipalityId;
  readonly schoolId: SchoolId;
  readonly service: ServiceCode;
}

/** A terminal as stored: the key only as its hash. */
export interface TerminalRecord {
  readonly terminal: Terminal;
  readonly keyHash: Uint8Array;
  readonly isDisabled: boolean;
}

/** The menu of one day; an empty text means none. */
export interface DayMenu {
  readonly serviceDate: ServiceDate;
  readonly text: string;
  /** Empty where only the text is known. */
  readonly courses: readonly Course[];
}

/** Why a school, or a class of it, does not eat on a day. */
export interface ClosedDay {
  readonly serviceDate: ServiceDate;
  readonly kind: ClosureKind;
  /** As guardians read it; empty opens the day again for the class. */
  readonly reason: string;
  /** Empty for the whole school. */
  readonly className: string;
}

/** Each swipe, or each meal that is booked and not cancelled by the cut-off. */
export const CHARGING_POLICIES = ['on_swipe', 'booked'] as const;
export type ChargingPolicy = (typeof CHARGING_POLICIES)[number];

export const CLOSURE_KINDS = ['closure', 'strike', 'trip'] as const;
export type ClosureKind = (typeof CLOSURE_KINDS)[number];

/** A later cut-off of one day, and why. */
export interface CutOffExtension {
  readonly serviceDate: ServiceDate;
  readonly cutOffAt: Date;
  readonly reason: string;
}

/** Terminals, calendar, menus and the rules of absences. */
export interface OfficeStore {
  findTerminal(terminalId: TerminalId): Promise<TerminalRecord | null>;
  /** Stores or replaces; false where the id belongs to another municipality. */
  putTerminal(record: Omit<TerminalRecord, 'isDisabled'>): Promise<boolean>;
  /** False for an unknown terminal. */
  disableTerminal(municipalityId: MunicipalityId, terminalId: TerminalId): Promise<boolean>;
  /** Which of these terminals are disabled. */
  listDisabled(terminalIds: readonly TerminalId[]): Promise<readonly TerminalId[]>;
  putServiceDays(
    place: ServicePlace,
    range: { readonly from: ServiceDate; readonly until: ServiceDate },
    days: readonly ServiceDate[],
  ): Promise<void>;
  putMenus(place: ServicePlace, menus: readonly DayMenu[]): Promise<void>;
  putMenuRotation(place: ServicePlace, rotation: MenuRotation): Promise<void>;
  putClosedDays(place: ServicePlace, days: readonly ClosedDay[]): Promise<void>;
  /** Classes that are not named eat in the first sitting. */
  putSittings(place: ServicePlace, secondSittingClasses: readonly string[]): Promise<void>;
  putChargingPolicy(place: ServicePlace, policy: ChargingPolicy, since: ServiceDate): Promise<void>;
  putAbsenceRules(place: ServicePlace, rules: AbsenceRules): Promise<void>;
  extendCutOff(place: ServicePlace, extension: CutOffExtension): Promise<void>;
}

/** The hash under which a terminal's key is kept: the key has 256 random bits, so no slow hash is needed. */
export function hashTerminalKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Finds the terminal that an id and a key prove; null for an unknown or disabled terminal and for a wrong key. */
export async function proveTerminal(store: OfficeStore, terminalId: TerminalId, key: string): Promise<Terminal | null> {
  const record = await store.findTerminal(terminalId);
  if (record === null || record.isDisabled) return null;
  return timingSafeEqual(hashTerminalKey(key), record.keyHash) ? record.terminal : null;
}
