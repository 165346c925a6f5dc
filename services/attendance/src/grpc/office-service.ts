import type { Course as CourseMessage, OfficeServiceServer } from '@campanella/proto/attendance/v1/office';
import { GrpcRefusal, unaryHandler } from '@campanella/service-kit';
import {
  daysBetween,
  type MunicipalityId,
  parseId,
  parseNumberId,
  parseServiceCode,
  parseServiceDate,
  parseWallTime,
  type SchoolId,
  type ServiceDate,
  serviceDateAt,
  type TerminalId,
} from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import {
  CHARGING_POLICIES,
  CLOSURE_KINDS,
  hashTerminalKey,
  type OfficeStore,
  type ServicePlace,
} from '../app/office.ts';

import { ALLERGENS, COURSES, type Course, menuText } from '../domain/menu.ts';

const CALENDAR_DAYS_MAX = 800;
const MENUS_MAX = 1_000;
const MENU_LENGTH_MAX = 2_000;
const NAME_LENGTH_MAX = 80;
const CUT_OFF_DAYS_MAX = 10;
const TYPES_MAX = 20;
const TYPE_CODE = /^[a-z][a-z_]{1,39}$/;
const TYPE_LABEL_LENGTH_MAX = 60;
const REASON_LENGTH_MAX = 300;
const WEEKS_MAX = 12;
const CLASSES_MAX = 200;
const COURSES_MAX = 40;
const DISH_LENGTH_MAX = 200;
const DIET_CODE = /^[A-Z0-9+-]{0,20}$/;
/** 32 bytes in base64url without padding. */
const KEY = /^[\w-]{43}$/;

/** Serves what the office and the seeder set; see the contract for what each call promises. */
export function officeService(deps: {
  readonly store: OfficeStore;
  /** Begins to read the municipality's directory, so that a new terminal finds one. */
  readonly watch: (municipalityId: MunicipalityId) => Promise<void>;
}): OfficeServiceServer {
  return {
    registerTerminal: unaryHandler(async (request) => {
      const name = request.name.trim();
      if (name === '' || name.length > NAME_LENGTH_MAX)
        throw malformed(`name must have 1 to ${NAME_LENGTH_MAX} characters`);
      if (!KEY.test(request.key)) throw malformed('key must be 32 random bytes in base64url, 43 characters');
      const terminal = {
        municipalityId: takeMunicipality(request.municipalityId),
        terminalId: take(parseId<TerminalId>(request.terminalId), 'terminal_id must be a UUID in lower case'),
        schoolId: take(parseId<SchoolId>(request.schoolId), 'school_id must be a UUID in lower case'),
        name,
      };
      if (!(await deps.store.putTerminal({ terminal, keyHash: hashTerminalKey(request.key) }))) {
        throw new GrpcRefusal(
          status.ALREADY_EXISTS,
          'terminal_held',
          'another terminal has this terminal_id: make a new one',
        );
      }
      await deps.watch(terminal.municipalityId);
      return {};
    }),
    disableTerminal: unaryHandler(async (request) => {
      const terminalId = take(parseId<TerminalId>(request.terminalId), 'terminal_id must be a UUID in lower case');
      if (!(await deps.store.disableTerminal(takeMunicipality(request.municipalityId), terminalId))) {
        throw new GrpcRefusal(status.NOT_FOUND, 'unknown_terminal', 'no such terminal in this municipality');
      }
      return {};
    }),
    putServiceDays: unaryHandler(async (request) => {
      const range = { from: takeDay(request.from, 'from'), until: takeDay(request.until, 'until') };
      const length = daysBetween(range.from, range.until);
      if (length < 0 || length >= CALENDAR_DAYS_MAX)
        throw malformed(`from to until must be 1 to ${CALENDAR_DAYS_MAX} days`);
      if (request.serviceDates.length > CALENDAR_DAYS_MAX)
        throw malformed('service_dates holds more days than the range');
      const days = request.serviceDates.map((day) => takeDay(day, 'service_dates'));
      if (days.some((day) => day < range.from || day > range.until))
        throw malformed('service_dates must be within the range');
      await deps.store.putServiceDays(takePlace(request), range, [...new Set(days)]);
      return {};
    }),
    putMenus: unaryHandler(async (request) => {
      if (request.menus.length > MENUS_MAX) throw malformed(`at most ${MENUS_MAX} menus a call`);
      const menus = request.menus.map(({ serviceDate, text, courses: sent }) => {
        if (text.length > MENU_LENGTH_MAX || text.includes('\0')) {
          throw malformed(`text must have at most ${MENU_LENGTH_MAX} characters`);
        }
        const courses = takeCourses(sent);
        return { serviceDate: takeDay(serviceDate, 'service_date'), text: text.trim() || menuText(courses), courses };
      });
      if (new Set(menus.map((menu) => menu.serviceDate)).size !== menus.length)
        throw malformed('menus must have one per day');
      await deps.store.putMenus(takePlace(request), menus);
      return {};
    }),
    putMenuRotation: unaryHandler(async (request) => {
      const startsOn = takeDay(request.startsOn, 'starts_on');
      if (new Date(startsOn).getUTCDay() !== 1) throw malformed('starts_on must be a Monday');
      const { weeks } = request;
      if (weeks < 1 || weeks > WEEKS_MAX) throw malformed(`weeks must be 1 to ${WEEKS_MAX}`);
      const days = request.days.map(({ week, weekday, courses }) => {
        if (week < 1 || week > weeks || weekday < 1 || weekday > 7)
          throw malformed('days must lie within the weeks, weekday 1 to 7');
        return { week, weekday, courses: takeCourses(courses) };
      });
      if (new Set(days.map(({ week, weekday }) => `${week}/${weekday}`)).size !== days.length)
        throw malformed('days must have one menu each');
      await deps.store.putMenuRotation(takePlace(request), { startsOn, weeks, days });
      return {};
    }),
    putClosedDays: unaryHandler(async (request) => {
      if (request.days.length > CALENDAR_DAYS_MAX) throw malformed(`at most ${CALENDAR_DAYS_MAX} days a call`);
      const days = request.days.map((day) => {
        const reason = day.reason.trim();
        const className = day.className.trim();
        if (reason.length > REASON_LENGTH_MAX || (reason === '' && className === ''))
          throw malformed(`reason must have 1 to ${REASON_LENGTH_MAX} characters`);
        const kind = CLOSURE_KINDS.find((one) => one === day.kind);
        if (kind === undefined) throw malformed(`kind must be one of ${CLOSURE_KINDS.join(', ')}`);
        return { serviceDate: takeDay(day.serviceDate, 'service_date'), kind, reason, className };
      });
      if (new Set(days.map(({ serviceDate, className }) => `${serviceDate} ${className}`)).size !== days.length)
        throw malformed('days must name each day and class once');
      await deps.store.putClosedDays(takePlace(request), days);
      return {};
    }),
    putSittings: unaryHandler(async (request) => {
      const classes = request.secondSittingClasses.map((name) => name.trim());
      if (classes.length > CLASSES_MAX || classes.some((name) => name === '' || name.length > NAME_LENGTH_MAX))
        throw malformed(`second_sitting_classes must be at most ${CLASSES_MAX} names`);
      await deps.store.putSittings(takePlace(request), [...new Set(classes)]);
      return {};
    }),
    putChargingPolicy: unaryHandler(async (request) => {
      const policy = CHARGING_POLICIES.find((one) => one === request.policy);
      if (policy === undefined) throw malformed(`policy must be one of ${CHARGING_POLICIES.join(', ')}`);
      await deps.store.putChargingPolicy(takePlace(request), policy, takeDay(request.since, 'since'));
      return {};
    }),
    putAbsenceRules: unaryHandler(async (request) => {
      const { serviceDaysBefore } = request;
      if (serviceDaysBefore < 0 || serviceDaysBefore > CUT_OFF_DAYS_MAX)
        throw malformed(`service_days_before must be 0 to ${CUT_OFF_DAYS_MAX}`);
      const cutOffTime = take(parseWallTime(request.cutOffTime), 'cut_off_time must be written HH:MM');
      const types = request.types.map(({ code, label, dietCode }) => ({
        ...{ code, label: label.trim() },
        dietCode: dietCode ?? null,
      }));
      const isRight = types.every(
        ({ code, label, dietCode }) =>
          TYPE_CODE.test(code) &&
          label !== '' &&
          label.length <= TYPE_LABEL_LENGTH_MAX &&
          DIET_CODE.test(dietCode ?? ''),
      );
      if (!isRight || types.length === 0 || types.length > TYPES_MAX)
        throw malformed(`types must be 1 to ${TYPES_MAX}, each with a code such as absent and a label`);
      if (new Set(types.map(({ code }) => code)).size !== types.length)
        throw malformed('types must have different codes');
      const late =
        request.late === undefined
          ? null
          : {
              untilTime: take(parseWallTime(request.late.untilTime), 'late.until_time must be written HH:MM'),
              isCharged: request.late.charged,
            };
      await deps.store.putAbsenceRules(takePlace(request), { serviceDaysBefore, cutOffTime, types, late });
      return {};
    }),
    extendCutOff: unaryHandler(async (request) => {
      const reason = request.reason.trim();
      if (reason === '' || reason.length > REASON_LENGTH_MAX)
        throw malformed(`reason must have 1 to ${REASON_LENGTH_MAX} characters`);
      const serviceDate = takeDay(request.serviceDate, 'service_date');
      const cutOffAt = new Date(request.cutOffAtMs);
      if (request.cutOffAtMs <= 0 || Number.isNaN(cutOffAt.getTime()) || serviceDateAt(cutOffAt) > serviceDate)
        throw malformed('cut_off_at_ms must be an instant of the service date or before it');
      await deps.store.extendCutOff(takePlace(request), { serviceDate, cutOffAt, reason });
      return {};
    }),
  };
}

function takeCourses(sent: readonly CourseMessage[]): readonly Course[] {
  if (sent.length > COURSES_MAX) throw malformed(`a menu has at most ${COURSES_MAX} courses`);
  return sent.map(({ course: courseName, name, allergens, dietCode }) => {
    const course = COURSES.find((one) => one === courseName);
    if (course === undefined) throw malformed(`course must be one of ${COURSES.join(', ')}`);
    if (name.trim() === '' || name.length > DISH_LENGTH_MAX)
      throw malformed(`name of a course must have 1 to ${DISH_LENGTH_MAX} characters`);
    if (!DIET_CODE.test(dietCode)) throw malformed('diet_code must be 1 to 20 capitals, digits, + and -, or empty');
    const known = ALLERGENS.filter((one) => allergens.includes(one));
    if (known.length !== new Set(allergens).size)
      throw malformed('allergens must be codes of Annex II to Regulation (EU) 1169/2011');
    return { course, name: name.trim(), allergens: known, dietCode };
  });
}

function takePlace(request: { municipalityId: number; schoolId: string; service: string }): ServicePlace {
  return {
    municipalityId: takeMunicipality(request.municipalityId),
    schoolId: take(parseId<SchoolId>(request.schoolId), 'school_id must be a UUID in lower case'),
    service: take(parseServiceCode(request.service), 'service must be a service code such as school_meals'),
  };
}

function takeMunicipality(value: number): MunicipalityId {
  return take(parseNumberId<MunicipalityId>(value), 'municipality_id must be a positive whole number');
}

function takeDay(text: string, field: string): ServiceDate {
  return take(parseServiceDate(text), `${field} must be a calendar day written YYYY-MM-DD`);
}

function take<Value>(value: Value | null, otherwise: string): Value {
  if (value === null) throw malformed(otherwise);
  return value;
}

function malformed(message: string): GrpcRefusal {
  return new GrpcRefusal(status.INVALID_ARGUMENT, 'malformed', message);
}
