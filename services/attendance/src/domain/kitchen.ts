import type { PupilId } from '@campanella/vocabulary';
import type { Charge } from './swipe.ts';

/** A pupil who is enrolled on the day that is counted, as the kitchen needs one. */
export interface Eater {
  readonly pupilId: PupilId;
  readonly displayName: string;
  readonly className: string;
  /** Empty for the ordinary menu. */
  readonly dietCode: string;
}

/** What is known of a day at a school beside who is enrolled. */
export interface KitchenDay {
  /** Sitting by class; the first where nothing is said. */
  readonly sittings: ReadonlyMap<string, number>;
  /** Classes that are away. */
  readonly classesAway: ReadonlySet<string>;
  /** Who was reported absent, and the diet that is served instead: null for nothing. */
  readonly absences: ReadonlyMap<PupilId, string | null>;
  /** Who was reported absent after the cut-off: the meal is cooked all the same. */
  readonly lateAbsences: ReadonlySet<PupilId>;
}

/** Meals of one diet. */
export interface DietCount {
  readonly dietCode: string;
  readonly count: number;
}

/** What is to be cooked for one class. */
export interface ClassCount {
  readonly className: string;
  readonly sitting: number;
  readonly total: number;
  /** The ordinary menu first, then by code. */
  readonly diets: readonly DietCount[];
}

/** What is to be cooked: by sitting, and by class. No names. */
export interface KitchenCount {
  readonly total: number;
  readonly sittings: readonly {
    readonly sitting: number;
    readonly total: number;
    readonly diets: readonly DietCount[];
  }[];
  readonly classes: readonly ClassCount[];
}

/** What a pupil is expected to eat; null for nothing. */
export function bookedDiet(eater: Eater, day: KitchenDay): string | null {
  if (day.classesAway.has(eater.className)) return null;
  const instead = day.absences.get(eater.pupilId);
  return instead === undefined ? eater.dietCode : instead;
}

/** Counts the meals of a day at a school: everybody enrolled but those reported absent and those whose class is away. */
export function countMeals(eaters: readonly Eater[], day: KitchenDay): KitchenCount {
  const meals = eaters.flatMap((eater) => {
    const dietCode = bookedDiet(eater, day);
    const sitting = day.sittings.get(eater.className) ?? 1;
    return dietCode === null ? [] : [{ dietCode, sitting, className: eater.className }];
  });
  const sittings = [...Map.groupBy(meals, ({ sitting }) => sitting)]
    .sort(([one], [other]) => one - other)
    .map(([sitting, group]) => ({ sitting, total: group.length, diets: countDiets(group) }));
  const classes = [...Map.groupBy(meals, ({ className }) => className)]
    .map(([className, group]) => ({
      className,
      sitting: group[0]?.sitting ?? 1,
      total: group.length,
      diets: countDiets(group),
    }))
    .sort((one, other) => one.sitting - other.sitting || one.className.localeCompare(other.className, 'it'));
  return { total: meals.length, sittings, classes };
}

function countDiets(meals: readonly { readonly dietCode: string }[]): readonly DietCount[] {
  return [...Map.groupBy(meals, ({ dietCode }) => dietCode)]
    .map(([dietCode, group]) => ({ dietCode, count: group.length }))
    .sort((one, other) => (one.dietCode < other.dietCode ? -1 : 1));
}

/** What became of a pupil's meal where booked, served and charged do not agree. */
export type DifferenceKind =
  /** Expected, and no swipe came: cooked for nobody, or a forgotten badge. */
  | 'not_served'
  /** Cooked, and reported absent after the cut-off. */
  | 'late_absence'
  /** Ate although reported absent or away. */
  | 'not_booked'
  /** Ate, and the account could not be debited: its limit was reached. */
  | 'not_charged'
  /** Charged as booked, and no swipe came. */
  | 'charged_not_served';

/** The day's sums, and every pupil for whom they do not agree. */
export interface DayTable {
  readonly booked: number;
  readonly served: number;
  readonly charged: number;
  readonly chargedCents: number;
  readonly differences: readonly {
    readonly pupilId: PupilId;
    readonly displayName: string;
    readonly className: string;
    readonly kind: DifferenceKind;
  }[];
}

/** A meal that was recorded. */
export interface RecordedMeal {
  readonly pupilId: PupilId;
  readonly displayName: string;
  readonly className: string;
  readonly charge: Charge;
  readonly amountCents: number;
}

/** Puts booked, served and charged side by side, pupil by pupil. */
export function dayTable(
  eaters: readonly Eater[],
  day: KitchenDay,
  meals: readonly RecordedMeal[],
  bookedCharges: readonly RecordedMeal[] = [],
): DayTable {
  const booked = eaters.filter((eater) => bookedDiet(eater, day) !== null);
  const isLate = ({ pupilId }: Eater | RecordedMeal) => day.lateAbsences.has(pupilId);
  const bookedIds = new Set(booked.map(({ pupilId }) => pupilId));
  const servedIds = new Set(meals.map(({ pupilId }) => pupilId));
  const isCharged = ({ charge }: RecordedMeal) => charge === 'debited' || charge === 'invoiced';
  // Of who was charged as booked and then swiped, both lists tell the same meal.
  const charged = [
    ...new Map([...bookedCharges, ...meals].filter(isCharged).map((one) => [one.pupilId, one])).values(),
  ];
  const chargedIds = new Set(charged.map(({ pupilId }) => pupilId));
  const difference = ({ pupilId, displayName, className }: Eater | RecordedMeal, kind: DifferenceKind) => ({
    ...{ pupilId, displayName, className, kind },
  });
  return {
    booked: booked.length,
    served: meals.length,
    charged: charged.length,
    chargedCents: charged.reduce((sum, { amountCents }) => sum + amountCents, 0),
    differences: [
      ...booked
        .filter(({ pupilId }) => !servedIds.has(pupilId) && !chargedIds.has(pupilId))
        .map((one) => difference(one, isLate(one) ? 'late_absence' : 'not_served')),
      ...charged
        .filter(({ pupilId }) => !servedIds.has(pupilId))
        .map((one) => difference(one, isLate(one) ? 'late_absence' : 'charged_not_served')),
      ...meals.filter(({ pupilId }) => !bookedIds.has(pupilId)).map((one) => difference(one, 'not_booked')),
      ...meals.filter(({ charge }) => charge === 'over_limit').map((one) => difference(one, 'not_charged')),
    ].sort(
      (one, other) =>
        one.className.localeCompare(other.className, 'it') || one.displayName.localeCompare(other.displayName, 'it'),
    ),
  };
}
