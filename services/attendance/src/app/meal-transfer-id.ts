import {
  id,
  type MunicipalityId,
  type PupilId,
  type ServiceCode,
  type ServiceDate,
  type SwipeId,
  type TransferId,
} from '@campanella/vocabulary';
import { v5 } from 'uuid';

/** Never changes: a meal charged under another namespace would be charged again. */
const MEAL_NAMESPACE = '8f0d1f0a-6a3b-5d0c-9b6e-2f1c7a54c0de';

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
  return id<TransferId>(v5(`${municipalityId}/${pupilId}/${service}/${serviceDate}`, MEAL_NAMESPACE));
}

/** The id under which a presence is kept whose swipe id turned out to name another swipe, after the ledger had debited it. */
export function clashingSwipeId(swipeId: SwipeId, fingerprint: string): SwipeId {
  return id<SwipeId>(v5(`clash/${swipeId}/${fingerprint}`, MEAL_NAMESPACE));
}
