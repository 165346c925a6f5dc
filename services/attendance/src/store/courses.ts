import { serviceDate } from '@campanella/vocabulary';
import { z } from 'zod';
import { ALLERGENS, COURSES, type Course, type MenuRotation } from '../domain/menu.ts';

const Courses = z.array(
  z.object({
    course: z.enum(COURSES),
    name: z.string(),
    allergens: z.array(z.enum(ALLERGENS)),
    dietCode: z.string(),
  }),
);
const RotationDays = z.array(z.object({ week: z.int(), weekday: z.int(), courses: Courses }));

/** The dishes of a column of courses; none for null. */
export function toCourses(column: unknown): readonly Course[] {
  return column === null ? [] : Courses.parse(column);
}

export interface RotationRow {
  readonly starts_on: string;
  readonly weeks: number;
  readonly days: unknown;
}

export function toRotation(row: RotationRow): MenuRotation {
  return { startsOn: serviceDate(row.starts_on), weeks: row.weeks, days: RotationDays.parse(row.days) };
}
