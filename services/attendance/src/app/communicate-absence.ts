import type { Transaction } from '@campanella/postgres';
import {
  accept,
  addDays,
  type Decision,
  daysBetween,
  isWithin,
  type MunicipalityId,
  type PersonId,
  type PupilId,
  refuse,
  type SchoolId,
  type ServiceCode,
  type ServiceDate,
  serviceDateAt,
  type Validity,
} from '@campanella/vocabulary';
import {
  type AbsenceRules,
  type AbsenceType,
  type AskedAbsence,
  type AskedDay,
  type DecidedDay,
  decideAbsence,
  type LatePolicy,
} from '../domain/absence.ts';

/** Longest range of one communication, in calendar days; a longer absence is a change of the enrolment. */
export const ABSENCE_DAYS_MAX = 62;
/** The calendar is read from so many days before a range: the service day before may lie before a long holiday. */
const CALENDAR_BEFORE_DAYS = 45;

/** What a guardian communicates. */
export interface CommunicateAbsence {
  readonly municipalityId: MunicipalityId;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  /** Made by the portal; a repeat gets the answer of the first time. */
  readonly requestId: string;
  readonly from: ServiceDate;
  readonly to: ServiceDate;
  /** A type's code. */
  readonly type: string;
  readonly communicatedBy: PersonId;
}

/** Why nothing at all is taken. */
export type AbsenceRefusal =
  | { readonly kind: 'unknown_pupil' }
  | { readonly kind: 'not_offered' }
  | { readonly kind: 'unknown_type' }
  | { readonly kind: 'inverted_range' }
  | { readonly kind: 'range_too_long' }
  | { readonly kind: 'range_in_the_past' }
  /** The request's id was used for something else. */
  | { readonly kind: 'request_differs' };

/** A pupil as absences need one. */
export interface AbsentPupil {
  readonly schoolId: SchoolId;
  readonly enrolments: readonly { readonly service: ServiceCode; readonly validity: Validity }[];
}

/** What is stored about the days of a range. */
export interface StoredDays {
  readonly served: readonly ServiceDate[];
  readonly absent: readonly ServiceDate[];
  readonly present: readonly ServiceDate[];
  readonly extensions: readonly {
    readonly serviceDate: ServiceDate;
    readonly cutOffAt: Date;
    readonly reason: string;
  }[];
}

/** An absence that was communicated. */
export interface CommunicatedAbsence {
  readonly serviceDate: ServiceDate;
  /** A type's code. */
  readonly type: string;
  /** As guardians read it; null where the school has this type no more. */
  readonly label: string | null;
  readonly communicatedAt: Date;
  readonly communicatedBy: PersonId;
  /** After the cut-off: the meal was cooked. */
  readonly isLate: boolean;
  /** Whether the day costs nothing. */
  readonly cancelsCharge: boolean;
}

/** Where a page of absences goes on: behind the last of the page before. */
export type AbsenceListCursor = Pick<CommunicatedAbsence, 'communicatedAt' | 'serviceDate'>;

/** The absences of a pupil as guardians list them. */
export interface AbsenceList {
  /** The last communicated first, and of one communication the last day first. */
  list(
    who: Pick<CommunicateAbsence, 'municipalityId' | 'pupilId' | 'service'>,
    page: { readonly after: AbsenceListCursor | null; readonly limit: number },
  ): Promise<readonly CommunicatedAbsence[]>;
}

/** A day for which an absence is taken. */
export interface TakenDay {
  readonly serviceDate: ServiceDate;
  /** After the cut-off: the meal is cooked. */
  readonly isLate: boolean;
  /** Whether the day costs nothing. */
  readonly cancelsCharge: boolean;
}

/** Where absences are kept. */
export interface AbsenceStore {
  findPupil(tx: Transaction, municipalityId: MunicipalityId, pupilId: PupilId): Promise<AbsentPupil | null>;
  findRules(
    tx: Transaction,
    municipalityId: MunicipalityId,
    schoolId: SchoolId,
    service: ServiceCode,
  ): Promise<AbsenceRules | null>;
  /** Makes other communications for the same pupil wait until the transaction ends. */
  lockPupil(tx: Transaction, municipalityId: MunicipalityId, pupilId: PupilId): Promise<void>;
  readDays(
    tx: Transaction,
    key: {
      readonly municipalityId: MunicipalityId;
      readonly pupilId: PupilId;
      readonly schoolId: SchoolId;
      readonly service: ServiceCode;
    },
    from: ServiceDate,
    to: ServiceDate,
  ): Promise<StoredDays>;
  findAnswer(
    tx: Transaction,
    municipalityId: MunicipalityId,
    requestId: string,
  ): Promise<{ readonly content: string; readonly days: readonly DecidedDay[] } | null>;
  keepAnswer(
    tx: Transaction,
    command: CommunicateAbsence,
    content: string,
    days: readonly DecidedDay[],
    now: Date,
  ): Promise<void>;
  insert(
    tx: Transaction,
    command: CommunicateAbsence,
    schoolId: SchoolId,
    days: readonly TakenDay[],
    now: Date,
  ): Promise<void>;
}

/** What the operations on absences need. */
export interface AbsenceDeps {
  readonly transaction: <Result>(run: (tx: Transaction) => Promise<Result>) => Promise<Result>;
  readonly store: AbsenceStore;
  readonly clock: { now(): Date };
}

/**
 * Takes a guardian's communication that a pupil will be absent, day by day. Every calendar day of the range has its answer. The same
 * request again gets the same answer; two at once wait for each other.
 */
export async function communicateAbsence(
  deps: AbsenceDeps,
  command: CommunicateAbsence,
): Promise<Decision<readonly DecidedDay[], AbsenceRefusal>> {
  const now = deps.clock.now();
  const length = daysBetween(command.from, command.to);
  if (length < 0) return refuse({ kind: 'inverted_range' });
  if (length >= ABSENCE_DAYS_MAX) return refuse({ kind: 'range_too_long' });
  const content = contentOf(command);
  return deps.transaction(async (tx) => {
    await deps.store.lockPupil(tx, command.municipalityId, command.pupilId);
    const earlier = await deps.store.findAnswer(tx, command.municipalityId, command.requestId);
    if (earlier !== null)
      return earlier.content === content ? accept(earlier.days) : refuse({ kind: 'request_differs' });
    // After the look at what was answered: a repeat on the next day is no new communication of the past.
    if (command.to < serviceDateAt(now)) return refuse({ kind: 'range_in_the_past' });
    const pupil = await deps.store.findPupil(tx, command.municipalityId, command.pupilId);
    if (pupil === null) return refuse({ kind: 'unknown_pupil' });
    const rules = await deps.store.findRules(tx, command.municipalityId, pupil.schoolId, command.service);
    if (rules === null) return refuse({ kind: 'not_offered' });
    const type = rules.types.find(({ code }) => code === command.type);
    if (type === undefined) return refuse({ kind: 'unknown_type' });
    const days = await decideRange(deps, tx, command, pupil, { rules, type }, now);
    const taken = days.flatMap((day) => toTaken(day, type));
    await deps.store.insert(tx, command, pupil.schoolId, taken, now);
    await deps.store.keepAnswer(tx, command, content, days, now);
    return accept(days);
  });
}

async function decideRange(
  { store }: AbsenceDeps,
  tx: Transaction,
  command: CommunicateAbsence,
  pupil: AbsentPupil,
  absence: AskedAbsence,
  now: Date,
): Promise<readonly DecidedDay[]> {
  const { municipalityId, pupilId, service, from, to } = command;
  const key = { municipalityId, pupilId, schoolId: pupil.schoolId, service };
  const stored = await store.readDays(tx, key, addDays(from, -CALENDAR_BEFORE_DAYS), to);
  const extended = new Map(stored.extensions.map(({ serviceDate, cutOffAt }) => [serviceDate, cutOffAt]));
  const asked = Array.from({ length: daysBetween(from, to) + 1 }, (_item, index): AskedDay => {
    const serviceDate = addDays(from, index);
    return {
      serviceDate,
      isEnrolled: pupil.enrolments.some((one) => one.service === service && isWithin(serviceDate, one.validity)),
      isServed: stored.served.includes(serviceDate),
      isAbsentAlready: stored.absent.includes(serviceDate),
      isPresent: stored.present.includes(serviceDate),
      extendedTo: extended.get(serviceDate) ?? null,
    };
  });
  return decideAbsence(asked, absence, stored.served, now);
}

function toTaken({ serviceDate, outcome }: DecidedDay, type: AbsenceType): readonly TakenDay[] {
  if (outcome.kind === 'accepted') return [{ serviceDate, isLate: false, cancelsCharge: type.dietCode === null }];
  return outcome.kind === 'accepted_late' ? [{ serviceDate, isLate: true, cancelsCharge: !outcome.isCharged }] : [];
}

function contentOf({ pupilId, service, from, to, type }: CommunicateAbsence): string {
  return JSON.stringify([pupilId, service, from, to, type]);
}

/** What a guardian must know before communicating an absence. */
export interface AbsenceNotice {
  readonly types: readonly AbsenceType[];
  readonly serviceDaysBefore: number;
  readonly cutOffTime: string;
  readonly late: LatePolicy | null;
  /** The first service day for which an absence can still be communicated, and until when; null where the calendar ends. */
  readonly next: { readonly serviceDate: ServiceDate; readonly cutOffAt: Date } | null;
  /** Cut-offs that were moved to a later time, from today on. */
  readonly extensions: StoredDays['extensions'];
}

/** How far ahead the next service day is looked for: beyond the summer holidays. */
const LOOK_AHEAD_DAYS = 120;

/** Tells the rules of a pupil's school; null for an unknown pupil or a school that takes no absences. */
export async function readAbsenceNotice(
  deps: AbsenceDeps,
  who: { readonly municipalityId: MunicipalityId; readonly pupilId: PupilId; readonly service: ServiceCode },
): Promise<Decision<AbsenceNotice, { kind: 'unknown_pupil' } | { kind: 'not_offered' }>> {
  const now = deps.clock.now();
  const today = serviceDateAt(now);
  return deps.transaction(async (tx) => {
    const pupil = await deps.store.findPupil(tx, who.municipalityId, who.pupilId);
    if (pupil === null) return refuse({ kind: 'unknown_pupil' });
    const rules = await deps.store.findRules(tx, who.municipalityId, pupil.schoolId, who.service);
    if (rules === null) return refuse({ kind: 'not_offered' });
    const until = addDays(today, LOOK_AHEAD_DAYS);
    const key = { ...who, schoolId: pupil.schoolId };
    const stored = await deps.store.readDays(tx, key, addDays(today, -CALENDAR_BEFORE_DAYS), until);
    const extended = new Map(stored.extensions.map(({ serviceDate, cutOffAt }) => [serviceDate, cutOffAt]));
    const ahead = stored.served
      .filter((day) => day >= today)
      .map(
        (serviceDate): AskedDay => ({
          serviceDate,
          isEnrolled: true,
          isServed: true,
          isAbsentAlready: false,
          isPresent: false,
          extendedTo: extended.get(serviceDate) ?? null,
        }),
      );
    // Of any type: only late ones differ by it.
    const absence = { rules, type: { code: '', label: '', dietCode: null } };
    const open = decideAbsence(ahead, absence, stored.served, now).find(({ outcome }) => outcome.kind === 'accepted');
    return accept({
      types: rules.types,
      serviceDaysBefore: rules.serviceDaysBefore,
      cutOffTime: rules.cutOffTime,
      late: rules.late,
      next: open?.cutOffAt == null ? null : { serviceDate: open.serviceDate, cutOffAt: open.cutOffAt },
      extensions: stored.extensions.filter(({ serviceDate }) => serviceDate >= today),
    });
  });
}
