import { PaymentMode } from '@campanella/proto/anagrafica/v1/anagrafica';
import { PutRequest } from '@campanella/proto/anagrafica/v1/registry';

/** Two invented municipalities with the same ids and badge numbers but the municipality's. */
export const MUNICIPALITIES = [1, 2] as const;

/** A UUID that shows a small number: readable in a failing test. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export const SCHOOLS = [uuid(1), uuid(2)] as const;
/** Every terminal's key in these tests: 43 characters of base64url. */
export const KEY = 'k'.repeat(43);
export const PUPIL_COUNT = 60;
export const PRICE_CENTS = 520;
export const OVERDRAFT_CENTS = 20_000;

/** Pupils with a trait of their own; the others are prepaid and without surprises. */
export const PUPIL = { invoiced: 1, poor: 2, blockedBadge: 3, expiredBadge: 4, notEnrolled: 5, diet: 6 } as const;

export function terminalOf(municipalityId: number, schoolId: string, till: number): string {
  return uuid(municipalityId * 10_000 + schoolNumber(schoolId) * 100 + till);
}

function schoolNumber(schoolId: string): number {
  return schoolId === SCHOOLS[0] ? 0 : 1;
}

export function pupilId(number: number): string {
  return uuid(1_000 + number);
}

/** The badge number of a pupil; numbers of the two municipalities differ, so that a stranger's badge is known to be one. */
export function badgeNumber(municipalityId: number, number: number): string {
  return `0${municipalityId}${String(number).padStart(8, '0')}`;
}

const CLASSES = [uuid(11), uuid(12)] as const;
const YEAR = uuid(21);
const TARIFF = uuid(22);
const GUARDIAN = uuid(23);
const [FROM, UNTIL] = ['2020-09-01', '2099-08-31'];

/** A municipality without pupils. */
export function frame(municipalityId: number): PutRequest {
  return PutRequest.create({
    municipalityId,
    municipality: {
      name: `Comune ${municipalityId}`,
      websiteUrl: 'https://www.comune.esempio.example/',
      officeContact: 'ufficio.scuola@comune.esempio.example',
    },
    schools: SCHOOLS.map((schoolId, index) => ({ schoolId, name: `Scuola ${index + 1}` })),
    schoolYears: [{ schoolYearId: YEAR, name: '2020/2099', validFrom: FROM, validUntil: UNTIL }],
    classes: CLASSES.map((classId, index) => ({
      classId,
      schoolId: SCHOOLS[index] ?? '',
      schoolYearId: YEAR,
      name: `${index + 1}A`,
    })),
    services: [{ service: 'school_meals', name: 'Refezione scolastica' }],
    tariffs: [
      {
        tariffId: TARIFF,
        service: 'school_meals',
        name: 'Intera',
        prices: [{ priceCents: PRICE_CENTS, validFrom: FROM, validUntil: '' }],
      },
    ],
    guardians: [{ guardianId: GUARDIAN, givenName: 'Zefiro', familyName: 'Prova', codiceFiscale: codiceFiscale(1) }],
  });
}

/** The pupils of a municipality, the first half at the first school. */
export function pupils(municipalityId: number): Partial<PutRequest> {
  const numbers = Array.from({ length: PUPIL_COUNT }, (_, index) => index + 1);
  return {
    pupils: numbers.map((number) => pupilInput(number, number === PUPIL.diet ? 'GF' : '')),
    enrolments: numbers.filter((number) => number !== PUPIL.notEnrolled).map(enrolment),
    badges: numbers.map((number) => badge(municipalityId, number)),
  };
}

export function pupilInput(number: number, dietCode: string, givenName = 'Nuvola') {
  return {
    pupilId: pupilId(number),
    givenName,
    familyName: `Segnaposto ${letters(number)}`,
    codiceFiscale: codiceFiscale(1_000 + number),
    classId: number <= PUPIL_COUNT / 2 ? CLASSES[0] : CLASSES[1],
    dietCode,
    closed: false,
    birth: undefined,
    residence: undefined,
  };
}

function enrolment(number: number) {
  return {
    enrolmentId: uuid(2_000 + number),
    pupilId: pupilId(number),
    service: 'school_meals',
    schoolYearId: YEAR,
    guardianId: GUARDIAN,
    tariffId: TARIFF,
    paymentMode: number === PUPIL.invoiced ? PaymentMode.INVOICED : PaymentMode.PREPAID,
    overdraftCents: number === PUPIL.poor ? 100 : OVERDRAFT_CENTS,
    validFrom: FROM,
    validUntil: UNTIL,
    reductions: undefined,
    invoiceAddress: undefined,
  };
}

function badge(municipalityId: number, number: number) {
  return {
    badgeId: uuid(3_000 + number),
    pupilId: pupilId(number),
    badgeNumber: badgeNumber(municipalityId, number),
    blocked: number === PUPIL.blockedBadge,
    validFrom: FROM,
    validUntil: number === PUPIL.expiredBadge ? '2021-08-31' : '',
    replacesBadgeId: '',
  };
}

function letters(number: number): string {
  return String.fromCharCode(65 + Math.floor(number / 26), 65 + (number % 26));
}

/** Codici fiscali of invented people, one for each number below 10,000. */
function codiceFiscale(number: number): string {
  const digits = String(number).padStart(4, '0');
  const body = `PRVZFR${digits.slice(2)}S01M9${digits.slice(0, 2)}`;
  const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14];
  ODD.push(16, 10, 22, 25, 24, 23);
  const places = [...body].map((character) => '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(character));
  const even = (place: number) => (place < 10 ? place : place - 10);
  const sum = places.reduce((total, place, index) => total + (index % 2 === 0 ? (ODD[place] ?? 0) : even(place)), 0);
  return body + String.fromCharCode(65 + (sum % 26));
}
