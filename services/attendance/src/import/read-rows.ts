import type { Cells } from '@campanella/csv-import';
import { daysBetween, parseServiceCode, SCHOOL_MEALS, serviceDate } from '@campanella/vocabulary';
import { CALENDAR_BOUNDS, type ClosureKind } from '../domain/calendar-edit.ts';
import type { Allergen, Course, CourseName } from '../domain/menu.ts';
import type { FaultKind } from './faults.ts';
import type { FileKind } from './layouts.ts';

interface Ranged {
  /** Year, month and day with hyphens. */
  readonly from: string;
  readonly until: string;
}

/** What a row says of its school and service. */
export interface Told {
  readonly serviceDays: Ranged & { readonly weekdays: readonly number[]; readonly serves: boolean };
  readonly closedDays: Ranged & {
    readonly className: string;
    readonly kind: ClosureKind;
    readonly reason: string;
    readonly cancelled: boolean;
  };
  readonly sittings: { readonly className: string; readonly sitting: number };
  readonly menus: { readonly day: string; readonly course: Course };
  readonly rotations: {
    readonly startsOn: string;
    readonly weeks: number;
    readonly week: number;
    readonly weekday: number;
    readonly course: Course;
  };
}

type Say = (column: string, kind: FaultKind, detail?: string) => void;

const WEEKDAYS = { lun: 1, mar: 2, mer: 3, gio: 4, ven: 5, sab: 6, dom: 7 } as const;
const EVERY_DAY = Object.values(WEEKDAYS);
const YES_NO = { no: false, si: true, sì: true } as const;
const CLOSURES = { chiusura: 'closure', sciopero: 'strike', gita: 'trip' } as const;
const COURSES: Readonly<Record<string, CourseName>> = {
  primo: 'first',
  secondo: 'second',
  contorno: 'side',
  piatto_unico: 'single',
  pane: 'bread',
  frutta: 'fruit',
  dolce: 'dessert',
  merenda: 'snack',
};
const NO_ALLERGEN = 'nessuno';
const ALLERGENS: Readonly<Record<string, Allergen>> = {
  glutine: 'gluten',
  crostacei: 'crustaceans',
  uova: 'eggs',
  pesce: 'fish',
  arachidi: 'peanuts',
  soia: 'soybeans',
  latte: 'milk',
  frutta_a_guscio: 'nuts',
  sedano: 'celery',
  senape: 'mustard',
  sesamo: 'sesame',
  solfiti: 'sulphites',
  lupini: 'lupin',
  molluschi: 'molluscs',
};

/** How the row of each file is read; what is wrong is told and the reading goes on. */
export const READERS: { readonly [Kind in FileKind]: (cells: Cells, say: Say) => Told[Kind] } = {
  serviceDays: (cells, say) => {
    const weekdays = cells.choices('giorni', WEEKDAYS);
    return {
      ...rangeOf(cells, say),
      weekdays: weekdays.length === 0 ? EVERY_DAY : weekdays,
      serves: cells.choice('mensa', { si: true, sì: true, no: false }),
    };
  },
  closedDays: (cells, say) => {
    const cancelled = cells.choice('annullata', YES_NO);
    const reason = cancelled ? cells.optional('motivo') : cells.text('motivo');
    bounded('motivo', reason, CALENDAR_BOUNDS.reasonLengthMax, say);
    return {
      ...rangeOf(cells, say),
      className: cells.optional('classe'),
      kind: cells.choice('tipo', CLOSURES),
      reason,
      cancelled,
    };
  },
  sittings: (cells) => ({ className: cells.text('classe'), sitting: cells.whole('turno', 1, 2) }),
  menus: (cells, say) => ({ day: cells.day('giorno'), course: dishOf(cells, say) }),
  rotations: (cells, say) => {
    const startsOn = cells.day('dal');
    if (startsOn !== '' && new Date(startsOn).getUTCDay() !== 1) say('dal', 'not_a_monday');
    const weeks = cells.whole('settimane', 1, CALENDAR_BOUNDS.weeksMax);
    const week = cells.whole('settimana', 1, CALENDAR_BOUNDS.weeksMax);
    if (week > weeks) say('settimana', 'week_outside');
    const weekday = cells.choice('giorno', WEEKDAYS, cells.text('giorno'));
    return { startsOn, weeks, week, weekday, course: dishOf(cells, say) };
  },
};

/** The code of the row's service. */
export function serviceOf(cells: Cells, say: Say): string {
  const service = cells.optional('servizio') || SCHOOL_MEALS;
  if (parseServiceCode(service) === null) say('servizio', 'malformed');
  return service;
}

/** What makes a row the same as another of its file, beside school and service. */
export const ROW_KEYS: { readonly [Kind in FileKind]: (told: Told[Kind]) => readonly string[] } = {
  serviceDays: ({ from, until, weekdays, serves }) => [from, until, weekdays.join(), String(serves)],
  closedDays: ({ from, until, className }) => [from, until, className],
  sittings: ({ className }) => [className],
  menus: ({ day, course }) => [day, course.course, course.name, course.dietCode],
  rotations: ({ startsOn, week, weekday, course }) => [
    ...[startsOn, String(week), String(weekday)],
    ...[course.course, course.name, course.dietCode],
  ],
};

function rangeOf(cells: Cells, say: Say): Ranged {
  const from = cells.day('dal');
  const until = cells.lastDay('al') || from;
  if (from === '' || until === '') return { from, until };
  const length = daysBetween(serviceDate(from), serviceDate(until));
  if (length < 0) say('al', 'inverted_range');
  if (length >= CALENDAR_BOUNDS.calendarDaysMax) say('al', 'range_too_long', String(CALENDAR_BOUNDS.calendarDaysMax));
  return { from, until };
}

function dishOf(cells: Cells, say: Say): Course {
  const name = cells.text('piatto');
  bounded('piatto', name, CALENDAR_BOUNDS.dishLengthMax, say);
  const dietCode = cells.optional('dieta').toUpperCase();
  if (!CALENDAR_BOUNDS.dietCode.test(dietCode)) say('dieta', 'malformed');
  const allergens = cells.text('allergeni').toLowerCase() === NO_ALLERGEN ? [] : cells.choices('allergeni', ALLERGENS);
  return { course: cells.choice('portata', COURSES, cells.text('portata')), name, allergens, dietCode };
}

function bounded(column: string, text: string, most: number, say: Say): void {
  if (text.length > most) say(column, 'text_too_long', String(most));
}
