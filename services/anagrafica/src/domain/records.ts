import type { BadgeNumber, Cents, CodiceFiscale, ServiceCode, ServiceDate, Validity } from '@campanella/vocabulary';
import type { Diet, DietVersion, PupilDiets } from './diet.ts';
import type { HouseholdIsee, TariffPrice } from './isee.ts';
import type { Reduction } from './reduction.ts';

/** The comune as parents see it. */
export interface Municipality {
  readonly name: string;
  readonly websiteUrl: string;
  /** Whom parents write to about wrong data, as they read it. */
  readonly officeContact: string;
  /** Longest diet without a certificate, in days. Null: not said; never null in what is stored. */
  readonly lightDietDaysMax: number | null;
}

/** What every record has: a UUID made by whoever brought the record (for a service, its code). */
interface Identified {
  readonly id: string;
}

export interface School extends Identified {
  readonly name: string;
}

export interface SchoolYear extends Identified {
  readonly name: string;
  readonly validity: Validity;
}

/** A class of one school in one school year. */
export interface SchoolClass extends Identified {
  readonly schoolId: string;
  readonly schoolYearId: string;
  readonly name: string;
}

export interface OfferedService extends Identified {
  readonly name: string;
}

export interface Price {
  readonly priceCents: Cents;
  readonly validity: Validity;
}

export interface Tariff extends Identified {
  readonly service: ServiceCode;
  readonly name: string;
  /** At least one, oldest first, without overlaps. */
  readonly prices: readonly TariffPrice[];
}

export interface Guardian extends Identified {
  readonly givenName: string;
  readonly familyName: string;
  readonly codiceFiscale: CodiceFiscale;
}

/** Where and when a pupil was born. */
export interface Birth {
  readonly bornOn: ServiceDate;
  readonly sex: 'F' | 'M';
  readonly municipality: string;
  /** Two letters, `EE` for abroad. */
  readonly province: string;
}

/** Where a pupil lives. */
export interface Residence {
  readonly municipality: string;
  readonly postalCode: string;
  readonly province: string;
  readonly street: string;
  readonly streetNumber: string;
  /** Empty for none. */
  readonly phone: string;
}

export interface Pupil extends Identified {
  readonly givenName: string;
  readonly familyName: string;
  readonly codiceFiscale: CodiceFiscale;
  readonly classId: string;
  /** A diet by its code alone, empty for the ordinary menu; becomes {@link PupilDiets}. Null: not said, and in what is stored. */
  readonly dietCode: string | null;
  /** Has left; kept for its history. */
  readonly closed: boolean;
  /** Null: not said, so that it stays as it is; in what is stored: not known. */
  readonly birth: Birth | null;
  readonly residence: Residence | null;
}

/** Who pays together: pupils, and the guardians who answer for them. */
export interface Household extends Identified {
  /** What the office calls it. */
  readonly name: string;
  /** Sorted, each once. */
  readonly pupilIds: readonly string[];
  readonly guardianIds: readonly string[];
}

export type PaymentMode = 'prepaid' | 'invoiced';

/** A pupil's registration to a service, with the one guardian who pays for it. */
export interface Enrolment extends Identified {
  readonly pupilId: string;
  readonly service: ServiceCode;
  readonly schoolYearId: string;
  readonly guardianId: string;
  readonly tariffId: string;
  readonly paymentMode: PaymentMode;
  readonly overdraftCents: Cents;
  readonly validity: Validity;
  /** Null: not said, so that they stay as they are; never null in what is stored. */
  readonly reductions: readonly Reduction[] | null;
  /** Where invoices go beside the portal, empty for nowhere; null: not said. */
  readonly invoiceEmail: string | null;
  /** Where invoices go by post; null: not said. */
  readonly invoiceAddress: InvoiceAddress | 'none' | null;
}

/** An address as it is written on an envelope. */
export interface InvoiceAddress {
  readonly recipient: string;
  /** With the number of the house. */
  readonly street: string;
  readonly postalCode: string;
  readonly municipality: string;
  readonly province: string;
}

export interface Badge extends Identified {
  readonly pupilId: string;
  readonly badgeNumber: BadgeNumber;
  readonly blocked: boolean;
  readonly validity: Validity;
  readonly replacesBadgeId: string | null;
}

/** The kinds of record that come in lists, in the order in which they are stored: each refers to earlier ones only. */
export interface RecordKinds {
  readonly schools: School;
  readonly schoolYears: SchoolYear;
  readonly classes: SchoolClass;
  readonly services: OfferedService;
  readonly tariffs: Tariff;
  readonly guardians: Guardian;
  readonly pupils: Pupil;
  readonly diets: PupilDiets;
  readonly households: Household;
  readonly isee: HouseholdIsee;
  readonly enrolments: Enrolment;
  readonly badges: Badge;
}

export type RecordKind = keyof RecordKinds;

/** A record and its place in the list it came in. */
export interface Placed<Kind> {
  readonly index: number;
  readonly record: Kind;
}

/** Lists of well-formed records that somebody wants stored. */
export type IncomingRecords = { readonly [Kind in RecordKind]: readonly Placed<RecordKinds[Kind]>[] } & {
  readonly municipality: Municipality | null;
};

/** What is stored of everything that the incoming records touch or refer to, by id. */
export type StoredRecords = { readonly [Kind in RecordKind]: ReadonlyMap<string, RecordKinds[Kind]> } & {
  readonly municipality: Municipality | null;
  /** What was ever recorded of the diets of the incoming pupils, by pupil, oldest first. */
  readonly dietVersions: ReadonlyMap<string, readonly DietVersion[]>;
  /** The spans of the enrolments on each incoming tariff, by tariff, each once. */
  readonly spansOnTariff: ReadonlyMap<string, readonly Validity[]>;
};

export type RecordRefusalKind =
  | 'malformed'
  | 'invalid_codice_fiscale'
  | 'codice_fiscale_taken'
  | 'inverted_validity'
  | 'overlapping_validity'
  | 'unknown_reference'
  | 'badge_held'
  | 'badge_replaced'
  | 'fixed_field_changed'
  | 'duplicate'
  | 'outside_school_year'
  | 'tariff_of_other_service'
  | 'missing_certificate'
  | 'light_diet_too_long'
  | 'household_name_taken'
  | 'pupil_of_other_household'
  | 'no_sibling'
  | 'overlapping_bands'
  | 'band_gap'
  | 'days_without_price';

/** Why one record cannot be stored. Names the field, never its value: refusals may be logged. */
export interface RecordRefusal {
  readonly kind: RecordRefusalKind;
  readonly recordKind: RecordKind | 'municipality';
  readonly index: number;
  readonly recordId: string;
  /** snake_case, as in the contract; empty where it is the whole record. */
  readonly field: string;
}

export interface BadgeChange {
  readonly badgeId: string;
  readonly pupilId: string;
  readonly kind: 'assigned' | 'blocked' | 'unblocked' | 'replaced' | 'validity_changed';
  readonly replacedByBadgeId: string | null;
}

/** What becomes of pupils' diets, in numbers: no diet goes without being counted. */
export interface DietChanges {
  readonly addedCount: number;
  readonly changedCount: number;
  readonly removedCount: number;
}

/** What a Put comes to: only records that are new or different, and whom the directory's readers must read again. */
export interface Changes {
  readonly municipality: Municipality | null;
  readonly records: { readonly [Kind in RecordKind]: readonly RecordKinds[Kind][] };
  readonly changedCount: number;
  readonly badgeChanges: readonly BadgeChange[];
  readonly diets: DietChanges;
  /** What the changed diets come from: to be kept beside what was recorded before, by pupil. */
  readonly dietsTold: ReadonlyMap<string, readonly Diet[]>;
  readonly directory: {
    /** Pupils changed themselves or through their badges and enrolments. */
    readonly pupilIds: readonly string[];
    /** Every pupil of these classes, and every pupil enrolled on these tariffs, is changed as well. */
    readonly classIds: readonly string[];
    readonly tariffIds: readonly string[];
    /** True where something changed that readers show without a pupil: the municipality, a school. */
    readonly surroundings: boolean;
  };
}
