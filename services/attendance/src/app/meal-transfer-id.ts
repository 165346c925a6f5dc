import { hash } from 'node:crypto';
import {
  id,
  type MunicipalityId,
  type PupilId,
  type ServiceCode,
  type ServiceDate,
  type SwipeId,
  type TransferId,
} from '@campanella/vocabulary';

/** Never changes: a meal charged under another namespace would be charged again. */
const MEAL_NAMESPACE = Buffer.from('8f0d1f0a6a3b5d0c9b6e2f1c7a54c0de', 'hex').toString('latin1');

/**
 * The one transfer id that a pupil's meal of a service and day can have, whoever posts it and however often.
 *
 * @see docs/adr/0003-a-meal-has-one-transfer-id.md
 */
export function mealTransferId(
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  service: ServiceCode,
  serviceDate: ServiceDate,
): TransferId {
  return id<TransferId>(nameUuid(`${municipalityId}/${pupilId}/${service}/${serviceDate}`));
}

/** The one transfer id that the reversal of a meal's debit can have. */
export function reversalTransferId(transferId: TransferId): TransferId {
  return id<TransferId>(nameUuid(`reversal/${transferId}`));
}

/** The id of the correction that an absence makes, taken after its meal was charged. */
export function absenceCorrectionId(
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  service: ServiceCode,
  serviceDate: ServiceDate,
): string {
  return nameUuid(`absence/${municipalityId}/${pupilId}/${service}/${serviceDate}`);
}

/** The id under which a presence is kept whose swipe id turned out to name another swipe, after the ledger had debited it. */
export function clashingSwipeId(swipeId: SwipeId, fingerprint: string): SwipeId {
  return id<SwipeId>(nameUuid(`clash/${swipeId}/${fingerprint}`));
}

/**
 * UUID version 5 (RFC 9562, 5.5) of an ASCII name in the meals' namespace: SHA-1 of both, with version and variant set.
 * One-shot hashing: the uuid package's own took a twentieth of the hot path.
 */
function nameUuid(name: string): string {
  const digest = hash('sha1', Buffer.from(MEAL_NAMESPACE + name, 'latin1'), 'hex');
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(18, 20)}-${digest.slice(20, 32)}`;
}
