import {
  accept,
  type Decision,
  daysBetween,
  type MunicipalityId,
  parseId,
  parseNumberId,
  parseServiceCode,
  parseServiceDate,
  parseWallTime,
  refuse,
  type SchoolId,
  type ServiceCode,
  type ServiceDate,
  serviceDateAt,
} from '@campanella/vocabulary';
import type { AbsenceRules } from './absence.ts';
import { ALLERGENS, COURSES, type Course, type MenuRotation, menuText } from './menu.ts';

/** What the office may tell at most, by whichever way. */
export const CALENDAR_BOUNDS = {
  calendarDaysMax: 800,
  reasonLengthMax: 300,
  weeksMax: 12,
  /** Dishes of one day. */
  coursesMax: 40,
  dishLengthMax: 200,
  dietCode: /^[A-Z0-9+-]{0,20}$/,
} as const;
const { calendarDaysMax, reasonLengthMax, weeksMax, coursesMax, dishLengthMax, dietCode: DIET_CODE } = CALENDAR_BOUNDS;
const MENUS_MAX = 1_000;
const MENU_LENGTH_MAX = 2_000;
const CLASS_NAME_LENGTH_MAX = 80;
const CUT_OFF_DAYS_MAX = 10;
const TYPES_MAX = 20;
const TYPE_CODE = /^[a-z][a-z_]{1,39}$/;
const TYPE_LABEL_LENGTH_MAX = 60;
const CLASSES_MAX = 200;

/** Where a calendar or a menu holds. */
export interface ServicePlace {
  readonly municipalityId: MunicipalityId;
  readonly schoolId: SchoolId;
  readonly service: ServiceCode;
}

/** The menu of one day; an empty text means none. */
export interface DayMenu {
  readonly serviceDate: ServiceDate;
  readonly text: string;
  /** Empty where only the text is known. */
  readonly courses: readonly Course[];
}

export const CLOSURE_KINDS = ['closure', 'strike', 'trip'] as const;
export type ClosureKind = (typeof CLOSURE_KINDS)[number];

/** Why a school, or a class of it, does not eat on a day. */
export interface ClosedDay {
  readonly serviceDate: ServiceDate;
  readonly kind: ClosureKind;
  /** As guardians read it; empty opens the day again for the class. */
  readonly reason: string;
  /** Empty for the whole school. */
  readonly className: string;
}

/** Each swipe, or each meal that is booked and not cancelled by the cut-off. */
export const CHARGING_POLICIES = ['on_swipe', 'booked'] as const;
export type ChargingPolicy = (typeof CHARGING_POLICIES)[number];

/** A later cut-off of one day, and why. */
export interface CutOffExtension {
  readonly serviceDate: ServiceDate;
  readonly cutOffAt: Date;
  readonly reason: string;
}

/** What the office changes at a school in a service, each putting a whole thing in its place: the same again changes nothing. */
export type CalendarEdit = { readonly place: ServicePlace } & Change;

type Change =
  | {
      readonly kind: 'service_days';
      readonly from: ServiceDate;
      readonly until: ServiceDate;
      /** Of the range; its other days serve no longer. */
      readonly days: readonly ServiceDate[];
    }
  | { readonly kind: 'closed_days'; readonly days: readonly ClosedDay[] }
  /** Classes that are not named eat in the first sitting. */
  | { readonly kind: 'sittings'; readonly secondSittingClasses: readonly string[] }
  | { readonly kind: 'menus'; readonly menus: readonly DayMenu[] }
  | { readonly kind: 'menu_rotation'; readonly rotation: MenuRotation }
  | { readonly kind: 'absence_rules'; readonly rules: AbsenceRules }
  | { readonly kind: 'charging_policy'; readonly policy: ChargingPolicy; readonly since: ServiceDate }
  | { readonly kind: 'cut_off'; readonly extension: CutOffExtension };

export const CALENDAR_EDIT_KINDS = [
  'service_days',
  'closed_days',
  'sittings',
  'menus',
  'menu_rotation',
  'absence_rules',
  'charging_policy',
  'cut_off',
] as const satisfies readonly CalendarEdit['kind'][];
export type CalendarEditKind = CalendarEdit['kind'];

/** The fields of edits that can be wrong. */
export type EditField =
  | 'municipality_id'
  | 'school_id'
  | 'service'
  | 'from'
  | 'until'
  | 'service_dates'
  | 'service_date'
  | 'days'
  | 'kind'
  | 'reason'
  | 'second_sitting_classes'
  | 'menus'
  | 'text'
  | 'courses'
  | 'course'
  | 'name'
  | 'allergens'
  | 'diet_code'
  | 'starts_on'
  | 'weeks'
  | 'service_days_before'
  | 'cut_off_time'
  | 'types'
  | 'late.until_time'
  | 'policy'
  | 'since'
  | 'cut_off_at_ms';

/** What is wrong with an edit as it was sent: the field, and what it must be. */
export interface MalformedEdit {
  readonly kind: 'malformed';
  readonly field: EditField;
  readonly rule: string;
}

/** Where in the municipality an edit is for, as it is sent. */
export interface PlaceInput {
  readonly schoolId: string;
  readonly service: string;
}

export interface CourseInput {
  readonly course: string;
  readonly name: string;
  readonly allergens: readonly string[];
  readonly dietCode: string;
}

/** Each edit as it is sent, over whichever wire; days are YYYY-MM-DD. */
export interface CalendarEditInputs {
  readonly service_days: PlaceInput & {
    readonly from: string;
    readonly until: string;
    readonly serviceDates: readonly string[];
  };
  readonly closed_days: PlaceInput & {
    readonly days: readonly {
      readonly serviceDate: string;
      readonly kind: string;
      readonly reason: string;
      readonly className: string;
    }[];
  };
  readonly sittings: PlaceInput & { readonly secondSittingClasses: readonly string[] };
  readonly menus: PlaceInput & {
    readonly menus: readonly {
      readonly serviceDate: string;
      readonly text: string;
      readonly courses: readonly CourseInput[];
    }[];
  };
  readonly menu_rotation: PlaceInput & {
    readonly startsOn: string;
    readonly weeks: number;
    readonly days: readonly {
      readonly week: number;
      readonly weekday: number;
      readonly courses: readonly CourseInput[];
    }[];
  };
  readonly absence_rules: PlaceInput & {
    readonly serviceDaysBefore: number;
    readonly cutOffTime: string;
    readonly types: readonly {
      readonly code: string;
      readonly label: string;
      readonly dietCode?: string | undefined;
    }[];
    readonly late?: { readonly untilTime: string; readonly charged: boolean } | undefined;
  };
  readonly charging_policy: PlaceInput & { readonly policy: string; readonly since: string };
  readonly cut_off: PlaceInput & {
    readonly serviceDate: string;
    readonly cutOffAtMs: number;
    readonly reason: string;
  };
}

/** Parses an edit; the first thing that is wrong with it is the answer. */
export function parseCalendarEdit<Kind extends CalendarEditKind>(
  kind: Kind,
  municipalityId: number,
  input: CalendarEditInputs[Kind],
): Decision<CalendarEdit, MalformedEdit> {
  try {
    return accept({ place: takePlace(municipalityId, input), ...PARSERS[kind](input) });
  } catch (cause) {
    if (cause instanceof Malformed) return refuse({ kind: 'malformed', field: cause.field, rule: cause.message });
    throw cause;
  }
}

class Malformed extends Error {
  readonly field: EditField;
  constructor(field: EditField, rule: string) {
    super(rule);
    this.field = field;
  }
}

const PARSERS: { readonly [Kind in CalendarEditKind]: (input: CalendarEditInputs[Kind]) => Change } = {
  service_days(input) {
    const [from, until] = [takeDay(input.from, 'from'), takeDay(input.until, 'until')];
    const length = daysBetween(from, until);
    if (length < 0 || length >= calendarDaysMax)
      throw new Malformed('until', `from to until must be 1 to ${calendarDaysMax} days`);
    if (input.serviceDates.length > calendarDaysMax)
      throw new Malformed('service_dates', 'service_dates holds more days than the range');
    const days = input.serviceDates.map((day) => takeDay(day, 'service_dates'));
    if (days.some((day) => day < from || day > until))
      throw new Malformed('service_dates', 'service_dates must be within the range');
    return { kind: 'service_days', from, until, days: [...new Set(days)] };
  },
  closed_days(input) {
    if (input.days.length > calendarDaysMax) throw new Malformed('days', `at most ${calendarDaysMax} days a call`);
    const days = input.days.map((day): ClosedDay => {
      const reason = day.reason.trim();
      const className = day.className.trim();
      if (reason.length > reasonLengthMax || (reason === '' && className === ''))
        throw new Malformed('reason', `reason must have 1 to ${reasonLengthMax} characters`);
      const kind = CLOSURE_KINDS.find((one) => one === day.kind);
      if (kind === undefined) throw new Malformed('kind', `kind must be one of ${CLOSURE_KINDS.join(', ')}`);
      return { serviceDate: takeDay(day.serviceDate, 'service_date'), kind, reason, className };
    });
    if (hasRepeat(days, ({ serviceDate, className }) => `${serviceDate} ${className}`))
      throw new Malformed('days', 'days must name each day and class once');
    return { kind: 'closed_days', days };
  },
  sittings(input) {
    const classes = input.secondSittingClasses.map((name) => name.trim());
    if (classes.length > CLASSES_MAX || classes.some((name) => name === '' || name.length > CLASS_NAME_LENGTH_MAX))
      throw new Malformed('second_sitting_classes', `second_sitting_classes must be at most ${CLASSES_MAX} names`);
    return { kind: 'sittings', secondSittingClasses: [...new Set(classes)] };
  },
  menus(input) {
    if (input.menus.length > MENUS_MAX) throw new Malformed('menus', `at most ${MENUS_MAX} menus a call`);
    const menus = input.menus.map(({ serviceDate, text, courses: sent }): DayMenu => {
      if (text.length > MENU_LENGTH_MAX || text.includes('\0'))
        throw new Malformed('text', `text must have at most ${MENU_LENGTH_MAX} characters`);
      const courses = takeCourses(sent);
      return { serviceDate: takeDay(serviceDate, 'service_date'), text: text.trim() || menuText(courses), courses };
    });
    if (hasRepeat(menus, ({ serviceDate }) => serviceDate)) throw new Malformed('menus', 'menus must have one per day');
    return { kind: 'menus', menus };
  },
  menu_rotation(input) {
    const startsOn = takeDay(input.startsOn, 'starts_on');
    if (new Date(startsOn).getUTCDay() !== 1) throw new Malformed('starts_on', 'starts_on must be a Monday');
    const { weeks } = input;
    if (weeks < 1 || weeks > weeksMax) throw new Malformed('weeks', `weeks must be 1 to ${weeksMax}`);
    const days = input.days.map(({ week, weekday, courses }) => {
      if (week < 1 || week > weeks || weekday < 1 || weekday > 7)
        throw new Malformed('days', 'days must lie within the weeks, weekday 1 to 7');
      return { week, weekday, courses: takeCourses(courses) };
    });
    if (hasRepeat(days, ({ week, weekday }) => `${week}/${weekday}`))
      throw new Malformed('days', 'days must have one menu each');
    return { kind: 'menu_rotation', rotation: { startsOn, weeks, days } };
  },
  absence_rules(input) {
    const { serviceDaysBefore, late } = input;
    if (serviceDaysBefore < 0 || serviceDaysBefore > CUT_OFF_DAYS_MAX)
      throw new Malformed('service_days_before', `service_days_before must be 0 to ${CUT_OFF_DAYS_MAX}`);
    const cutOffTime = takeTime(input.cutOffTime, 'cut_off_time');
    const types = input.types.map(({ code, label, dietCode }) => ({
      ...{ code, label: label.trim() },
      dietCode: dietCode ?? null,
    }));
    const isRight = types.every(
      ({ code, label, dietCode }) =>
        TYPE_CODE.test(code) && label !== '' && label.length <= TYPE_LABEL_LENGTH_MAX && DIET_CODE.test(dietCode ?? ''),
    );
    if (!isRight || types.length === 0 || types.length > TYPES_MAX)
      throw new Malformed('types', `types must be 1 to ${TYPES_MAX}, each with a code such as absent and a label`);
    if (hasRepeat(types, ({ code }) => code)) throw new Malformed('types', 'types must have different codes');
    const latePolicy =
      late === undefined ? null : { untilTime: takeTime(late.untilTime, 'late.until_time'), isCharged: late.charged };
    const rules = { serviceDaysBefore, cutOffTime, types, late: latePolicy };
    return { kind: 'absence_rules', rules };
  },
  charging_policy(input) {
    const policy = CHARGING_POLICIES.find((one) => one === input.policy);
    if (policy === undefined) throw new Malformed('policy', `policy must be one of ${CHARGING_POLICIES.join(', ')}`);
    return { kind: 'charging_policy', policy, since: takeDay(input.since, 'since') };
  },
  cut_off(input) {
    const reason = input.reason.trim();
    if (reason === '' || reason.length > reasonLengthMax)
      throw new Malformed('reason', `reason must have 1 to ${reasonLengthMax} characters`);
    const serviceDate = takeDay(input.serviceDate, 'service_date');
    const cutOffAt = new Date(input.cutOffAtMs);
    if (input.cutOffAtMs <= 0 || Number.isNaN(cutOffAt.getTime()) || serviceDateAt(cutOffAt) > serviceDate)
      throw new Malformed('cut_off_at_ms', 'cut_off_at_ms must be an instant of the service date or before it');
    return { kind: 'cut_off', extension: { serviceDate, cutOffAt, reason } };
  },
};

function takeCourses(sent: readonly CourseInput[]): readonly Course[] {
  if (sent.length > coursesMax) throw new Malformed('courses', `a menu has at most ${coursesMax} courses`);
  return sent.map(({ course: courseName, name, allergens, dietCode }) => {
    const course = COURSES.find((one) => one === courseName);
    if (course === undefined) throw new Malformed('course', `course must be one of ${COURSES.join(', ')}`);
    if (name.trim() === '' || name.length > dishLengthMax)
      throw new Malformed('name', `name of a course must have 1 to ${dishLengthMax} characters`);
    if (!DIET_CODE.test(dietCode))
      throw new Malformed('diet_code', 'diet_code must be 1 to 20 capitals, digits, + and -, or empty');
    const known = ALLERGENS.filter((one) => allergens.includes(one));
    if (known.length !== new Set(allergens).size)
      throw new Malformed('allergens', 'allergens must be codes of Annex II to Regulation (EU) 1169/2011');
    return { course, name: name.trim(), allergens: known, dietCode };
  });
}

function takePlace(municipalityId: number, { schoolId, service }: PlaceInput): ServicePlace {
  return {
    municipalityId: take(
      parseNumberId<MunicipalityId>(municipalityId),
      'municipality_id',
      'must be a positive whole number',
    ),
    schoolId: take(parseId<SchoolId>(schoolId), 'school_id', 'must be a UUID in lower case'),
    service: take(parseServiceCode(service), 'service', 'must be a service code such as school_meals'),
  };
}

function takeDay(text: string, field: EditField): ServiceDate {
  return take(parseServiceDate(text), field, 'must be a calendar day written YYYY-MM-DD');
}

function takeTime(text: string, field: EditField) {
  return take(parseWallTime(text), field, 'must be written HH:MM');
}

function take<Value>(value: Value | null, field: EditField, rule: string): Value {
  if (value === null) throw new Malformed(field, `${field} ${rule}`);
  return value;
}

function hasRepeat<Item>(items: readonly Item[], keyOf: (item: Item) => string): boolean {
  return new Set(items.map(keyOf)).size !== items.length;
}
