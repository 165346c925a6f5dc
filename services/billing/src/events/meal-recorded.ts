import { consumer, type EventConsumer } from '@campanella/messaging';
import { MealCharge, MealRecorded } from '@campanella/proto/events/v1/events';
import { id, type MunicipalityId, type PupilId, parseNumberId, serviceCode } from '@campanella/vocabulary';
import type { CreditCheckStore } from '../app/alert-low-credit.ts';

const PREPAID: readonly MealCharge[] = [MealCharge.DEBITED, MealCharge.OVER_LIMIT];

/** Takes meals that were eaten on credit: the balances of who ate are looked at soon. */
export const onMealRecorded: EventConsumer<Pick<CreditCheckStore, 'ask'>> = consumer(
  'attendance.meal_recorded.v1',
  (body) => MealRecorded.decode(body),
  async (tx, event, checks: Pick<CreditCheckStore, 'ask'>) => {
    const municipalityId = parseNumberId<MunicipalityId>(event.municipalityId);
    if (municipalityId === null) throw new RangeError('the event names no municipality');
    const prepaid = event.meals.filter(({ charge }) => PREPAID.includes(charge));
    await checks.ask(
      tx,
      prepaid.map(({ pupilId, service }) => ({
        ...{ municipalityId, pupilId: id<PupilId>(pupilId), service: serviceCode(service) },
      })),
    );
  },
);
