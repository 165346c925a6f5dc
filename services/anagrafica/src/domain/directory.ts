import {
  type Cents,
  isWithin,
  type PupilId,
  type ServiceCode,
  type ServiceDate,
  type Validity,
} from '@campanella/vocabulary';
import type { DietSpan } from './diet.ts';
import type { IseeOutcome } from './isee.ts';
import type {
  Badge,
  BadgeChange,
  Birth,
  Guardian,
  InvoiceAddress,
  Municipality,
  PaymentMode,
  Price,
  Residence,
} from './records.ts';
import type { Reduction } from './reduction.ts';

/** A pupil as attendance and the terminals know it: whole, so that reading it twice changes nothing. */
export interface DirectoryPupil {
  readonly pupilId: PupilId;
  readonly version: number;
  /** Has left: nothing else is told. */
  readonly removed: boolean;
  readonly displayName: string;
  readonly schoolId: string;
  readonly className: string;
  /** Oldest first, without overlaps. */
  readonly diets: readonly DietSpan[];
  readonly badges: readonly Badge[];
  readonly enrolments: readonly DirectoryEnrolment[];
}

export interface DirectoryEnrolment {
  readonly enrolmentId: string;
  readonly service: ServiceCode;
  readonly paymentMode: PaymentMode;
  readonly overdraftCents: number;
  readonly validity: Validity;
  readonly prices: readonly Price[];
}

/** Who pays for a pupil in a service, and how. */
export interface Payer {
  readonly guardian: Guardian;
  readonly paymentMode: PaymentMode;
  readonly overdraftCents: Cents;
}

/** Changes after a version, and the version they reach. */
export interface DirectoryPage {
  readonly pupils: readonly DirectoryPupil[];
  readonly version: number;
  readonly more: boolean;
}

/** A pupil as its guardian sees it. */
export interface PupilSheet {
  readonly pupilId: PupilId;
  readonly displayName: string;
  readonly schoolName: string;
  readonly className: string;
  readonly closed: boolean;
  readonly badges: readonly Badge[];
  readonly enrolments: readonly {
    readonly service: ServiceCode;
    readonly serviceName: string;
    readonly paymentMode: PaymentMode;
    readonly validity: Validity;
    readonly prices: readonly Price[];
  }[];
}

/** All that is kept of a pupil, as its guardian may see it. */
export interface PupilRecord {
  readonly pupilId: PupilId;
  readonly displayName: string;
  readonly closed: boolean;
  readonly codiceFiscale: string;
  readonly birth: Birth | null;
  readonly residence: Residence | null;
  readonly badges: readonly Badge[];
  /** The newest first. */
  readonly enrolments: readonly {
    readonly enrolmentId: string;
    readonly service: ServiceCode;
    readonly serviceName: string;
    readonly schoolYear: string;
    readonly schoolName: string;
    readonly className: string;
    readonly paymentMode: PaymentMode;
    readonly validity: Validity;
    readonly tariffName: string;
    readonly prices: readonly Price[];
    readonly payerName: string;
    readonly reductions: readonly Reduction[];
    /** Which ISEE band the price of a day is of, and why; null where the tariff has none. */
    iseeOn(day: ServiceDate): IseeOutcome | null;
    /** Empty where invoices go to the portal alone. */
    readonly invoiceEmail: string;
    /** Null where no invoice goes by post. */
    readonly invoiceAddress: InvoiceAddress | null;
  }[];
}

export interface BadgeHistoryEntry extends Omit<BadgeChange, 'pupilId'> {
  readonly badgeNumber: string;
  readonly changedAt: Date;
}

export interface KnownMunicipality extends Omit<Municipality, 'lightDietDaysMax'> {
  readonly municipalityId: number;
}

/** What a badge is on a day: a blocked one is blocked whatever its days say, one not begun yet counts as active. */
export function badgeStatusOn(
  badge: Pick<Badge, 'blocked' | 'validity'>,
  day: ServiceDate,
): 'active' | 'blocked' | 'expired' {
  if (badge.blocked) return 'blocked';
  return badge.validity.until !== null && badge.validity.until < day ? 'expired' : 'active';
}

/**
 * The price to show on a day: the one in force; on a day that no price covers, the last one that ended before it, else
 * the first one to come.
 */
export function priceOn<Kind extends Price>(prices: readonly Kind[], day: ServiceDate): Kind | undefined {
  const inForce = prices.find((price) => isWithin(day, price.validity));
  return inForce ?? prices.findLast((price) => price.validity.from <= day) ?? prices[0];
}
