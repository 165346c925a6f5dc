import { PaymentMode } from '@campanella/proto/anagrafica/v1/anagrafica';
import { PutRequest } from '@campanella/proto/anagrafica/v1/registry';
import {
  PositionKeeper,
  type PutCreditorRequest,
  type PutTopUpRulesRequest,
} from '@campanella/proto/billing/v1/office';
import { codiceFiscaleControl } from '@campanella/vocabulary';

/** A UUID that shows a small number: readable in a failing test. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** Pupils of municipality 1: two of one guardian, one whose meals are invoiced, one of somebody else. */
export const PUPIL = { first: uuid(101), second: uuid(102), invoiced: uuid(103), stranger: uuid(104) } as const;
export const CREDITOR_CODE = '01234567897';
export const BROKER = '15376371009';
export const STATION = '15376371009_01';
export const IBAN = 'IT60X0542811101000000123456';
export const POSTAL_IBAN = 'IT60X0760101600000000123456';

const [SCHOOL, YEAR, CLASS, TARIFF] = [uuid(1), uuid(2), uuid(3), uuid(4)];
const [GUARDIAN, OTHER_GUARDIAN] = [uuid(5), uuid(6)];
const [FROM, UNTIL] = ['2020-09-01', '2099-08-31'];

function codiceFiscale(number: number): string {
  const body = `PRVZFR${String(number).padStart(2, '0')}S01M900`;
  return body + codiceFiscaleControl(body);
}

export const GUARDIAN_CODE = codiceFiscale(1);

/** The invented municipality. */
export function town(): PutRequest {
  const pupilOf = (pupilId: string, number: number) => ({
    ...{ pupilId, givenName: `Nuvola${number}`, familyName: 'Segnaposto', codiceFiscale: codiceFiscale(10 + number) },
    ...{ classId: CLASS, dietCode: '', closed: false },
  });
  const enrolmentOf = (pupilId: string, number: number, guardianId: string, paymentMode: PaymentMode) => ({
    ...{ enrolmentId: uuid(200 + number), pupilId, service: 'school_meals', schoolYearId: YEAR, guardianId },
    ...{ tariffId: TARIFF, paymentMode, overdraftCents: 1_000, validFrom: FROM, validUntil: UNTIL },
  });
  return PutRequest.create({
    municipalityId: 1,
    municipality: {
      name: 'Comune di Prova',
      websiteUrl: 'https://www.comune.esempio.example/',
      officeContact: 'ufficio.scuola@comune.esempio.example',
    },
    schools: [{ schoolId: SCHOOL, name: 'Il Girasole' }],
    schoolYears: [{ schoolYearId: YEAR, name: '2020/2099', validFrom: FROM, validUntil: UNTIL }],
    classes: [{ classId: CLASS, schoolId: SCHOOL, schoolYearId: YEAR, name: '1A' }],
    services: [{ service: 'school_meals', name: 'Refezione scolastica' }],
    tariffs: [
      {
        ...{ tariffId: TARIFF, service: 'school_meals', name: 'Intera' },
        prices: [{ priceCents: 520, validFrom: FROM, validUntil: '' }],
      },
    ],
    guardians: [
      { guardianId: GUARDIAN, givenName: 'Zefiro', familyName: 'Prova', codiceFiscale: GUARDIAN_CODE },
      { guardianId: OTHER_GUARDIAN, givenName: 'Brezza', familyName: 'Prova', codiceFiscale: codiceFiscale(2) },
    ],
    pupils: [pupilOf(PUPIL.first, 1), pupilOf(PUPIL.second, 2), pupilOf(PUPIL.invoiced, 3), pupilOf(PUPIL.stranger, 4)],
    enrolments: [
      enrolmentOf(PUPIL.first, 1, GUARDIAN, PaymentMode.PREPAID),
      enrolmentOf(PUPIL.second, 2, GUARDIAN, PaymentMode.PREPAID),
      enrolmentOf(PUPIL.invoiced, 3, GUARDIAN, PaymentMode.INVOICED),
      enrolmentOf(PUPIL.stranger, 4, OTHER_GUARDIAN, PaymentMode.PREPAID),
    ],
  });
}

/** Municipality 1 at pagoPA. */
export const CREDITOR: PutCreditorRequest = {
  municipalityId: 1,
  fiscalCode: CREDITOR_CODE,
  companyName: 'Comune di Prova',
  officeName: 'Ufficio scuola',
  brokerId: BROKER,
  stationId: STATION,
  segregationCode: '47',
  iban: IBAN,
  postalIban: POSTAL_IBAN,
  cbillCode: 'AB123',
  portalUrl: 'https://servizi.comune.esempio.example',
  refusesLatePayments: false,
  positionsAt: PositionKeeper.ACA,
};

/** What may be topped up there. */
export const RULES: PutTopUpRulesRequest = {
  municipalityId: 1,
  service: 'school_meals',
  label: 'refezione scolastica',
  minimumCents: 500,
  maximumCents: 20_000,
  stepCents: 100,
  taxonomyCode: '9/0101002IM/',
  pendingDays: 30,
};

/** More pupils whose meals are invoiced, with one guardian; as many as a run needs pages for. */
export function crowd(count: number): PutRequest {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return PutRequest.create({
    municipalityId: 1,
    pupils: numbers.map((number) => ({
      ...{ pupilId: crowdPupil(number), givenName: `Folla${number}`, familyName: 'Segnaposto' },
      ...{ codiceFiscale: crowdCode(number), classId: CLASS, dietCode: '', closed: false },
    })),
    enrolments: numbers.map((number) => ({
      ...{ enrolmentId: uuid(300_000 + number), pupilId: crowdPupil(number), service: 'school_meals' },
      ...{ schoolYearId: YEAR, guardianId: GUARDIAN, tariffId: TARIFF, paymentMode: PaymentMode.INVOICED },
      ...{ overdraftCents: 0, validFrom: FROM, validUntil: UNTIL },
    })),
  });
}

export function crowdPupil(number: number): string {
  return uuid(200_000 + number);
}

function crowdCode(number: number): string {
  const body = `PRVZFR${String(Math.floor(number / 1_000)).padStart(2, '0')}S01Z${String(number % 1_000).padStart(3, '0')}`;
  return body + codiceFiscaleControl(body);
}
