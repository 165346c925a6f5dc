import type { OfficeServiceServer } from '@campanella/proto/attendance/v1/office';
import { GrpcRefusal, unaryHandler } from '@campanella/service-kit';
import {
  daysBetween,
  type MunicipalityId,
  parseId,
  parseNumberId,
  parseServiceCode,
  parseServiceDate,
  type SchoolId,
  type ServiceDate,
  type TerminalId,
} from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import { hashTerminalKey, type OfficeStore, type ServicePlace } from '../app/office.ts';

const CALENDAR_DAYS_MAX = 800;
const MENUS_MAX = 1_000;
const MENU_LENGTH_MAX = 2_000;
const NAME_LENGTH_MAX = 80;
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
      const menus = request.menus.map(({ serviceDate, text }) => {
        if (text.length > MENU_LENGTH_MAX || text.includes('\0')) {
          throw malformed(`text must have at most ${MENU_LENGTH_MAX} characters`);
        }
        return { serviceDate: takeDay(serviceDate, 'service_date'), text: text.trim() };
      });
      if (new Set(menus.map((menu) => menu.serviceDate)).size !== menus.length)
        throw malformed('menus must have one per day');
      await deps.store.putMenus(takePlace(request), menus);
      return {};
    }),
  };
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
