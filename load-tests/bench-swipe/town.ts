import { PaymentMode, type PupilRecord } from '@campanella/proto/anagrafica/v1/anagrafica';
import type { Swipe } from '@campanella/proto/attendance/v1/terminal';
import { v7 } from 'uuid';

export const MUNICIPALITIES = [1, 2, 3, 4] as const;
export const TERMINAL_COUNT = 200;
export const PRICE_CENTS = 520;
/** What each account holds before its first meal: the top-up that also warms it. */
export const CREDIT_CENTS = 1_000;
const SCHOOLS_PER_MUNICIPALITY = 10;

/** A UUID of a kind and a number; kinds keep schools, pupils and terminals apart. */
export function uuid(kind: number, number: number): string {
  return `0000000${kind}-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export interface BenchTerminal {
  readonly municipalityId: number;
  readonly terminalId: string;
  readonly schoolId: string;
}

/** The terminals, spread evenly over municipalities and their schools. */
export const TERMINALS: readonly BenchTerminal[] = Array.from({ length: TERMINAL_COUNT }, (_, index) => {
  const municipalityId = MUNICIPALITIES[index % MUNICIPALITIES.length] ?? 1;
  const school = Math.floor(index / MUNICIPALITIES.length) % SCHOOLS_PER_MUNICIPALITY;
  return { municipalityId, terminalId: uuid(3, index), schoolId: schoolOf(municipalityId, school) };
});

export function schoolOf(municipalityId: number, school: number): string {
  return uuid(1, municipalityId * 1_000 + school);
}

export const SCHOOLS = (municipalityId: number) =>
  Array.from({ length: SCHOOLS_PER_MUNICIPALITY }, (_, school) => ({
    schoolId: schoolOf(municipalityId, school),
    name: `Scuola ${school + 1}`,
  }));

/** A pupil has one meal per service and day: many services make many meals of few pupils. */
export function servicesOf(round: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `meals_${letters(round)}_${letters(index)}`);
}

function letters(number: number): string {
  return String.fromCharCode(97 + Math.floor(number / 26), 97 + (number % 26));
}

export function pupilId(municipalityId: number, number: number): string {
  return uuid(2, municipalityId * 1_000_000 + number);
}

function badgeNumber(municipalityId: number, number: number): string {
  return `B${municipalityId}${String(number).padStart(7, '0')}`;
}

/** A pupil's whole state at a version: prepaid for every service of the round. */
export function pupilRecord(
  municipalityId: number,
  number: number,
  version: number,
  services: readonly string[],
): PupilRecord {
  return {
    municipalityId,
    pupilId: pupilId(municipalityId, number),
    version,
    removed: false,
    displayName: `Prova ${number}`,
    schoolId: schoolOf(municipalityId, number % SCHOOLS_PER_MUNICIPALITY),
    className: '3B',
    dietCode: '',
    diets: [],
    badges: [
      {
        badgeId: uuid(4, municipalityId * 1_000_000 + number),
        badgeNumber: badgeNumber(municipalityId, number),
        blocked: false,
        validFrom: '2020-09-01',
        validUntil: '',
      },
    ],
    enrolments: services.map((service, index) => ({
      enrolmentId: uuid(5, (municipalityId * 1_000_000 + number) * 100 + index),
      service,
      paymentMode: PaymentMode.PREPAID,
      validFrom: '2020-09-01',
      validUntil: '',
      overdraftCents: 1_000,
      prices: [{ priceCents: PRICE_CENTS, validFrom: '2020-09-01', validUntil: '' }],
    })),
  };
}

const ROME_DAY = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Rome' });

/** The meals that a round may still record: each is one pupil, one service, today, used once. */
export function mealsOf(services: readonly string[], pupilsPerMunicipality: number) {
  const used = new Map<number, number>(MUNICIPALITIES.map((municipalityId) => [municipalityId, 0]));
  const today = ROME_DAY.format(new Date());
  return {
    next(municipalityId: number): Swipe {
      const position = used.get(municipalityId) ?? 0;
      used.set(municipalityId, position + 1);
      const service = services[Math.floor(position / pupilsPerMunicipality)];
      if (service === undefined) throw new Error('the round has used up its meals: give it more services');
      return {
        swipeId: v7(),
        // A stride that shares no factor with the count: neighbours in time are strangers in the index.
        badgeNumber: badgeNumber(municipalityId, (position * 7_919) % pupilsPerMunicipality),
        occurredAtMs: Date.now(),
        serviceDate: today,
        service,
        traceparent: '',
      };
    },
  };
}
