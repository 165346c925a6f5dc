import { type ServiceDate, serviceDateAt } from '@campanella/vocabulary';
import { badgeStatusOn, type PupilRecord, priceOn } from '../domain/directory.ts';
import type { Badge } from '../domain/records.ts';
import type { RecordAnswer } from './describe.ts';

/** A pupil's record as the API tells it. */
export function toRecord(record: PupilRecord, now: Date): RecordAnswer {
  const today = serviceDateAt(now);
  const { pupilId, displayName, codiceFiscale, birth, residence } = record;
  return {
    ...{ pupilId, displayName, codiceFiscale, birth, residence },
    status: record.closed ? 'closed' : 'open',
    badges: record.badges.map((badge) => toBadge(badge, today)),
    enrolments: record.enrolments.map(({ validity, prices, reductions, iseeOn, ...enrolment }) => ({
      ...enrolment,
      isee: iseeOn(today),
      reductions: reductions.map(({ percent, reason, validity: span }) => ({
        ...{ percent, reason },
        validFrom: span.from,
        validUntil: span.until,
      })),
      validFrom: validity.from,
      validUntil: validity.until,
      priceCents: priceOn(prices, today)?.priceCents ?? 0,
      priceHistory: prices.map((price) => ({
        priceCents: price.priceCents,
        validFrom: price.validity.from,
        validUntil: price.validity.until,
      })),
    })),
    asOf: now.toISOString(),
  };
}

/** A badge with what it is today. */
export function toBadge(badge: Badge, today: ServiceDate): RecordAnswer['badges'][number] {
  return {
    badgeId: badge.id,
    badgeNumber: badge.badgeNumber,
    status: badgeStatusOn(badge, today),
    validFrom: badge.validity.from,
    validUntil: badge.validity.until,
  };
}
