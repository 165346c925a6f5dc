import {
  type BadgeNumber,
  type Cents,
  isWithin,
  type MunicipalityId,
  type PupilId,
  type SchoolId,
  type ServiceCode,
  type ServiceDate,
  type Validity,
} from '@campanella/vocabulary';

/** A badge as the directory knows it; several blocked badges may share a number with one that is not blocked. */
export interface Badge {
  readonly badgeNumber: BadgeNumber;
  readonly blocked: boolean;
  readonly validity: Validity;
}

/** What a meal costs in a span of days. */
export interface Price {
  readonly priceCents: Cents;
  readonly validity: Validity;
}

/** A diet in a span of days. */
export interface DietSpan {
  readonly dietCode: string;
  readonly validity: Validity;
}

/** A pupil's registration to a service. */
export interface Enrolment {
  readonly service: ServiceCode;
  readonly paymentMode: 'prepaid' | 'invoiced';
  readonly validity: Validity;
  readonly overdraftCents: Cents;
  readonly prices: readonly Price[];
}

/** A pupil's whole current state in our projection of anagrafica's directory. */
export interface Pupil {
  readonly municipalityId: MunicipalityId;
  readonly pupilId: PupilId;
  readonly version: number;
  readonly removed: boolean;
  readonly displayName: string;
  /** Null for a removed pupil without a school. */
  readonly schoolId: SchoolId | null;
  readonly className: string;
  /** Oldest first, without overlaps; on other days the ordinary menu. */
  readonly diets: readonly DietSpan[];
  readonly badges: readonly Badge[];
  readonly enrolments: readonly Enrolment[];
}

/** Finds the enrolment in a service that holds on a day; null where there is none. */
export function enrolmentOn(pupil: Pupil, service: ServiceCode, day: ServiceDate): Enrolment | null {
  return pupil.enrolments.find((one) => one.service === service && isWithin(day, one.validity)) ?? null;
}

/** Finds the diet of a day; empty for the ordinary menu. */
export function dietOn(diets: readonly DietSpan[], day: ServiceDate): string {
  return diets.find((one) => isWithin(day, one.validity))?.dietCode ?? '';
}

/** Finds what a meal of the enrolment costs on a day; null where no price holds. */
export function priceOn(enrolment: Enrolment, day: ServiceDate): Cents | null {
  return enrolment.prices.find((price) => isWithin(day, price.validity))?.priceCents ?? null;
}
