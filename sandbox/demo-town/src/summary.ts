import type { ServiceDate } from '@campanella/vocabulary';
import { demoCitizens } from './citizens.ts';
import { schoolsOf, type TownFamily, type TownPlan, type TownPupil, UNKNOWN_BADGE } from './town.ts';

/** What somebody needs to try the demo town: whom to sign in as, which badges to swipe, which terminals there are. */
export interface DemoSummary {
  readonly municipality: { readonly municipalityId: number; readonly name: string };
  readonly guardians: readonly {
    readonly username: string;
    readonly displayName: string;
    readonly codiceFiscale: string;
    readonly shows: string;
    readonly pupils: readonly {
      readonly pupilId: string;
      readonly displayName: string;
      readonly schoolId: string;
      readonly badgeNumber: string;
      /** Balance when the town was seeded; null for an invoiced pupil. */
      readonly balanceCents: number | null;
    }[];
  }[];
  /** Badges for trying, each with the school whose terminal knows it. */
  readonly badges: {
    readonly good: BadgeForTrying;
    readonly invoiced: BadgeForTrying;
    readonly withDiet: BadgeForTrying;
    readonly blocked: BadgeForTrying;
    readonly expired: BadgeForTrying;
    readonly unknown: BadgeForTrying;
  };
  readonly terminals: readonly {
    readonly terminalId: string;
    readonly key: string;
    readonly schoolId: string;
    readonly schoolName: string;
  }[];
}

export interface BadgeForTrying {
  readonly badgeNumber: string;
  /** Null for the unknown badge. */
  readonly schoolId: string | null;
  readonly pupilId: string | null;
  readonly username: string | null;
}

/** Sums up a seeded town. */
export function summarise(
  plan: TownPlan,
  families: readonly TownFamily[],
  today: ServiceDate,
  balances: ReadonlyMap<string, number>,
): DemoSummary {
  const everybody = families.flatMap((family) =>
    family.pupils.map((pupil) => ({ pupil, username: family.guardian.username })),
  );
  const badge = (
    isWanted: (pupil: TownPupil, username: string | null) => boolean,
    number: (pupil: TownPupil) => string | undefined = (pupil) => pupil.badges[0].badgeNumber,
  ): BadgeForTrying => {
    const found = everybody.find(({ pupil, username }) => isWanted(pupil, username) && number(pupil) !== undefined);
    if (found === undefined) throw new RangeError('the demo town has no badge of this kind');
    const { pupil, username } = found;
    return { badgeNumber: number(pupil) ?? '', schoolId: pupil.schoolId, pupilId: pupil.pupilId, username };
  };
  return {
    municipality: { municipalityId: plan.municipalityId, name: plan.name },
    guardians: demoCitizens.map((citizen) => ({
      username: citizen.username,
      displayName: citizen.displayName,
      codiceFiscale: citizen.codiceFiscale,
      shows: citizen.shows,
      pupils: (families.find((family) => family.guardian.username === citizen.username)?.pupils ?? []).map((pupil) => ({
        pupilId: pupil.pupilId,
        displayName: `${pupil.givenName} ${pupil.familyName}`,
        schoolId: pupil.schoolId,
        badgeNumber: pupil.badges[0].badgeNumber,
        balanceCents: balances.get(pupil.pupilId) ?? null,
      })),
    })),
    badges: {
      good: badge((_pupil, username) => username === 'aurora.esempio'),
      invoiced: badge((_pupil, username) => username === 'nuvola.inventati'),
      withDiet: badge((_pupil, username) => username === 'brina.segnaposto'),
      blocked: badge(
        (_pupil, username) => username === 'brina.segnaposto',
        (pupil) => pupil.badges.find((one) => one.blocked)?.badgeNumber,
      ),
      expired: badge(
        () => true,
        (pupil) => pupil.badges.find((one) => one.validUntil !== null && one.validUntil < today)?.badgeNumber,
      ),
      unknown: { badgeNumber: UNKNOWN_BADGE, schoolId: null, pupilId: null, username: null },
    },
    terminals: schoolsOf(plan).map((school) => ({
      terminalId: school.terminalId,
      key: school.terminalKey,
      schoolId: school.schoolId,
      schoolName: school.name,
    })),
  };
}
