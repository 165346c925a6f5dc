import { type Cents, isWithin, type ServiceDate } from '@campanella/vocabulary';
import type { Price } from './records.ts';
import { cutAt, type Dated, layOver } from './spans.ts';

/** What is paid with an ISEE up to a limit, the limit included. */
export interface IseeBand {
  readonly iseeUpToCents: number;
  readonly priceCents: Cents;
}

/** A price of a tariff: what is paid without a valid certification or above all bands, and less within one. */
export interface TariffPrice extends Price {
  /** By rising limits; none for a flat price. Null: not said, so that they stay as they are; never null in what is stored. */
  readonly bands: readonly IseeBand[] | null;
}

/** An ISEE certification of a household, with the days on which the municipality lets it hold. */
export interface IseeCertification extends Dated {
  /** Null: no certification on these days, whatever was known; only as it comes in. */
  readonly iseeCents: number | null;
  /** How the office finds it again. */
  readonly reference: string;
}

/** The certifications of a household, whose id is theirs; as they come in: what is laid over those that are stored. */
export interface HouseholdIsee {
  readonly id: string;
  /** Oldest first, without overlaps. */
  readonly certifications: readonly IseeCertification[];
}

/** Which price holds, and why; the indicator itself is not told. */
export interface IseeOutcome {
  readonly outcome: 'in_band' | 'above_bands' | 'no_certification';
  /** The band's limit; null where it is none. */
  readonly upToCents: number | null;
  /** The last day of the certification; null where there is none. */
  readonly certifiedUntil: ServiceDate | null;
}

/** The certifications with others laid over them, where one without an indicator takes away. */
export function withCertifications(
  below: readonly IseeCertification[],
  told: readonly IseeCertification[],
): readonly IseeCertification[] {
  return layOver(below, told).filter(({ iseeCents }) => iseeCents !== null);
}

/**
 * What a tariff costs a household: each price is cut where a certification begins or ends, and within one the price of its band holds.
 *
 * @param prices oldest first
 * @returns spans of the same days, oldest first
 */
export function iseePrices(
  prices: readonly TariffPrice[],
  certifications: readonly IseeCertification[],
): readonly Price[] {
  return prices.flatMap(({ priceCents, validity, bands }) => {
    if (bands === null || bands.length === 0) return [{ priceCents, validity }];
    const pieces = cutAt(
      validity,
      certifications.map((one) => one.validity),
    ).map((piece) => ({
      priceCents: bandFor(bands, certifiedOn(certifications, piece.from))?.priceCents ?? priceCents,
      validity: piece,
    }));
    return layOver([], pieces);
  });
}

/** Which band of the price in force on a day a household is in, and why; null where the price has none. */
export function iseeOutcomeOn(
  price: TariffPrice | undefined,
  certifications: readonly IseeCertification[],
  day: ServiceDate,
): IseeOutcome | null {
  const bands = price?.bands ?? [];
  if (bands.length === 0) return null;
  const certification = certifiedOn(certifications, day);
  if (certification === undefined) return { outcome: 'no_certification', upToCents: null, certifiedUntil: null };
  const band = bandFor(bands, certification);
  return {
    outcome: band === undefined ? 'above_bands' : 'in_band',
    upToCents: band?.iseeUpToCents ?? null,
    certifiedUntil: certification.validity.until,
  };
}

function certifiedOn(certifications: readonly IseeCertification[], day: ServiceDate): IseeCertification | undefined {
  return certifications.find(({ validity }) => isWithin(day, validity));
}

function bandFor(bands: readonly IseeBand[], certification: IseeCertification | undefined): IseeBand | undefined {
  const iseeCents = certification?.iseeCents ?? null;
  return iseeCents === null ? undefined : bands.find(({ iseeUpToCents }) => iseeCents <= iseeUpToCents);
}
