import type { MunicipalityId, PupilId, SchoolId, ServiceCode, ServiceDate } from '@campanella/vocabulary';
import { accept, addDays, type Decision, refuse } from '@campanella/vocabulary';
import { type AbsenceRules, cutOffOf } from '../domain/absence.ts';
import type { ClosureKind, ServicePlace } from '../domain/calendar-edit.ts';
import { dietOn, enrolmentOn, type Pupil } from '../domain/directory.ts';
import {
  countMeals,
  type DayTable,
  dayTable,
  type Eater,
  type KitchenCount,
  type KitchenDay,
  type RecordedMeal,
} from '../domain/kitchen.ts';

/** The service day before may lie before a long holiday. */
const CALENDAR_BEFORE_DAYS = 45;

/** One day at one school. */
export interface DayPlace extends ServicePlace {
  readonly serviceDate: ServiceDate;
}

/** What is stored of a day at a school; null rules where the school takes no absences. */
export interface StoredKitchenDay {
  readonly isServed: boolean;
  readonly closure: { readonly kind: ClosureKind; readonly reason: string } | null;
  readonly rules: AbsenceRules | null;
  readonly extension: { readonly cutOffAt: Date; readonly reason: string } | null;
  readonly earlierServiceDays: readonly ServiceDate[];
  readonly sittings: ReadonlyMap<string, number>;
  readonly classesAway: ReadonlySet<string>;
  /** By pupil, the code of the type of absence. */
  readonly absences: ReadonlyMap<PupilId, string>;
  /** Who was reported absent after the cut-off. */
  readonly lateAbsences: ReadonlySet<PupilId>;
}

export interface KitchenStore {
  listSchools(
    municipalityId: MunicipalityId,
  ): Promise<readonly { readonly schoolId: SchoolId; readonly name: string }[]>;
  listPupils(municipalityId: MunicipalityId, schoolId: SchoolId): Promise<readonly Pupil[]>;
  readDay(place: DayPlace, calendarFrom: ServiceDate): Promise<StoredKitchenDay>;
  /** Meals of the day at the school, with names from the directory. */
  listMeals(place: DayPlace): Promise<readonly RecordedMeal[]>;
  /** Meals that were charged as booked, eaten or not, and not taken back. */
  listBookedCharges(place: DayPlace): Promise<readonly RecordedMeal[]>;
  /** Swipes that made no presence, by reason. */
  countSetAside(place: DayPlace): Promise<readonly { readonly reason: string; readonly count: number }[]>;
}

/** A school's day as the kitchen reads it. */
export interface KitchenReport extends KitchenCount {
  readonly schoolName: string;
  readonly isServed: boolean;
  readonly closure: StoredKitchenDay['closure'];
  /** Until when absences may still change the count; null where the school takes none, or does not serve. */
  readonly cutOffAt: Date | null;
  /** Why the cut-off is later than the rule says; null where it is not. */
  readonly extensionReason: string | null;
}

export type KitchenRefused = { readonly kind: 'unknown_school' };

/** Counts what is to be cooked on a day. Before the cut-off the count may still change. */
export async function kitchenReport(
  store: KitchenStore,
  place: DayPlace,
): Promise<Decision<KitchenReport, KitchenRefused>> {
  const known = await readKitchen(store, place);
  if (known === null) return refuse({ kind: 'unknown_school' });
  const { schoolName, stored, day, eaters, cutOffAt, extensionReason } = known;
  const { isServed, closure } = stored;
  return accept({
    ...countMeals(isServed ? eaters : [], day),
    ...{ schoolName, isServed, closure },
    ...{ cutOffAt, extensionReason },
  });
}

/** The day's three-way table of a school. */
export interface DayReport extends DayTable {
  readonly schoolName: string;
  readonly setAside: readonly { readonly reason: string; readonly count: number }[];
}

/** Puts booked, served and charged of a day side by side. */
export async function dayReport(store: KitchenStore, place: DayPlace): Promise<Decision<DayReport, KitchenRefused>> {
  const known = await readKitchen(store, place);
  if (known === null) return refuse({ kind: 'unknown_school' });
  const { schoolName, stored, day, eaters } = known;
  const [meals, booked] = [await store.listMeals(place), await store.listBookedCharges(place)];
  return accept({
    ...dayTable(stored.isServed ? eaters : [], day, meals, booked),
    schoolName,
    setAside: await store.countSetAside(place),
  });
}

/** What a school's day is counted and charged from; null for an unknown school. */
export async function readKitchen(store: KitchenStore, place: DayPlace) {
  const { municipalityId, schoolId, service, serviceDate } = place;
  const school = (await store.listSchools(municipalityId)).find((one) => one.schoolId === schoolId);
  if (school === undefined) return null;
  const stored = await store.readDay(place, addDays(serviceDate, -CALENDAR_BEFORE_DAYS));
  const pupils = await store.listPupils(municipalityId, schoolId);
  const eaters = pupils.flatMap((pupil) => toEater(pupil, service, serviceDate));
  const dietOf = new Map(stored.rules?.types.map(({ code, dietCode }) => [code, dietCode]));
  const day: KitchenDay = {
    sittings: stored.sittings,
    classesAway: stored.classesAway,
    // A type that is offered no more is an absence all the same.
    absences: new Map([...stored.absences].map(([pupilId, type]) => [pupilId, dietOf.get(type) ?? null])),
    lateAbsences: stored.lateAbsences,
  };
  const { rules, extension, isServed } = stored;
  const byRule = rules === null || !isServed ? null : cutOffOf(serviceDate, rules, stored.earlierServiceDays);
  const isExtended = byRule !== null && extension !== null && extension.cutOffAt > byRule;
  return {
    ...{ schoolName: school.name, stored, day, eaters },
    pupils: new Map(pupils.map((pupil) => [pupil.pupilId, pupil])),
    cutOffAt: isExtended ? extension.cutOffAt : byRule,
    extensionReason: isExtended ? extension.reason : null,
  };
}

function toEater(pupil: Pupil, service: ServiceCode, day: ServiceDate): readonly Eater[] {
  if (pupil.removed || enrolmentOn(pupil, service, day) === null) return [];
  const { pupilId, displayName, className, diets } = pupil;
  return [{ pupilId, displayName, className, dietCode: dietOn(diets, day) }];
}
