import { appendEvent } from '@campanella/messaging';
import type { Transaction } from '@campanella/postgres';
import { type Meal, MealCharge, MealRecorded } from '@campanella/proto/events/v1/events';
import type { MunicipalityId } from '@campanella/vocabulary';
import type { Presence } from '../app/ports.ts';
import type { Charge } from '../domain/swipe.ts';

/** Presences were recorded: one message for many meals of a municipality. */
export const MEAL_RECORDED = 'attendance.meal_recorded.v1';
/** Most meals in one message. */
const MEALS_MAX = 200;

const CHARGE: Record<Charge, MealCharge> = {
  debited: MealCharge.DEBITED,
  invoiced: MealCharge.INVOICED,
  over_limit: MealCharge.OVER_LIMIT,
  not_charged: MealCharge.UNSPECIFIED,
};

/** Announces presences once the transaction is committed; opaque ids only. */
export async function appendMeals(tx: Transaction, presences: readonly Presence[]): Promise<void> {
  const byMunicipality = Map.groupBy(presences, (presence) => presence.municipalityId);
  for (const [municipalityId, own] of byMunicipality) {
    for (let start = 0; start < own.length; start += MEALS_MAX) {
      await appendEvent(tx, {
        routingKey: MEAL_RECORDED,
        municipalityId,
        body: encode(municipalityId, own.slice(start, start + MEALS_MAX)),
      });
    }
  }
}

function encode(municipalityId: MunicipalityId, presences: readonly Presence[]): Uint8Array {
  return MealRecorded.encode({ municipalityId, meals: presences.map(toMeal) }).finish();
}

function toMeal(presence: Presence): Meal {
  const { swipeId, pupilId, service, serviceDate, occurredAtMs, charge } = presence;
  return {
    swipeId,
    pupilId,
    service,
    serviceDate,
    occurredAtMs,
    amountCents: presence.amountCents,
    charge: CHARGE[charge],
    transferId: presence.transferId ?? '',
  };
}
