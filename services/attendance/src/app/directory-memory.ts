import type { BadgeNumber, MunicipalityId, SchoolId } from '@campanella/vocabulary';
import type { Badge, Pupil } from '../domain/directory.ts';
import type { FindHolders } from '../domain/swipe.ts';

/** How far a municipality's directory has come; a new generation replaces all that was known. */
export interface DirectoryState {
  readonly municipalityId: MunicipalityId;
  readonly version: number;
  readonly generation: number;
  readonly name: string;
  readonly schools: ReadonlyMap<SchoolId, string>;
}

/** What a school's terminals need to know to come from one version to another. */
export interface SchoolDelta {
  readonly version: number;
  /** True: forget all before; false: only what changed. */
  readonly isSnapshot: boolean;
  readonly pupils: readonly Pupil[];
  /** Changed pupils who are not, or no longer, at the school. */
  readonly removedPupilIds: readonly string[];
}

/** Most removals in one delta. */
const REMOVED_MAX = 1_000;

interface Municipality {
  state: DirectoryState;
  readonly pupils: Map<string, Pupil>;
  readonly holders: Map<BadgeNumber, { pupil: Pupil; badge: Badge }[]>;
}

/** The projection in memory: what the hot path resolves swipes from. Each replica loads its own from PostgreSQL. */
export interface DirectoryMemory {
  state(municipalityId: MunicipalityId): DirectoryState | null;
  /** Takes pupils that changed; with another generation than before, all that was known is dropped first. */
  apply(state: DirectoryState, pupils: readonly Pupil[]): void;
  holdersIn(municipalityId: MunicipalityId): FindHolders;
  /**
   * What a terminal at `afterVersion` must be told; a snapshot for 0 and for a version that we have not reached, which
   * is what a terminal holds after the directory was restored to an earlier state. Null for an unknown municipality.
   */
  schoolDelta(municipalityId: MunicipalityId, schoolId: SchoolId, afterVersion: number): SchoolDelta | null;
}

/** Opens an empty memory. */
export function directoryMemory(): DirectoryMemory {
  const municipalities = new Map<MunicipalityId, Municipality>();

  function place(known: Municipality, pupil: Pupil): void {
    const before = known.pupils.get(pupil.pupilId);
    if (before !== undefined) {
      if (before.version > pupil.version) return;
      for (const { badgeNumber } of before.badges) {
        const others = (known.holders.get(badgeNumber) ?? []).filter((one) => one.pupil !== before);
        if (others.length > 0) known.holders.set(badgeNumber, others);
        else known.holders.delete(badgeNumber);
      }
    }
    known.pupils.set(pupil.pupilId, pupil);
    if (pupil.removed) return;
    for (const badge of pupil.badges) {
      const holders = known.holders.get(badge.badgeNumber);
      if (holders === undefined) known.holders.set(badge.badgeNumber, [{ pupil, badge }]);
      else holders.push({ pupil, badge });
    }
  }

  return {
    state: (municipalityId) => municipalities.get(municipalityId)?.state ?? null,
    apply(state, pupils) {
      let known = municipalities.get(state.municipalityId);
      if (known === undefined || known.state.generation !== state.generation) {
        known = { state, pupils: new Map(), holders: new Map() };
        municipalities.set(state.municipalityId, known);
      }
      for (const pupil of pupils) place(known, pupil);
      known.state = state;
    },
    holdersIn: (municipalityId) => {
      const known = municipalities.get(municipalityId);
      return (badgeNumber) => known?.holders.get(badgeNumber) ?? [];
    },
    schoolDelta(municipalityId, schoolId, afterVersion) {
      const known = municipalities.get(municipalityId);
      if (known === undefined) return null;
      const { version } = known.state;
      const snapshot = () => {
        const pupils = [...known.pupils.values()].filter((pupil) => !pupil.removed && pupil.schoolId === schoolId);
        return { version, isSnapshot: true, pupils, removedPupilIds: [] };
      };
      if (afterVersion <= 0 || afterVersion > version) return snapshot();
      const pupils: Pupil[] = [];
      const removedPupilIds: string[] = [];
      for (const pupil of known.pupils.values()) {
        if (pupil.version <= afterVersion) continue;
        if (!pupil.removed && pupil.schoolId === schoolId) pupils.push(pupil);
        else removedPupilIds.push(pupil.pupilId);
      }
      // After a big import most changes are of other schools: the school's whole directory is then the shorter message.
      if (removedPupilIds.length > REMOVED_MAX) return snapshot();
      return { version, isSnapshot: false, pupils, removedPupilIds };
    },
  };
}
