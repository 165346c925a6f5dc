import { daysBetween, type ServiceDate } from '@campanella/vocabulary';

/** Where in the meal a dish comes. */
export const COURSES = ['first', 'second', 'side', 'single', 'bread', 'fruit', 'dessert', 'snack'] as const;
export type CourseName = (typeof COURSES)[number];

/** The substances of Annex II to Regulation (EU) 1169/2011, in its order. */
export const ALLERGENS = [
  'gluten',
  'crustaceans',
  'eggs',
  'fish',
  'peanuts',
  'soybeans',
  'milk',
  'nuts',
  'celery',
  'mustard',
  'sesame',
  'sulphites',
  'lupin',
  'molluscs',
] as const;
export type Allergen = (typeof ALLERGENS)[number];

/** A dish of a menu. */
export interface Course {
  readonly course: CourseName;
  /** As parents read it. */
  readonly name: string;
  readonly allergens: readonly Allergen[];
  /** For whom it takes the place of the ordinary dish; empty for the ordinary one. */
  readonly dietCode: string;
}

/** Menus that come again every so many weeks. */
export interface MenuRotation {
  /** A Monday. */
  readonly startsOn: ServiceDate;
  readonly weeks: number;
  /** Week 1 is the first; weekday 1 is Monday. */
  readonly days: readonly { readonly week: number; readonly weekday: number; readonly courses: readonly Course[] }[];
}

/** The dishes that the rotations have for a day: the last one that has begun holds. Empty where there are none. */
export function rotatedCourses(rotations: readonly MenuRotation[], day: ServiceDate): readonly Course[] {
  const [rotation] = rotations
    .filter(({ startsOn }) => startsOn <= day)
    .sort((one, other) => (one.startsOn < other.startsOn ? 1 : -1));
  if (rotation === undefined) return [];
  const passed = daysBetween(rotation.startsOn, day);
  const week = (Math.floor(passed / 7) % rotation.weeks) + 1;
  const weekday = (passed % 7) + 1;
  return rotation.days.find((one) => one.week === week && one.weekday === weekday)?.courses ?? [];
}

/** The dishes that somebody with this diet is given: in each course the diet's own, else the ordinary one. */
export function coursesFor(courses: readonly Course[], dietCode: string): readonly Course[] {
  return COURSES.flatMap((course) => {
    const dishes = courses.filter((one) => one.course === course);
    const own = dietCode === '' ? [] : dishes.filter((one) => one.dietCode === dietCode);
    return own.length > 0 ? own : dishes.filter((one) => one.dietCode === '');
  });
}

/** The dishes as one line, as parents read it. */
export function menuText(courses: readonly Course[]): string {
  return courses.map(({ name }) => name).join(', ');
}
