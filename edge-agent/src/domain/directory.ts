import {
  type BadgeNumber,
  isWithin,
  type PupilId,
  type ServiceCode,
  type ServiceDate,
  type Validity,
} from '@campanella/vocabulary';
import { aliasesOf, aliasesOfRegistered } from './badge-aliases.ts';
import type { Reading } from './reading.ts';

/** A pupil as the canteen knows them. No money, ever. */
export interface DirectoryPupil {
  readonly pupilId: PupilId;
  readonly displayName: string;
  readonly className: string;
  /** Without overlaps; on other days the ordinary menu. */
  readonly diets: readonly DirectoryDiet[];
  readonly badges: readonly DirectoryBadge[];
  readonly enrolments: readonly DirectoryEnrolment[];
}

export interface DirectoryBadge {
  readonly number: BadgeNumber;
  readonly isBlocked: boolean;
  readonly validity: Validity;
}

/** A diet's code as the kitchen knows it, and the days on which it holds. */
export interface DirectoryDiet {
  readonly dietCode: string;
  readonly validity: Validity;
}

/** Finds the diet of a day, also days after the line was lost; null for the ordinary menu. */
export function dietOn(pupil: DirectoryPupil, day: ServiceDate): string | null {
  return pupil.diets.find((one) => isWithin(day, one.validity))?.dietCode ?? null;
}

export interface DirectoryEnrolment {
  readonly service: ServiceCode;
  readonly validity: Validity;
}

/** Most pupils of one terminal's school; more than any school has. */
export const DIRECTORY_PUPILS_MAX = 20_000;

/** A complete change of the directory: all its pages have arrived. */
export interface DirectoryChange {
  readonly version: number;
  /** Replaces all, or adds to what is there. */
  readonly isSnapshot: boolean;
  readonly pupils: readonly DirectoryPupil[];
  readonly removedPupilIds: readonly PupilId[];
}

/** A badge found in the directory, with its pupil. */
export interface DirectoryEntry {
  readonly pupil: DirectoryPupil;
  readonly badge: DirectoryBadge;
}

/** Looks badges up by number, then by the forms under which another make of reader writes the same card. */
export interface BadgeIndex {
  find(reading: Reading): DirectoryEntry | null;
}

/**
 * Indexes a school's badges. The number as registered always wins; an alias counts only where it leads to one badge, since
 * the short forms leave bytes out and a wrong child is worse than an unknown badge.
 */
export function indexBadges(pupils: Iterable<DirectoryPupil>): BadgeIndex {
  const byNumber = new Map<string, DirectoryEntry>();
  const byAlias = new Map<string, DirectoryEntry | null>();
  for (const pupil of pupils) {
    for (const badge of pupil.badges) {
      const entry = { pupil, badge };
      byNumber.set(badge.number, entry);
      for (const alias of aliasesOfRegistered(badge.number)) byAlias.set(alias, byAlias.has(alias) ? null : entry);
    }
  }
  return {
    find: (reading) => byNumber.get(reading.number) ?? findByAlias(byAlias, reading),
  };
}

function findByAlias(byAlias: ReadonlyMap<string, DirectoryEntry | null>, reading: Reading): DirectoryEntry | null {
  for (const alias of aliasesOf(reading.number, reading.coding)) {
    const entry = byAlias.get(alias);
    // Two badges share the longer form: the shorter one cannot tell them apart either.
    if (entry === null) return null;
    if (entry !== undefined) return entry;
  }
  return null;
}
