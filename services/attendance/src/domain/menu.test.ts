import { addDays, serviceDate } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import { type Course, type CourseName, coursesFor, type MenuRotation, menuText, rotatedCourses } from './menu.ts';

const dish = (name: string, course: CourseName = 'first', dietCode = ''): Course => ({
  ...{ course, name, dietCode },
  allergens: [],
});
const MONDAY = serviceDate('2026-09-07');
const rotation = (startsOn = MONDAY, weeks = 2, prefix = ''): MenuRotation => ({
  startsOn,
  weeks,
  days: [1, 2].flatMap((week) =>
    [1, 2, 3, 4, 5].map((weekday) => ({ week, weekday, courses: [dish(`${prefix}${week}/${weekday}`)] })),
  ),
});

describe('a rotation of two weeks', () => {
  test.each([
    [0, '1/1'],
    [4, '1/5'],
    [5, ''],
    [7, '2/1'],
    [14, '1/1'],
    [14 * 13 + 9, '2/3'],
  ])('%d days after its beginning has %s', (days, text) => {
    expect(menuText(rotatedCourses([rotation()], addDays(MONDAY, days)))).toBe(text);
  });

  test('has nothing before it begins', () => {
    expect(rotatedCourses([rotation()], addDays(MONDAY, -1))).toEqual([]);
  });

  test('ends where another begins', () => {
    const rotations = [rotation(), rotation(addDays(MONDAY, 14), 2, 'winter ')];
    expect(menuText(rotatedCourses(rotations, addDays(MONDAY, 13)))).toBe('');
    expect(menuText(rotatedCourses(rotations, addDays(MONDAY, 14)))).toBe('winter 1/1');
    expect(menuText(rotatedCourses(rotations.toReversed(), addDays(MONDAY, 7)))).toBe('2/1');
  });
});

describe('the dishes of a diet', () => {
  const courses = [
    dish('Mela', 'fruit'),
    dish('Pasta', 'first'),
    dish('Pasta di riso', 'first', 'GF'),
    dish('Frittata', 'second'),
    dish('Legumi', 'second', 'VEG'),
  ];

  test.each([
    ['', 'Pasta, Frittata, Mela'],
    ['GF', 'Pasta di riso, Frittata, Mela'],
    ['VEG', 'Pasta, Legumi, Mela'],
    ['UNKNOWN', 'Pasta, Frittata, Mela'],
  ])('of code “%s” are %s', (dietCode, text) => {
    expect(menuText(coursesFor(courses, dietCode))).toBe(text);
  });
});
