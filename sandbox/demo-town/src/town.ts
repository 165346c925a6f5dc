import { addDays, SCHOOL_MEALS, type ServiceDate } from '@campanella/vocabulary';
import { demoCitizens } from './citizens.ts';
import { codiceFiscaleOf } from './codice-fiscale.ts';
import { below, chance, idOf, oneOf, sandboxSecretOf } from './dice.ts';
import { familyNames, givenNames, nurserySchools, primarySchools } from './names.ts';
import { type DemoSchoolYear, schoolYearOf } from './school-days.ts';

/** The municipality that the demonstration shows. */
export const VALLEFINTA = { municipalityId: 1, name: 'Comune di Vallefinta', pupilCount: 600 } as const;

/** What decides a generated town; the same plan gives the same town, whenever and wherever. */
export interface TownPlan {
  readonly municipalityId: number;
  readonly name: string;
  readonly pupilCount: number;
  readonly schoolYear: DemoSchoolYear;
  /** Set in the first weeks of a school year, so that the history has enrolments to stand on. */
  readonly previousYear: DemoSchoolYear | null;
  /** True for the town whose first families are the demo citizens'. */
  readonly hasDemoCitizens: boolean;
}

export interface TownSchool {
  readonly schoolId: string;
  readonly name: string;
  readonly terminalId: string;
  readonly terminalKey: string;
}

export interface TownClass {
  readonly classId: string;
  readonly schoolId: string;
  readonly name: string;
  /** Years between the start of the school year and the birth year of its pupils. */
  readonly age: number;
}

export interface TownTariff {
  readonly tariffId: string;
  readonly name: string;
  /** Price of a meal in the school year, and what it was before. */
  readonly priceCents: number;
  readonly earlierPriceCents: number;
  /** For who has an ISEE up to a limit; everybody else pays in full. Null for a price that is the same for all. */
  readonly isee: {
    readonly upToCents: number;
    readonly fullPriceCents: number;
    readonly earlierFullPriceCents: number;
  } | null;
}

export interface TownGuardian {
  readonly guardianId: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly codiceFiscale: string;
  /** The demo citizen's; null for everybody else. */
  readonly username: string | null;
}

export interface TownBadge {
  readonly badgeId: string;
  readonly badgeNumber: string;
  readonly blocked: boolean;
  readonly validFrom: ServiceDate;
  readonly validUntil: ServiceDate | null;
  readonly replacesBadgeId: string | null;
}

export interface TownPupil {
  readonly index: number;
  readonly sex: 'F' | 'M';
  readonly bornOn: string;
  readonly pupilId: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly codiceFiscale: string;
  readonly classId: string;
  readonly schoolId: string;
  readonly dietCode: string;
  readonly tariff: TownTariff;
  readonly paymentMode: 'prepaid' | 'invoiced';
  readonly overdraftCents: number;
  /** The one in the pupil's pocket first. */
  readonly badges: readonly [TownBadge, ...TownBadge[]];
  /** How this household tops up: each month well, or each week a little too little. */
  readonly topsUp: 'monthly' | 'weekly';
}

export interface TownFamily {
  readonly guardian: TownGuardian;
  readonly pupils: readonly TownPupil[];
}

/** Schools come in threes: two primary schools of ten classes, one nursery school of seven. */
const PUPILS_PER_THREE_SCHOOLS = 600;
const NURSERY_SECTIONS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const DIETS: readonly [string, ...string[]] = ['GF', 'LF', 'VG', 'NP', 'IB'];
const WEEKS_WITH_PREVIOUS_YEAR = '10-31';

/** Plans a town for a day: the school year that the day is in, and the one before where the year has just begun. */
export function planTown(town: Pick<TownPlan, 'municipalityId' | 'name' | 'pupilCount'>, today: ServiceDate): TownPlan {
  const schoolYear = schoolYearOf(today);
  const isYoung = today.slice(5) >= '09-01' && today.slice(5) <= WEEKS_WITH_PREVIOUS_YEAR;
  return {
    ...town,
    schoolYear,
    previousYear: isYoung ? yearBefore(schoolYear) : null,
    hasDemoCitizens: town.municipalityId === VALLEFINTA.municipalityId,
  };
}

function yearBefore(year: DemoSchoolYear): DemoSchoolYear {
  return schoolYearOf(addDays(year.from, -1));
}

/** Id of a thing of the town. */
export function townId(plan: TownPlan, ...words: readonly (string | number)[]): string {
  return idOf(plan.municipalityId, ...words);
}

/** The town's schools, each with the terminal of its canteen. */
export function schoolsOf(plan: TownPlan): readonly TownSchool[] {
  const threes = Math.max(1, Math.round(plan.pupilCount / PUPILS_PER_THREE_SCHOOLS));
  return Array.from({ length: threes * 3 }, (_, index) => {
    const isNursery = index % 3 === 2;
    const names = isNursery ? nurserySchools : primarySchools;
    const order = isNursery ? Math.floor(index / 3) : Math.floor(index / 3) * 2 + (index % 3);
    const round = Math.floor(order / names.length);
    const name = `${names[order % names.length]}${round === 0 ? '' : ` ${round + 1}`}`;
    const terminalId = townId(plan, 'terminal', index);
    return {
      schoolId: townId(plan, 'school', index),
      name: `${isNursery ? 'Scuola dell’infanzia' : 'Scuola primaria'} «${name}»`,
      terminalId,
      terminalKey: sandboxSecretOf('terminal key', terminalId),
    };
  });
}

/** The classes of the school year: 1A to 5B in a primary school, sections A to G in a nursery school. */
export function classesOf(plan: TownPlan): readonly TownClass[] {
  return schoolsOf(plan).flatMap((school, index) => {
    const names =
      index % 3 === 2
        ? NURSERY_SECTIONS.map((section, place) => ({ name: `Sez. ${section}`, age: 3 + (place % 3) }))
        : ['A', 'B'].flatMap((section) =>
            [1, 2, 3, 4, 5].map((grade) => ({ name: `${grade}${section}`, age: 5 + grade })),
          );
    return names.map(({ name, age }) => ({
      classId: townId(plan, 'class', plan.schoolYear.name, school.schoolId, name),
      schoolId: school.schoolId,
      name,
      age,
    }));
  });
}

/** The town's tariffs: full, reduced, and reduced by ISEE. */
export function tariffsOf(plan: TownPlan): readonly [TownTariff, TownTariff, TownTariff] {
  const [full, reduced] = [
    { priceCents: 520, earlierPriceCents: 500 },
    { priceCents: 350, earlierPriceCents: 340 },
  ];
  const isee = {
    upToCents: 1_500_000,
    fullPriceCents: full.priceCents,
    earlierFullPriceCents: full.earlierPriceCents,
  };
  return [
    { tariffId: townId(plan, 'tariff', 'full'), name: 'Tariffa intera', ...full, isee: null },
    { tariffId: townId(plan, 'tariff', 'reduced'), name: 'Tariffa ridotta', ...reduced, isee: null },
    { tariffId: townId(plan, 'tariff', 'isee'), name: 'Tariffa a fasce ISEE', ...reduced, isee },
  ];
}

/**
 * The town's families one after the other, so that a town of any size fits in memory.
 *
 * Pupils are dealt to the classes in turn: brothers and sisters sit in different ones, and all classes fill alike.
 */
export function* familiesOf(plan: TownPlan): Generator<TownFamily> {
  const classes = classesOf(plan);
  const tariffs = tariffsOf(plan);
  const citizens = plan.hasDemoCitizens ? demoCitizens : [];
  let pupilIndex = 0;
  for (let familyIndex = 0; pupilIndex < plan.pupilCount || familyIndex < citizens.length; familyIndex += 1) {
    const citizen = citizens[familyIndex];
    const guardian: TownGuardian =
      citizen === undefined
        ? inventGuardian(plan, familyIndex)
        : {
            guardianId: townId(plan, 'guardian', familyIndex),
            givenName: citizen.givenName,
            familyName: citizen.familyName,
            codiceFiscale: citizen.codiceFiscale,
            username: citizen.username,
          };
    const wanted = citizen?.pupilCount ?? householdSize(plan, familyIndex);
    const pupils: TownPupil[] = [];
    for (; pupils.length < wanted && pupilIndex < plan.pupilCount; pupilIndex += 1) {
      pupils.push(inventPupil(plan, { classes, tariffs, guardian, familyIndex, pupilIndex }));
    }
    yield { guardian, pupils };
  }
}

function householdSize(plan: TownPlan, familyIndex: number): number {
  const draw = chance(plan.municipalityId, 'household', familyIndex);
  return draw < 0.6 ? 1 : draw < 0.92 ? 2 : 3;
}

/** Days and invented places of birth before a name must change to keep codici fiscali apart. */
const PLACES = 100;
const DAYS = 336;

/**
 * A person's name and codice fiscale, unlike those of everybody with another number: number → place, day and, where
 * those come round again, another given name. The cadastral codes M900 to M999 belong to no comune.
 */
function inventPerson(person: { number: number; familyName: string; birthYear: number; seed: string }) {
  const place = person.number % PLACES;
  const day = Math.floor(person.number / PLACES) % DAYS;
  const round = Math.floor(person.number / (PLACES * DAYS));
  const start = below(givenNames.length, person.seed, 'given', place, day);
  const given = givenNames[(start + round) % givenNames.length];
  if (given === undefined || round >= givenNames.length) throw new RangeError('too many people for one invented town');
  const month = String(Math.floor(day / 28) + 1).padStart(2, '0');
  const bornOn = `${person.birthYear}-${month}-${String((day % 28) + 1).padStart(2, '0')}`;
  const { name: givenName, sex } = given;
  const birthplaceCode = `M${900 + place}`;
  const { familyName } = person;
  return {
    givenName,
    familyName,
    codiceFiscale: codiceFiscaleOf({ givenName, familyName, sex, bornOn, birthplaceCode }),
    sex,
    bornOn,
  };
}

function inventGuardian(plan: TownPlan, familyIndex: number): TownGuardian {
  const seed = `${plan.municipalityId}/guardian`;
  return {
    guardianId: townId(plan, 'guardian', familyIndex),
    ...inventPerson({
      number: familyIndex,
      familyName: oneOf(familyNames, seed, 'family', familyIndex),
      birthYear: 1975 + below(20, seed, 'year', familyIndex),
      seed,
    }),
    username: null,
  };
}

function inventPupil(
  plan: TownPlan,
  place: {
    classes: readonly TownClass[];
    tariffs: readonly [TownTariff, TownTariff, TownTariff];
    guardian: TownGuardian;
    familyIndex: number;
    pupilIndex: number;
  },
): TownPupil {
  const { classes, tariffs, guardian, familyIndex, pupilIndex: index } = place;
  const seed = `${plan.municipalityId}/pupil`;
  const schoolClass = classes[index % classes.length];
  if (schoolClass === undefined) throw new RangeError('a town has classes');
  const username = guardian.username;
  const isReduced = username === null && chance(seed, 'tariff', familyIndex) < 0.25;
  const isInvoiced = username === null ? chance(seed, 'mode', familyIndex) < 0.15 : username === 'nuvola.inventati';
  const hasDiet = username === null ? chance(seed, 'diet', index) < 0.06 : username === 'brina.segnaposto';
  const isShort = username === 'lampo.difantasia';
  return {
    index,
    pupilId: townId(plan, 'pupil', index),
    ...inventPerson({
      number: index,
      familyName: guardian.familyName,
      birthYear: Number(plan.schoolYear.from.slice(0, 4)) - schoolClass.age,
      seed,
    }),
    classId: schoolClass.classId,
    schoolId: schoolClass.schoolId,
    dietCode: hasDiet ? oneOf(DIETS, seed, 'which diet', index) : '',
    tariff: username === 'zefiro.prova' ? tariffs[2] : isReduced ? tariffs[1] : tariffs[0],
    paymentMode: isInvoiced ? 'invoiced' : 'prepaid',
    overdraftCents: isShort ? 5_000 : 2_600,
    badges: inventBadges(plan, index, username),
    topsUp: isShort ? 'weekly' : 'monthly',
  };
}

/** Ten hexadecimal digits as an EM4100 card has them: a version byte and 32 bits, different for every pupil and card. */
function badgeNumber(pupilIndex: number, card: number): string {
  const bits = Math.imul(pupilIndex + 1, 0x9e3779b1) >>> 0; // an odd factor: no two indexes meet
  return `${(0x0a + card).toString(16).padStart(2, '0')}${bits.toString(16).padStart(8, '0')}`.toUpperCase();
}

function inventBadges(plan: TownPlan, index: number, username: string | null): readonly [TownBadge, ...TownBadge[]] {
  const badge = (card: number, rest: Partial<TownBadge>): TownBadge => ({
    badgeId: townId(plan, 'badge', index, card),
    badgeNumber: badgeNumber(index, card),
    blocked: false,
    validFrom: yearBefore(plan.schoolYear).from,
    validUntil: null,
    replacesBadgeId: null,
    ...rest,
  });
  const draw = chance(plan.municipalityId, 'badge', index);
  const wasLost = username === null ? draw < 0.03 : username === 'brina.segnaposto';
  const hasExpired = username === null && draw > 0.97;
  if (wasLost) {
    const lost = badge(0, { blocked: true });
    return [badge(1, { replacesBadgeId: lost.badgeId }), lost];
  }
  if (hasExpired) {
    const before = yearBefore(yearBefore(plan.schoolYear));
    return [badge(0, {}), badge(2, { validFrom: before.from, validUntil: before.until })];
  }
  return [badge(0, {})];
}

/** A badge number that nobody in the town has. */
export const UNKNOWN_BADGE = 'FFFFFFFFFF';

/** The service that the town offers. */
export const TOWN_SERVICE = { service: SCHOOL_MEALS, name: 'Refezione scolastica' } as const;
