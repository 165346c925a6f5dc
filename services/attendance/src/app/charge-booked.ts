import type { Transaction } from '@campanella/postgres';
import {
  addDays,
  type Cents,
  cents,
  id,
  type PupilId,
  type ServiceDate,
  serviceDateAt,
  type TransferId,
} from '@campanella/vocabulary';
import { enrolmentOn, type Pupil, priceOn } from '../domain/directory.ts';
import { bookedDiet } from '../domain/kitchen.ts';
import type { Charge } from '../domain/swipe.ts';
import { type CorrectMeal, type CorrectMealDeps, correctMeal, type MealKey } from './correct-meal.ts';
import { type DayPlace, type KitchenStore, readKitchen } from './kitchen.ts';
import { absenceCorrectionId, mealTransferId } from './meal-transfer-id.ts';
import type { AccountOwner, MealTransfer } from './ports.ts';

/** A day is charged late rather than never; what is older waits for the office. */
const DAYS_BACK = 14;
const TRANSFERS_AT_ONCE = 500;
/** As guardians read it beside what was given back. */
const ABSENCE_REASON = 'Assenza comunicata in tempo';

/** What one booked meal cost. */
export interface BookedCharge {
  readonly pupilId: PupilId;
  readonly charge: Charge;
  readonly amountCents: Cents;
  readonly transferId: TransferId | null;
}

export interface BookingStore {
  /** Served days of schools that charge bookings, from a day on, that are not all charged yet. */
  listOpenDays(from: ServiceDate, to: ServiceDate): Promise<readonly DayPlace[]>;
  /** Pupils whose meal of the day is charged, by a swipe or as booked. */
  listCharged(place: DayPlace): Promise<ReadonlySet<PupilId>>;
  keep(tx: Transaction, place: DayPlace, charges: readonly BookedCharge[], at: Date): Promise<void>;
  closeDay(tx: Transaction, place: DayPlace, at: Date): Promise<void>;
  /**
   * Booked meals that were charged although an absence that cancels the charge was taken: the cut-off was moved after it had passed, the absence
   * was committed while the day was charged, or it came late at a school that does not charge late ones.
   */
  listChargedAbsences(from: ServiceDate): Promise<readonly MealKey[]>;
}

export interface ChargeBookedDeps extends CorrectMealDeps {
  readonly transaction: <Result>(run: (tx: Transaction) => Promise<Result>) => Promise<Result>;
  readonly kitchen: KitchenStore;
  readonly bookings: BookingStore;
}

/**
 * Charges the meals of every school that charges what is booked and not cancelled, once their day's cut-off has passed; and gives back what was
 * charged for an absence that cancels it.
 *
 * Idempotent, and any replica may do it at any time: a meal has one transfer id, whoever charges it, a swipe included. A kill leaves the day
 * open, and the next look goes on.
 *
 * @returns how many meals were charged and how many given back
 */
export async function chargeBooked(
  deps: ChargeBookedDeps,
): Promise<{ readonly charged: number; readonly givenBack: number }> {
  const now = deps.clock.now();
  const today = serviceDateAt(now);
  let charged = 0;
  for (const place of await deps.bookings.listOpenDays(addDays(today, -DAYS_BACK), today)) {
    charged += await chargeDay(deps, place, now);
  }
  let givenBack = 0;
  for (const key of await deps.bookings.listChargedAbsences(addDays(today, -DAYS_BACK))) {
    const correction: CorrectMeal = {
      ...key,
      correctionId: absenceCorrectionId(key.municipalityId, key.pupilId, key.service, key.serviceDate),
      reason: ABSENCE_REASON,
      correctedBy: 'attendance',
    };
    if ((await correctMeal(deps, correction)).ok) givenBack += 1;
  }
  return { charged, givenBack };
}

async function chargeDay(deps: ChargeBookedDeps, place: DayPlace, now: Date): Promise<number> {
  const known = await readKitchen(deps.kitchen, place);
  if (known === null || known.cutOffAt === null || now < known.cutOffAt) return 0;
  const { cutOffAt } = known;
  const charged = await deps.bookings.listCharged(place);
  const due = known.eaters.filter((eater) => bookedDiet(eater, known.day) !== null && !charged.has(eater.pupilId));
  let count = 0;
  for (let at = 0; at < due.length; at += TRANSFERS_AT_ONCE) {
    const page = due.slice(at, at + TRANSFERS_AT_ONCE).flatMap(({ pupilId }) => {
      const pupil = known.pupils.get(pupilId);
      return pupil === undefined ? [] : [pupil];
    });
    const charges = await chargePupils(deps, place, page, cutOffAt);
    await deps.transaction((tx) => deps.bookings.keep(tx, place, charges, now));
    count += charges.length;
    // The ledger did not say what became of some: the day stays open.
    if (charges.length < page.length) return count;
  }
  await deps.transaction((tx) => deps.bookings.closeDay(tx, place, now));
  return count;
}

async function chargePupils(
  { ledger, accounts }: ChargeBookedDeps,
  { municipalityId, service, serviceDate }: DayPlace,
  pupils: readonly Pupil[],
  cutOffAt: Date,
): Promise<readonly BookedCharge[]> {
  const meals = pupils.map((pupil) => {
    const enrolment = enrolmentOn(pupil, service, serviceDate);
    const amountCents = enrolment === null ? cents(0) : (priceOn(enrolment, serviceDate) ?? cents(0));
    return { pupilId: pupil.pupilId, enrolment, amountCents };
  });
  const revenue: AccountOwner = { municipalityId, pupilId: null, service, overdraftCents: cents(0) };
  const prepaid = meals.flatMap(({ pupilId, enrolment, amountCents }) =>
    enrolment?.paymentMode === 'prepaid' && amountCents > 0
      ? [
          {
            pupilId,
            amountCents,
            owner: { municipalityId, pupilId, service, overdraftCents: enrolment.overdraftCents },
          },
        ]
      : [],
  );
  if (prepaid.length > 0) await accounts.ensure([revenue, ...prepaid.map(({ owner }) => owner)]);
  const creditAccountId = accounts.get(revenue);
  const transfers = prepaid.flatMap(({ pupilId, amountCents, owner }): MealTransfer[] => {
    const debitAccountId = accounts.get(owner);
    if (debitAccountId === undefined || creditAccountId === undefined) return [];
    const transferId = mealTransferId(municipalityId, pupilId, service, serviceDate);
    const occurredAtMs = cutOffAt.getTime();
    return [{ transferId, municipalityId, debitAccountId, creditAccountId, amountCents, occurredAtMs, reverses: null }];
  });
  const outcomes = transfers.length === 0 ? [] : await ledger.post(transfers);
  const answers = new Map(transfers.map(({ transferId }, index) => [transferId, outcomes[index]]));
  return meals.flatMap(({ pupilId, enrolment, amountCents }): BookedCharge[] => {
    if (amountCents === 0) return [{ pupilId, charge: 'not_charged', amountCents, transferId: null }];
    if (enrolment?.paymentMode === 'invoiced') return [{ pupilId, charge: 'invoiced', amountCents, transferId: null }];
    const transferId = id<TransferId>(mealTransferId(municipalityId, pupilId, service, serviceDate));
    const answer = answers.get(transferId);
    if (answer?.kind === 'accepted') return [{ pupilId, charge: 'debited', amountCents, transferId }];
    if (answer?.kind === 'known_amount') {
      return [{ pupilId, charge: 'debited', amountCents: answer.amountCents, transferId }];
    }
    return answer?.kind === 'limit_exceeded' ? [{ pupilId, charge: 'over_limit', amountCents, transferId: null }] : [];
  });
}
