import type { OfficeServiceServer } from '@campanella/proto/attendance/v1/office';
import { GrpcRefusal, unaryHandler } from '@campanella/service-kit';
import { type MunicipalityId, parseId, parseNumberId, type SchoolId, type TerminalId } from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import { type EditCalendarDeps, type Editor, editCalendar } from '../app/edit-calendar.ts';
import { hashTerminalKey, type TerminalStore } from '../app/terminals.ts';
import { type CalendarEditInputs, type CalendarEditKind, parseCalendarEdit } from '../domain/calendar-edit.ts';

/** Who edits over gRPC: another service, or the seeder. */
const SERVICE: Editor = { name: 'service', source: 'service' };
const NAME_LENGTH_MAX = 80;
/** 32 bytes in base64url without padding. */
const KEY = /^[\w-]{43}$/;

/** Serves what the office and the seeder set; see the contract for what each call promises. */
export function officeService(deps: {
  readonly store: TerminalStore;
  readonly calendar: EditCalendarDeps;
  /** Begins to read the municipality's directory, so that a new terminal finds one. */
  readonly watch: (municipalityId: MunicipalityId) => Promise<void>;
}): OfficeServiceServer {
  const edit = <Kind extends CalendarEditKind>(kind: Kind) =>
    unaryHandler(async (request: CalendarEditInputs[Kind] & { readonly municipalityId: number }) => {
      const parsed = parseCalendarEdit(kind, request.municipalityId, request);
      if (!parsed.ok) throw malformed(parsed.refusal.rule);
      await editCalendar(deps.calendar, [parsed.value], SERVICE);
      return {};
    });
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
    putServiceDays: edit('service_days'),
    putMenus: edit('menus'),
    putMenuRotation: edit('menu_rotation'),
    putClosedDays: edit('closed_days'),
    putSittings: edit('sittings'),
    putChargingPolicy: edit('charging_policy'),
    putAbsenceRules: edit('absence_rules'),
    extendCutOff: edit('cut_off'),
  };
}

function takeMunicipality(value: number): MunicipalityId {
  return take(parseNumberId<MunicipalityId>(value), 'municipality_id must be a positive whole number');
}

function take<Value>(value: Value | null, otherwise: string): Value {
  if (value === null) throw malformed(otherwise);
  return value;
}

function malformed(message: string): GrpcRefusal {
  return new GrpcRefusal(status.INVALID_ARGUMENT, 'malformed', message);
}
