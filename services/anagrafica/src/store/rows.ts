import {
  cents,
  parseBadgeNumber,
  parseCodiceFiscale,
  serviceCode,
  serviceDate,
  type Validity,
} from '@campanella/vocabulary';
import { z } from 'zod';
import type { TariffPrice } from '../domain/isee.ts';
import type {
  Badge,
  Birth,
  Enrolment,
  Guardian,
  Household,
  InvoiceAddress,
  Pupil,
  Residence,
  SchoolClass,
  SchoolYear,
  Tariff,
} from '../domain/records.ts';
import { REDUCTION_REASONS, type Reduction } from '../domain/reduction.ts';
import type { SealedDiets } from './diet.ts';

export interface ValidityRow {
  readonly valid_from: string;
  readonly valid_until: string | null;
}

export interface NamedRow {
  readonly id: string;
  readonly name: string;
}

export interface SchoolYearRow extends NamedRow, ValidityRow {}

export interface ClassRow extends NamedRow {
  readonly school_id: string;
  readonly school_year_id: string;
}

export interface PriceRow extends ValidityRow {
  readonly price_cents: number;
  readonly bands: unknown;
}

export interface TariffRow extends NamedRow {
  readonly service: string;
  readonly prices: readonly PriceRow[] | null;
}

export interface GuardianRow {
  readonly id: string;
  readonly given_name: string;
  readonly family_name: string;
  readonly codice_fiscale: string;
}

export interface PupilRow extends GuardianRow, SealedDiets {
  readonly class_id: string;
  readonly closed: boolean;
  readonly birth: unknown;
  readonly residence: unknown;
}

const BirthColumn = z.object({
  bornOn: z.string().transform((text) => serviceDate(text)),
  sex: z.enum(['F', 'M']),
  municipality: z.string(),
  province: z.string(),
});
const ResidenceColumn = z.object({
  municipality: z.string(),
  postalCode: z.string(),
  province: z.string(),
  street: z.string(),
  streetNumber: z.string(),
  phone: z.string(),
});

const InvoiceAddressColumn = z.object({
  recipient: z.string(),
  street: z.string(),
  postalCode: z.string(),
  municipality: z.string(),
  province: z.string(),
});

const day = z.string().transform((text) => serviceDate(text));
const ReductionsColumn = z.array(
  z.object({
    percent: z.int(),
    reason: z.enum(REDUCTION_REASONS),
    validity: z.object({ from: day, until: day.nullable() }),
  }),
);

const BandsColumn = z.array(
  z.object({ iseeUpToCents: z.int(), priceCents: z.int().transform((value) => cents(value)) }),
);

/** The reductions of a column of them. */
export function toReductions(column: unknown): readonly Reduction[] {
  return ReductionsColumn.parse(column);
}

export function toBirth(column: unknown): Birth | null {
  return BirthColumn.nullable().parse(column);
}

export function toInvoiceAddress(column: unknown): InvoiceAddress | null {
  return InvoiceAddressColumn.nullable().parse(column);
}

export function toResidence(column: unknown): Residence | null {
  return ResidenceColumn.nullable().parse(column);
}

export interface EnrolmentRow extends ValidityRow {
  readonly id: string;
  readonly pupil_id: string;
  readonly service: string;
  readonly school_year_id: string;
  readonly guardian_id: string;
  readonly tariff_id: string;
  readonly payment_mode: 'prepaid' | 'invoiced';
  readonly overdraft_cents: number;
  readonly reductions: unknown;
  readonly invoice_email: string;
  readonly invoice_address: unknown;
}

export interface HouseholdRow extends NamedRow {
  readonly isee_sealed: string | null;
  readonly pupil_ids: readonly string[];
  readonly guardian_ids: readonly string[];
}

export function toHousehold(row: HouseholdRow): Household {
  return { id: row.id, name: row.name, pupilIds: row.pupil_ids, guardianIds: row.guardian_ids };
}

export interface BadgeRow extends ValidityRow {
  readonly id: string;
  readonly pupil_id: string;
  readonly badge_number: string;
  readonly blocked: boolean;
  readonly replaces_badge_id: string | null;
}

export function toValidity(row: ValidityRow): Validity {
  return { from: serviceDate(row.valid_from), until: row.valid_until === null ? null : serviceDate(row.valid_until) };
}

export function toSchoolYear(row: SchoolYearRow): SchoolYear {
  return { id: row.id, name: row.name, validity: toValidity(row) };
}

export function toClass(row: ClassRow): SchoolClass {
  return { id: row.id, schoolId: row.school_id, schoolYearId: row.school_year_id, name: row.name };
}

export function toPrice(row: PriceRow): TariffPrice {
  return { priceCents: cents(row.price_cents), validity: toValidity(row), bands: BandsColumn.parse(row.bands) };
}

export function toTariff(row: TariffRow): Tariff {
  return { id: row.id, service: serviceCode(row.service), name: row.name, prices: (row.prices ?? []).map(toPrice) };
}

export function toGuardian(row: GuardianRow): Guardian {
  return {
    id: row.id,
    givenName: row.given_name,
    familyName: row.family_name,
    codiceFiscale: known(parseCodiceFiscale(row.codice_fiscale), 'codice_fiscale'),
  };
}

/** A pupil without its diets, which are records of their own. */
export function toPupil(row: PupilRow): Pupil {
  const { birth, residence } = row;
  return {
    ...toGuardian(row),
    classId: row.class_id,
    dietCode: null,
    closed: row.closed,
    birth: toBirth(birth),
    residence: toResidence(residence),
  };
}

export function toEnrolment(row: EnrolmentRow): Enrolment {
  return {
    id: row.id,
    pupilId: row.pupil_id,
    service: serviceCode(row.service),
    schoolYearId: row.school_year_id,
    guardianId: row.guardian_id,
    tariffId: row.tariff_id,
    paymentMode: row.payment_mode,
    overdraftCents: cents(row.overdraft_cents),
    validity: toValidity(row),
    reductions: toReductions(row.reductions),
    invoiceEmail: row.invoice_email,
    invoiceAddress: toInvoiceAddress(row.invoice_address) ?? 'none',
  };
}

export function toBadge(row: BadgeRow): Badge {
  return {
    id: row.id,
    pupilId: row.pupil_id,
    badgeNumber: known(parseBadgeNumber(row.badge_number), 'badge_number'),
    blocked: row.blocked,
    validity: toValidity(row),
    replacesBadgeId: row.replaces_badge_id,
  };
}

function known<Value>(value: Value | null, column: string): Value {
  if (value === null) throw new RangeError(`the table holds a malformed ${column}`);
  return value;
}
