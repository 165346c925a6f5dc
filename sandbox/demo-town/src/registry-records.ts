import { PaymentMode } from '@campanella/proto/anagrafica/v1/anagrafica';
import { PutRequest } from '@campanella/proto/anagrafica/v1/registry';
import { addDays } from '@campanella/vocabulary';
import {
  classesOf,
  familiesOf,
  schoolsOf,
  TOWN_SERVICE,
  type TownFamily,
  type TownGuardian,
  type TownPlan,
  type TownPupil,
  type TownTariff,
  tariffsOf,
  townId,
} from './town.ts';

/** The town without its people, as anagrafica takes it in one call. */
export function frameRequest(plan: TownPlan): PutRequest {
  const years = [plan.schoolYear, ...(plan.previousYear === null ? [] : [plan.previousYear])];
  const host = plan.name
    .toLowerCase()
    .replace(/^comune di /, '')
    .replaceAll(/[^a-z0-9]+/g, '-');
  return PutRequest.create({
    municipalityId: plan.municipalityId,
    municipality: {
      name: plan.name,
      websiteUrl: `https://www.comune.${host}.example/`,
      officeContact: `Ufficio Scuola, Piazza del Municipio 1 – ufficio.scuola@comune.${host}.example – 000 0000000`,
    },
    schools: schoolsOf(plan).map(({ schoolId, name }) => ({ schoolId, name })),
    schoolYears: years.map((year) => ({
      schoolYearId: townId(plan, 'school year', year.name),
      name: year.name,
      validFrom: year.from,
      validUntil: year.until,
    })),
    classes: classesOf(plan).map(({ classId, schoolId, name }) => ({
      classId,
      schoolId,
      name,
      schoolYearId: townId(plan, 'school year', plan.schoolYear.name),
    })),
    services: [TOWN_SERVICE],
    tariffs: tariffsOf(plan).map((tariff) => ({
      tariffId: tariff.tariffId,
      service: TOWN_SERVICE.service,
      name: tariff.name,
      ...pricesOf(plan, tariff),
    })),
  });
}

/** The first day of the town's prices. */
const FIRST_DAY = '2020-09-01';

/** What a tariff costs, this school year and before; with its ISEE band, where it has one. */
function pricesOf(
  plan: TownPlan,
  { priceCents, earlierPriceCents, isee }: TownTariff,
): Pick<PutRequest['tariffs'][number], 'prices' | 'bands'> {
  const [earlier, current] = [
    { validFrom: FIRST_DAY, validUntil: addDays(plan.schoolYear.from, -1) },
    { validFrom: plan.schoolYear.from, validUntil: '' },
  ];
  if (isee === null) {
    const prices = [
      { priceCents: earlierPriceCents, ...earlier },
      { priceCents, ...current },
    ];
    return { prices, bands: { items: [] } };
  }
  return {
    prices: [
      { priceCents: isee.earlierFullPriceCents, ...earlier },
      { priceCents: isee.fullPriceCents, ...current },
    ],
    bands: {
      items: [
        { validFrom: earlier.validFrom, iseeUpToCents: isee.upToCents, priceCents: earlierPriceCents },
        { validFrom: current.validFrom, iseeUpToCents: isee.upToCents, priceCents },
      ],
    },
  };
}

/** The town's people in calls of about so many families each, made while they are read. */
export function* peopleRequests(plan: TownPlan, familiesPerCall: number): Generator<PutRequest> {
  let families: TownFamily[] = [];
  for (const family of familiesOf(plan)) {
    families.push(family);
    if (families.length === familiesPerCall) {
      yield peopleRequest(plan, families);
      families = [];
    }
  }
  if (families.length > 0) yield peopleRequest(plan, families);
}

function peopleRequest(plan: TownPlan, families: readonly TownFamily[]): PutRequest {
  const pupils = families.flatMap((family) => family.pupils);
  return PutRequest.create({
    municipalityId: plan.municipalityId,
    guardians: families.map(({ guardian }) => ({
      guardianId: guardian.guardianId,
      givenName: guardian.givenName,
      familyName: guardian.familyName,
      codiceFiscale: guardian.codiceFiscale,
    })),
    pupils: pupils.map((pupil) => ({
      pupilId: pupil.pupilId,
      givenName: pupil.givenName,
      familyName: pupil.familyName,
      codiceFiscale: pupil.codiceFiscale,
      classId: pupil.classId,
      closed: false,
      birth: { bornOn: pupil.bornOn, sex: pupil.sex, municipality: 'Roccainventata', province: 'EE' },
      residence: {
        municipality: plan.name.replace(/^Comune di /, ''),
        postalCode: '00000',
        province: 'EE',
        street: 'Via della Fantasia',
        streetNumber: String(1 + (pupil.index % 90)),
        phone: '000 0000000',
      },
    })),
    diets: pupils.filter(({ dietCode }) => dietCode !== '').map((pupil) => dietsOf(plan, pupil)),
    // Who answers for no pupil is no household: its name would be the first family's.
    households: families.filter((family) => family.pupils.length > 0).map((family) => householdOf(plan, family)),
    isee: families
      .filter((family) => family.pupils.some(({ tariff }) => tariff.isee !== null))
      .map((family) => iseeOf(plan, family)),
    enrolments: families.flatMap((family) =>
      family.pupils.flatMap((pupil, rank) => enrolmentsOf(plan, pupil, family.guardian, rank)),
    ),
    badges: pupils.flatMap((pupil) =>
      pupil.badges.map((badge) => ({
        badgeId: badge.badgeId,
        pupilId: pupil.pupilId,
        badgeNumber: badge.badgeNumber,
        blocked: badge.blocked,
        validFrom: badge.validFrom,
        validUntil: badge.validUntil ?? '',
        replacesBadgeId: badge.replacesBadgeId ?? '',
      })),
    ),
  });
}

/** The codes of diets that a family asks for by its belief; the others are a doctor's. */
const ETHICAL_DIETS: readonly string[] = ['VG', 'NP'];

/** The first and the last day that the town tells of: of the school year, and of the one before where it is told. */
function daysOf(plan: TownPlan): { readonly validFrom: string; readonly validUntil: string } {
  return { validFrom: (plan.previousYear ?? plan.schoolYear).from, validUntil: plan.schoolYear.until };
}

function dietsOf(plan: TownPlan, { pupilId, dietCode, index }: TownPupil): PutRequest['diets'][number] {
  const isEthical = ETHICAL_DIETS.includes(dietCode);
  const diet = {
    dietCode,
    kind: isEthical ? 'ethical' : 'health',
    reference: `${isEthical ? 'dichiarazione' : 'certificato'} di prova n. ${index + 1}`,
    ...daysOf(plan),
  };
  return { pupilId, diets: [diet] };
}

/** The certification of a family that pays by ISEE; the town lets it hold until the school year ends. */
function iseeOf(plan: TownPlan, { guardian }: TownFamily): PutRequest['isee'][number] {
  const certification = { iseeCents: 840_000, reference: 'attestazione di prova', ...daysOf(plan) };
  return { householdId: townId(plan, 'household', guardian.guardianId), certifications: [certification] };
}

/** The household of a family, by the number of its first pupil. */
function householdOf(plan: TownPlan, { guardian, pupils }: TownFamily): PutRequest['households'][number] {
  const [first] = pupils;
  const number = String((first?.index ?? 0) + 1).padStart(6, '0');
  return {
    householdId: townId(plan, 'household', guardian.guardianId),
    name: `F-${number}`,
    pupilIds: pupils.map(({ pupilId }) => pupilId),
    guardianIds: [guardian.guardianId],
  };
}

const NO_ADDRESS = { recipient: '', street: '', postalCode: '', municipality: '', province: '' };

/** Where the invoices of a demo citizen go by post. */
function addressOf(plan: TownPlan, { givenName, familyName }: TownGuardian) {
  return {
    recipient: `${givenName} ${familyName}`,
    street: 'Via della Fantasia 1',
    postalCode: '00000',
    municipality: plan.name.replace(/^Comune di /, ''),
    province: 'EE',
  };
}

/** The third child of a family and those after it pay a fifth less. */
const SIBLING_PERCENT = 20;

function enrolmentsOf(
  plan: TownPlan,
  pupil: TownPupil,
  guardian: TownGuardian,
  rank: number,
): PutRequest['enrolments'] {
  const years = [plan.schoolYear, ...(plan.previousYear === null ? [] : [plan.previousYear])];
  return years.map((year) => ({
    enrolmentId: townId(plan, 'enrolment', pupil.index, year.name),
    pupilId: pupil.pupilId,
    service: TOWN_SERVICE.service,
    schoolYearId: townId(plan, 'school year', year.name),
    guardianId: guardian.guardianId,
    tariffId: pupil.tariff.tariffId,
    paymentMode: pupil.paymentMode === 'prepaid' ? PaymentMode.PREPAID : PaymentMode.INVOICED,
    overdraftCents: pupil.overdraftCents,
    validFrom: year.from,
    validUntil: year.until,
    invoiceAddress:
      guardian.username === null || pupil.paymentMode === 'prepaid' ? NO_ADDRESS : addressOf(plan, guardian),
    invoiceEmail: `famiglia-${pupil.index}@posta.example`,
    reductions: {
      items:
        rank < 2
          ? []
          : [{ percent: SIBLING_PERCENT, reason: 'siblings', validFrom: year.from, validUntil: year.until }],
    },
  }));
}
