import {
  type BadgeNumber,
  type Cents,
  type CodiceFiscale,
  cents,
  parseBadgeNumber,
  parseCodiceFiscale,
  parseId,
  parseServiceCode,
  parseServiceDate,
  type ServiceCode,
  type ServiceDate,
  serviceCode,
  serviceDate,
  type Validity,
} from '@campanella/vocabulary';
import { DIET_KINDS, type Diet, type PupilDiets } from './diet.ts';
import type { HouseholdIsee, IseeBand, TariffPrice } from './isee.ts';
import type {
  Badge,
  Birth,
  Enrolment,
  Guardian,
  Household,
  IncomingRecords,
  InvoiceAddress,
  Municipality,
  OfferedService,
  PaymentMode,
  Placed,
  Pupil,
  RecordKind,
  RecordKinds,
  RecordRefusal,
  RecordRefusalKind,
  Residence,
  School,
  SchoolClass,
  SchoolYear,
  Tariff,
} from './records.ts';
import { REDUCTION_REASONS, type Reduction } from './reduction.ts';
import { byFirstDay, type Dated, hasOverlap, overlaps } from './spans.ts';

/** Longest name of anything, in characters. */
export const NAME_LENGTH_MAX = 200;
/** Highest price of a meal and widest overdraft, in cents: a slip of a zero is refused, not stored. */
export const AMOUNT_CENTS_MAX = 100_000;
/** Most price spans that one tariff may have. */
export const PRICES_MAX = 50;
/** Most reductions that one enrolment may have. */
export const REDUCTIONS_MAX = 20;

/** Highest ISEE, in cents. */
export const ISEE_CENTS_MAX = 100_000_000;
/** Most ISEE bands of one price. */
export const BANDS_MAX = 30;
/** Most certifications that one call may tell of a household. */
export const CERTIFICATIONS_MAX = 20;
/** Most pupils, and most guardians, of one household. */
export const MEMBERS_MAX = 30;
/** Most diets that one call may tell of a pupil. */
export const DIETS_MAX = 20;
/** Longest reference of a certificate, in characters. */
export const REFERENCE_LENGTH_MAX = 100;
/** The most that a municipality may let a light diet last, in days. */
export const LIGHT_DIET_DAYS_LIMIT = 31;

const DIET_CODE = /^[A-Z0-9+-]{1,20}$/;
const PROVINCE = /^[A-Z]{2}$/;
const POSTAL_CODE = /^\d{5}$/;
const STREET_NUMBER = /^[0-9A-Za-z][0-9A-Za-z/ .-]{0,19}$/;
const PHONE = /^(?:\+?[0-9][0-9 ]{2,24})?$/;
/** What a browser's e-mail field takes, with a dot in the domain: that anybody reads there only a letter can tell (WHATWG HTML, 4.10.5.1.5). */
const EMAIL = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$/;
const NO_CONTROL_CHARACTERS = /^\P{Cc}*$/u;

interface ValidityInput {
  readonly validFrom: string;
  readonly validUntil: string;
}

interface BandInput {
  /** The first day of the price that it is a band of. */
  readonly validFrom: string;
  /** Null: not said. */
  readonly iseeFromCents: number | null;
  readonly iseeUpToCents: number;
  readonly priceCents: number;
}

/** Records as they come from outside: texts and numbers in which nothing is checked yet. */
export interface RecordsInput {
  readonly municipality: {
    name: string;
    websiteUrl: string;
    officeContact: string;
    /** Null: not said. */
    lightDietDaysMax: number | null;
  } | null;
  readonly schools: readonly { schoolId: string; name: string }[];
  readonly schoolYears: readonly (ValidityInput & { schoolYearId: string; name: string })[];
  readonly classes: readonly { classId: string; schoolId: string; schoolYearId: string; name: string }[];
  readonly services: readonly { service: string; name: string }[];
  readonly tariffs: readonly {
    tariffId: string;
    service: string;
    name: string;
    prices: readonly (ValidityInput & { priceCents: number })[];
    /** Null: not said. */
    bands: readonly BandInput[] | null;
  }[];
  readonly guardians: readonly { guardianId: string; givenName: string; familyName: string; codiceFiscale: string }[];
  readonly pupils: readonly {
    pupilId: string;
    givenName: string;
    familyName: string;
    codiceFiscale: string;
    classId: string;
    /** Null: not said. */
    dietCode: string | null;
    closed: boolean;
    /** Null: not said. */
    birth: { bornOn: string; sex: string; municipality: string; province: string } | null;
    residence: {
      municipality: string;
      postalCode: string;
      province: string;
      street: string;
      streetNumber: string;
      phone: string;
    } | null;
  }[];
  readonly diets: readonly {
    pupilId: string;
    diets: readonly (ValidityInput & { dietCode: string; kind: string; reference: string })[];
  }[];
  readonly households: readonly {
    householdId: string;
    name: string;
    pupilIds: readonly string[];
    guardianIds: readonly string[];
  }[];
  readonly isee: readonly {
    householdId: string;
    certifications: readonly (ValidityInput & { iseeCents: number | null; reference: string })[];
  }[];
  readonly enrolments: readonly (ValidityInput & {
    enrolmentId: string;
    pupilId: string;
    service: string;
    schoolYearId: string;
    guardianId: string;
    tariffId: string;
    /** Null: not said, or not one of the two. */
    paymentMode: PaymentMode | null;
    overdraftCents: number;
    /** Null: not said. */
    reductions: readonly (ValidityInput & { percent: number; reason: string })[] | null;
    /** Null: not said. */
    invoiceEmail: string | null;
    /** Null: not said; with every field empty: none. */
    invoiceAddress: InvoiceAddress | null;
  })[];
  readonly badges: readonly (ValidityInput & {
    badgeId: string;
    pupilId: string;
    badgeNumber: string;
    blocked: boolean;
    replacesBadgeId: string;
  })[];
}

/** The records that are well formed, and a refusal for every field that is not. */
export interface ParsedRecords {
  readonly records: IncomingRecords;
  readonly refusals: readonly RecordRefusal[];
}

// What a refused field is filled with until its record is dropped: nobody ever sees it.
const SOME_DAY = serviceDate('2000-01-01');
const SOME_SERVICE = serviceCode('none');
const SOME_CODICE_FISCALE = 'refused' as CodiceFiscale;
const SOME_BADGE_NUMBER = 'refused' as BadgeNumber;

/** Reads the fields of one record; notes each that cannot be taken. */
class FieldReader {
  readonly refusals: RecordRefusal[];
  readonly #recordKind: RecordRefusal['recordKind'];
  readonly #index: number;
  readonly #recordId: string;
  readonly #prefix: string;

  constructor(
    recordKind: RecordRefusal['recordKind'],
    index: number,
    recordId: string,
    prefix = '',
    refusals: RecordRefusal[] = [],
  ) {
    this.#recordKind = recordKind;
    this.#index = index;
    // A malformed id comes from outside and may hold anything: it is not echoed beyond what an id could be.
    this.#recordId = /^[0-9a-z_-]{0,40}$/.test(recordId) ? recordId : '';
    this.#prefix = prefix;
    this.refusals = refusals;
  }

  /** Reads the fields of one item in a list of the record: a refusal says in which one. */
  item(list: string, index: number): FieldReader {
    const prefix = `${this.#prefix}${list}.${index}.`;
    return new FieldReader(this.#recordKind, this.#index, this.#recordId, prefix, this.refusals);
  }

  refuse(field: string, kind: RecordRefusalKind = 'malformed'): void {
    this.refusals.push({
      kind,
      recordKind: this.#recordKind,
      index: this.#index,
      recordId: this.#recordId,
      field: `${this.#prefix}${field}`,
    });
  }

  uuid(field: string, value: string): string {
    if (parseId(value) === null) this.refuse(field);
    return value;
  }

  name(field: string, value: string): string {
    const name = value.trim().normalize('NFC');
    if (name === '' || name.length > NAME_LENGTH_MAX || !NO_CONTROL_CHARACTERS.test(name)) this.refuse(field);
    return name;
  }

  website(field: string, value: string): string {
    if (value.length > NAME_LENGTH_MAX || !URL.canParse(value) || new URL(value).protocol !== 'https:')
      this.refuse(field);
    return value;
  }

  codiceFiscale(value: string): CodiceFiscale {
    const parsed = parseCodiceFiscale(value);
    if (parsed === null) this.refuse('codice_fiscale', 'invalid_codice_fiscale');
    return parsed ?? SOME_CODICE_FISCALE;
  }

  service(field: string, value: string): ServiceCode {
    const parsed = parseServiceCode(value);
    if (parsed === null) this.refuse(field);
    return parsed ?? SOME_SERVICE;
  }

  badgeNumber(value: string): BadgeNumber {
    const parsed = parseBadgeNumber(value);
    if (parsed === null) this.refuse('badge_number');
    return parsed ?? SOME_BADGE_NUMBER;
  }

  amount(field: string, value: number): Cents {
    const isAmount = Number.isSafeInteger(value) && value >= 0 && value <= AMOUNT_CENTS_MAX;
    if (!isAmount) this.refuse(field);
    return cents(isAmount ? value : 0);
  }

  lightDietDays(value: number): number {
    if (!Number.isInteger(value) || value < 1 || value > LIGHT_DIET_DAYS_LIMIT) this.refuse('light_diet_days_max');
    return value;
  }

  isee(field: string, value: number): number {
    if (!Number.isSafeInteger(value) || value < 0 || value > ISEE_CENTS_MAX) this.refuse(field);
    return value;
  }

  email(field: string, value: string): string {
    if (value !== '' && (value.length > NAME_LENGTH_MAX || !EMAIL.test(value))) this.refuse(field);
    return value;
  }

  dietCode(value: string): string {
    if (value !== '' && !DIET_CODE.test(value)) this.refuse('diet_code');
    return value;
  }

  reference(field: string, value: string): string {
    const reference = value.trim().normalize('NFC');
    if (reference.length > REFERENCE_LENGTH_MAX || !NO_CONTROL_CHARACTERS.test(reference)) this.refuse(field);
    return reference;
  }

  shape(field: string, value: string, shape: RegExp): string {
    if (!shape.test(value)) this.refuse(field);
    return value;
  }

  validity(input: ValidityInput): Validity {
    const from = this.day('valid_from', input.validFrom);
    const until = input.validUntil === '' ? null : this.day('valid_until', input.validUntil);
    if (until !== null && until < from) this.refuse('valid_until', 'inverted_validity');
    return { from, until };
  }

  day(field: string, value: string): ServiceDate {
    const parsed = parseServiceDate(value);
    if (parsed === null) this.refuse(field);
    return parsed ?? SOME_DAY;
  }
}

/**
 * Takes records from outside as records of ours.
 *
 * @returns the well-formed ones with their places, and refusals `malformed`, `invalid_codice_fiscale`,
 *   `inverted_validity`, `overlapping_validity` (of a tariff's prices) and `duplicate` for the others
 */
export function parseRecords(input: RecordsInput): ParsedRecords {
  const refusals: RecordRefusal[] = [];

  /** Parses one list; a record with any refused field is left out, and so is the second of two with one id. */
  function parseList<Input, Kind extends RecordKind>(
    recordKind: Kind,
    inputs: readonly Input[],
    idOf: (input: Input) => string,
    parse: (input: Input, read: FieldReader) => RecordKinds[Kind],
  ): Placed<RecordKinds[Kind]>[] {
    const seen = new Set<string>();
    return inputs.flatMap((item, index) => {
      const read = new FieldReader(recordKind, index, idOf(item));
      const record = parse(item, read);
      if (seen.has(record.id)) read.refuse('', 'duplicate');
      seen.add(record.id);
      refusals.push(...read.refusals);
      return read.refusals.length === 0 ? [{ index, record }] : [];
    });
  }

  let municipality: Municipality | null = null;
  if (input.municipality !== null) {
    const read = new FieldReader('municipality', 0, '');
    municipality = parseMunicipality(input.municipality, read);
    refusals.push(...read.refusals);
  }
  const records = {
    municipality,
    schools: parseList('schools', input.schools, (item) => item.schoolId, parseSchool),
    schoolYears: parseList('schoolYears', input.schoolYears, (item) => item.schoolYearId, parseSchoolYear),
    classes: parseList('classes', input.classes, (item) => item.classId, parseClass),
    services: parseList('services', input.services, (item) => item.service, parseService),
    tariffs: parseList('tariffs', input.tariffs, (item) => item.tariffId, parseTariff),
    guardians: parseList('guardians', input.guardians, (item) => item.guardianId, parseGuardian),
    pupils: parseList('pupils', input.pupils, (item) => item.pupilId, parsePupil),
    diets: parseList('diets', input.diets, (item) => item.pupilId, parseDiets),
    households: parseList('households', input.households, (item) => item.householdId, parseHousehold),
    isee: parseList('isee', input.isee, (item) => item.householdId, parseIsee),
    enrolments: parseList('enrolments', input.enrolments, (item) => item.enrolmentId, parseEnrolment),
    badges: parseList('badges', input.badges, (item) => item.badgeId, parseBadge),
  };
  return { records, refusals };
}

type Item<List extends keyof RecordsInput> = RecordsInput[List] extends readonly (infer One)[] | null ? One : never;

function parseMunicipality(input: NonNullable<RecordsInput['municipality']>, read: FieldReader): Municipality {
  return {
    name: read.name('name', input.name),
    websiteUrl: read.website('website_url', input.websiteUrl),
    officeContact: read.name('office_contact', input.officeContact),
    lightDietDaysMax: input.lightDietDaysMax === null ? null : read.lightDietDays(input.lightDietDaysMax),
  };
}

function parseSchool(input: Item<'schools'>, read: FieldReader): School {
  return { id: read.uuid('school_id', input.schoolId), name: read.name('name', input.name) };
}

function parseSchoolYear(input: Item<'schoolYears'>, read: FieldReader): SchoolYear {
  if (input.validUntil === '') read.refuse('valid_until');
  return {
    id: read.uuid('school_year_id', input.schoolYearId),
    name: read.name('name', input.name),
    validity: read.validity(input),
  };
}

function parseClass(input: Item<'classes'>, read: FieldReader): SchoolClass {
  return {
    id: read.uuid('class_id', input.classId),
    schoolId: read.uuid('school_id', input.schoolId),
    schoolYearId: read.uuid('school_year_id', input.schoolYearId),
    name: read.name('name', input.name),
  };
}

function parseService(input: Item<'services'>, read: FieldReader): OfferedService {
  return { id: read.service('service', input.service), name: read.name('name', input.name) };
}

function parseTariff(input: Item<'tariffs'>, read: FieldReader): Tariff {
  if (input.prices.length === 0 || input.prices.length > PRICES_MAX) read.refuse('prices');
  const prices: TariffPrice[] = input.prices
    .map((price) => ({
      priceCents: read.amount('price_cents', price.priceCents),
      validity: read.validity(price),
      bands: input.bands === null ? null : parseBands(price, input.bands, read),
    }))
    .sort((one, other) => byFirstDay(one.validity, other.validity));
  if (hasOverlap(prices.map((price) => price.validity))) read.refuse('prices', 'overlapping_validity');
  input.bands?.forEach(({ validFrom }, index) => {
    if (input.prices.every((price) => price.validFrom !== validFrom)) {
      read.item('bands', index).refuse('valid_from', 'unknown_reference');
    }
  });
  return {
    id: read.uuid('tariff_id', input.tariffId),
    service: read.service('service', input.service),
    name: read.name('name', input.name),
    prices,
  };
}

/** The bands of one price, by rising limits. */
function parseBands(
  price: Item<'tariffs'>['prices'][number],
  inputs: readonly BandInput[],
  read: FieldReader,
): readonly IseeBand[] {
  const own = inputs
    .map((input, index) => ({ input, read: read.item('bands', index) }))
    .filter(({ input }) => input.validFrom === price.validFrom)
    .sort((one, other) => one.input.iseeUpToCents - other.input.iseeUpToCents);
  if (own.length > BANDS_MAX) read.refuse('bands');
  return own.map(({ input, read: readBand }, place) => {
    const below = own[place - 1]?.input.iseeUpToCents ?? null;
    const { iseeFromCents } = input;
    if (input.iseeUpToCents === below) readBand.refuse('isee_up_to_cents', 'overlapping_bands');
    else if (iseeFromCents !== null && iseeFromCents < (below ?? 0)) {
      readBand.refuse('isee_from_cents', 'overlapping_bands');
    } else if (iseeFromCents !== null && iseeFromCents > (below === null ? 0 : below + 1)) {
      readBand.refuse('isee_from_cents', 'band_gap');
    }
    if (input.priceCents > price.priceCents) readBand.refuse('price_cents');
    return {
      iseeUpToCents: readBand.isee('isee_up_to_cents', input.iseeUpToCents),
      priceCents: readBand.amount('price_cents', input.priceCents),
    };
  });
}

function parseGuardian(input: Item<'guardians'>, read: FieldReader): Guardian {
  return {
    id: read.uuid('guardian_id', input.guardianId),
    givenName: read.name('given_name', input.givenName),
    familyName: read.name('family_name', input.familyName),
    codiceFiscale: read.codiceFiscale(input.codiceFiscale),
  };
}

function parsePupil(input: Item<'pupils'>, read: FieldReader): Pupil {
  return {
    id: read.uuid('pupil_id', input.pupilId),
    givenName: read.name('given_name', input.givenName),
    familyName: read.name('family_name', input.familyName),
    codiceFiscale: read.codiceFiscale(input.codiceFiscale),
    classId: read.uuid('class_id', input.classId),
    dietCode: input.dietCode === null ? null : read.dietCode(input.dietCode),
    closed: input.closed,
    birth: input.birth === null ? null : parseBirth(input.birth, read),
    residence: input.residence === null ? null : parseResidence(input.residence, read),
  };
}

function parseBirth(input: NonNullable<Item<'pupils'>['birth']>, read: FieldReader): Birth {
  const { sex } = input;
  if (sex !== 'F' && sex !== 'M') read.refuse('birth.sex');
  return {
    bornOn: read.day('birth.born_on', input.bornOn),
    sex: sex === 'M' ? 'M' : 'F',
    municipality: read.name('birth.municipality', input.municipality),
    province: read.shape('birth.province', input.province, PROVINCE),
  };
}

function parseResidence(input: NonNullable<Item<'pupils'>['residence']>, read: FieldReader): Residence {
  return {
    municipality: read.name('residence.municipality', input.municipality),
    postalCode: read.shape('residence.postal_code', input.postalCode, POSTAL_CODE),
    province: read.shape('residence.province', input.province, PROVINCE),
    street: read.name('residence.street', input.street),
    streetNumber: read.shape('residence.street_number', input.streetNumber, STREET_NUMBER),
    phone: read.shape('residence.phone', input.phone, PHONE),
  };
}

function parseDiets(input: Item<'diets'>, read: FieldReader): PupilDiets {
  if (input.diets.length === 0 || input.diets.length > DIETS_MAX) read.refuse('diets');
  return {
    id: read.uuid('pupil_id', input.pupilId),
    diets: parseDated('diets', input.diets, read, parseDiet),
  };
}

/** The items of a list that each hold for a span of days, oldest first; one that shares a day with an earlier one is refused. */
function parseDated<Input, Item extends Dated>(
  list: string,
  inputs: readonly Input[],
  read: FieldReader,
  parse: (input: Input, read: FieldReader) => Item,
): readonly Item[] {
  const placed = inputs
    .map((input, index) => ({ index, item: parse(input, read.item(list, index)) }))
    .sort((one, other) => byFirstDay(one.item.validity, other.item.validity));
  placed.forEach(({ index, item }, place) => {
    const before = placed[place - 1];
    if (before !== undefined && overlaps(before.item.validity, item.validity)) {
      read.item(list, index).refuse('valid_from', 'overlapping_validity');
    }
  });
  return placed.map(({ item }) => item);
}

function parseDiet(input: Item<'diets'>['diets'][number], read: FieldReader): Diet {
  const dietCode = read.dietCode(input.dietCode);
  const reference = read.reference('reference', input.reference);
  const kind = DIET_KINDS.find((one) => one === input.kind);
  const validity = read.validity(input);
  if (dietCode === '') {
    if (input.kind !== '' || reference !== '') read.refuse('kind');
    return { dietCode, kind: 'unspecified', reference: '', validity };
  }
  if (kind === undefined) read.refuse('kind');
  if ((kind === 'health' || kind === 'ethical') && reference === '') read.refuse('reference', 'missing_certificate');
  return { dietCode, kind: kind ?? 'unspecified', reference, validity };
}

function parseIsee(input: Item<'isee'>, read: FieldReader): HouseholdIsee {
  if (input.certifications.length === 0 || input.certifications.length > CERTIFICATIONS_MAX) {
    read.refuse('certifications');
  }
  return {
    id: read.uuid('household_id', input.householdId),
    certifications: parseDated('certifications', input.certifications, read, parseCertification),
  };
}

function parseCertification(
  input: Item<'isee'>['certifications'][number],
  read: FieldReader,
): HouseholdIsee['certifications'][number] {
  const { iseeCents } = input;
  const reference = read.reference('reference', input.reference);
  if ((reference === '') !== (iseeCents === null)) read.refuse('reference');
  if (input.validUntil === '') read.refuse('valid_until');
  return {
    iseeCents: iseeCents === null ? null : read.isee('isee_cents', iseeCents),
    reference,
    validity: read.validity(input),
  };
}

function parseHousehold(input: Item<'households'>, read: FieldReader): Household {
  return {
    id: read.uuid('household_id', input.householdId),
    name: read.name('name', input.name),
    pupilIds: parseMembers('pupil_ids', input.pupilIds, read),
    guardianIds: parseMembers('guardian_ids', input.guardianIds, read),
  };
}

function parseMembers(field: string, ids: readonly string[], read: FieldReader): readonly string[] {
  if (ids.length > MEMBERS_MAX) read.refuse(field);
  return [...new Set(ids.map((one) => read.uuid(field, one)))].sort();
}

function parseEnrolment(input: Item<'enrolments'>, read: FieldReader): Enrolment {
  if (input.paymentMode === null) read.refuse('payment_mode');
  return {
    id: read.uuid('enrolment_id', input.enrolmentId),
    pupilId: read.uuid('pupil_id', input.pupilId),
    service: read.service('service', input.service),
    schoolYearId: read.uuid('school_year_id', input.schoolYearId),
    guardianId: read.uuid('guardian_id', input.guardianId),
    tariffId: read.uuid('tariff_id', input.tariffId),
    paymentMode: input.paymentMode ?? 'prepaid',
    overdraftCents: read.amount('overdraft_cents', input.overdraftCents),
    validity: read.validity(input),
    reductions: input.reductions === null ? null : parseReductions(input.reductions, read),
    invoiceEmail: input.invoiceEmail === null ? null : read.email('invoice_email', input.invoiceEmail.trim()),
    invoiceAddress: input.invoiceAddress === null ? null : parseInvoiceAddress(input.invoiceAddress, read),
  };
}

function parseInvoiceAddress(input: InvoiceAddress, read: FieldReader): InvoiceAddress | 'none' {
  const { recipient, street, postalCode, municipality, province } = input;
  if ([recipient, street, postalCode, municipality, province].every((field) => field === '')) return 'none';
  return {
    recipient: read.name('invoice_address.recipient', recipient),
    street: read.name('invoice_address.street', street),
    postalCode: read.shape('invoice_address.postal_code', postalCode, POSTAL_CODE),
    municipality: read.name('invoice_address.municipality', municipality),
    province: read.shape('invoice_address.province', province, PROVINCE),
  };
}

function parseReductions(
  inputs: NonNullable<Item<'enrolments'>['reductions']>,
  read: FieldReader,
): readonly Reduction[] {
  if (inputs.length > REDUCTIONS_MAX) read.refuse('reductions');
  const reductions = inputs.map((input): Reduction => {
    const reason = REDUCTION_REASONS.find((one) => one === input.reason);
    const isPercent = Number.isInteger(input.percent) && input.percent >= 1 && input.percent <= 100;
    if (reason === undefined || !isPercent) read.refuse('reductions');
    return { percent: input.percent, reason: reason ?? 'other', validity: read.validity(input) };
  });
  const sorted = reductions.toSorted((one, other) => byFirstDay(one.validity, other.validity));
  if (hasOverlap(sorted.map(({ validity }) => validity))) read.refuse('reductions', 'overlapping_validity');
  return sorted;
}

function parseBadge(input: Item<'badges'>, read: FieldReader): Badge {
  const replaces = input.replacesBadgeId === '' ? null : read.uuid('replaces_badge_id', input.replacesBadgeId);
  if (replaces !== null && replaces === input.badgeId) read.refuse('replaces_badge_id');
  return {
    id: read.uuid('badge_id', input.badgeId),
    pupilId: read.uuid('pupil_id', input.pupilId),
    badgeNumber: read.badgeNumber(input.badgeNumber),
    blocked: input.blocked,
    validity: read.validity(input),
    replacesBadgeId: replaces,
  };
}
