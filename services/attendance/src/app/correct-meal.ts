import type {
  Cents,
  MunicipalityId,
  PupilId,
  SchoolId,
  ServiceCode,
  ServiceDate,
  TransferId,
} from '@campanella/vocabulary';
import { accept, cents, type Decision, refuse } from '@campanella/vocabulary';
import type { Charge } from '../domain/swipe.ts';
import type { KnownAccounts } from './known-accounts.ts';
import { reversalTransferId } from './meal-transfer-id.ts';
import type { AccountOwner, Ledger } from './ports.ts';

/** One meal of one pupil. */
export interface MealKey {
  readonly municipalityId: MunicipalityId;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
  readonly serviceDate: ServiceDate;
}

/** What the office wants taken back, under an id that it made. */
export interface CorrectMeal extends MealKey {
  readonly correctionId: string;
  /** As guardians read it. */
  readonly reason: string;
  /** A person's id, or the name that was given to a command. */
  readonly correctedBy: string;
}

/** A correction as it is kept. */
export interface MealCorrection {
  readonly correctionId: string;
  readonly reason: string;
  readonly correctedAt: Date;
}

/** A meal as it was recorded. */
export interface ChargedMeal {
  readonly schoolId: SchoolId;
  readonly charge: Charge;
  readonly amountCents: Cents;
  readonly transferId: TransferId | null;
  readonly correction: MealCorrection | null;
}

export interface CorrectionStore {
  findMeal(key: MealKey): Promise<ChargedMeal | null>;
  /** Keeps the correction unless the meal has one; answers the one that it has. */
  keep(command: CorrectMeal, reversalId: TransferId | null, at: Date): Promise<MealCorrection>;
}

export interface CorrectMealDeps {
  readonly store: CorrectionStore;
  readonly ledger: Ledger;
  readonly accounts: KnownAccounts;
  readonly clock: { now(): Date };
}

export type CorrectionRefused =
  /** No meal of this pupil, service and day. */
  | { readonly kind: 'unknown_meal' }
  /** It cost nothing, so there is nothing to take back. */
  | { readonly kind: 'not_charged' }
  /** By another correction. */
  | { readonly kind: 'already_corrected' }
  /** Nothing is decided: ask again with the same id. */
  | { readonly kind: 'ledger_away' };

/**
 * Takes back what a meal cost; the presence stays. A debit is reversed in the ledger under an id that follows from the meal's own, so that
 * nothing is taken back twice, whatever is killed in between and whoever asks again. A kill between
 * ledger and table is mended by asking again.
 */
export async function correctMeal(
  deps: CorrectMealDeps,
  command: CorrectMeal,
): Promise<Decision<MealCorrection, CorrectionRefused>> {
  const meal = await deps.store.findMeal(command);
  if (meal === null) return refuse({ kind: 'unknown_meal' });
  if (meal.correction !== null) return settled(meal.correction, command);
  if (meal.charge !== 'debited' && meal.charge !== 'invoiced') return refuse({ kind: 'not_charged' });
  const { transferId } = meal;
  const reversalId = transferId === null ? null : reversalTransferId(transferId);
  if (transferId !== null && !(await isReversed(deps, command, meal.amountCents, transferId))) {
    return refuse({ kind: 'ledger_away' });
  }
  return settled(await deps.store.keep(command, reversalId, deps.clock.now()), command);
}

function settled(kept: MealCorrection, command: CorrectMeal): Decision<MealCorrection, CorrectionRefused> {
  return kept.correctionId === command.correctionId ? accept(kept) : refuse({ kind: 'already_corrected' });
}

/** Has the ledger take the debit back, or say that it has; false where it does not answer. */
async function isReversed(
  { ledger, accounts, clock }: CorrectMealDeps,
  { municipalityId, pupilId, service }: CorrectMeal,
  amountCents: Cents,
  transferId: TransferId,
): Promise<boolean> {
  // Both are open since the meal was debited: the limits say nothing any more.
  const household: AccountOwner = { municipalityId, pupilId, service, overdraftCents: cents(0) };
  const revenue: AccountOwner = { municipalityId, pupilId: null, service, overdraftCents: cents(0) };
  const areKnown = await accounts.ensure([household, revenue]).then(
    () => true,
    () => false,
  );
  if (!areKnown) return false;
  const [debitAccountId, creditAccountId] = [accounts.get(revenue), accounts.get(household)];
  if (debitAccountId === undefined || creditAccountId === undefined) return false;
  const [answer] = await ledger.post([
    {
      ...{ transferId: reversalTransferId(transferId), municipalityId, debitAccountId, creditAccountId, amountCents },
      occurredAtMs: clock.now().getTime(),
      reverses: transferId,
    },
  ]);
  return answer?.kind === 'accepted';
}
