import type { Transaction } from '@campanella/postgres';
import type { Cents, MunicipalityId, PupilId, ServiceCode } from '@campanella/vocabulary';
import { v5 } from 'uuid';
import type { Clock, InTransaction, NotificationStore } from './ports.ts';

/** Balances looked at at once. */
const CHECKS_MAX = 200;
/** Namespace of the alerts of pupils who never topped up; fixed for ever, made once with `uuidgen`. */
const NEVER_TOPPED_UP = 'f3f7c1de-3c0b-45f5-9d0a-6a2f0f5b7c34';

/** Whose balance is to be looked at. */
export interface CreditCheck {
  readonly municipalityId: MunicipalityId;
  readonly pupilId: PupilId;
  readonly service: ServiceCode;
}

/** A check with what its municipality calls low, and the last order that is on the account. */
export interface DueCheck extends CreditCheck {
  readonly lowCents: Cents;
  readonly lastOrderId: string | null;
}

/** Balances to be looked at. */
export interface CreditCheckStore {
  /** Where the municipality alerts of low credit in the service; again changes nothing. */
  ask(tx: Transaction, checks: readonly CreditCheck[]): Promise<void>;
  list(limit: number): Promise<readonly DueCheck[]>;
  remove(tx: Transaction, check: CreditCheck): Promise<void>;
}

export interface AlertDeps {
  readonly transaction: InTransaction;
  readonly checks: CreditCheckStore;
  readonly notifications: Pick<NotificationStore, 'add'>;
  /** Balances in the order of the checks, as the ledger says. */
  readonly balancesOf: (checks: readonly CreditCheck[]) => Promise<readonly Cents[]>;
  readonly clock: Clock;
}

/**
 * Tells guardians whose credit is low, once: the alert belongs to the last top-up that is on the account, so that only another payment makes another
 * alert possible.
 *
 * @returns how many balances were looked at
 */
export async function alertLowCredit(deps: AlertDeps): Promise<number> {
  const due = await deps.checks.list(CHECKS_MAX);
  if (due.length === 0) return 0;
  const balances = await deps.balancesOf(due);
  for (const [index, check] of due.entries()) {
    const balanceCents = balances[index];
    if (balanceCents === undefined) throw new Error('the ledger told fewer balances');
    await deps.transaction(async (tx) => {
      await deps.checks.remove(tx, check);
      if (balanceCents >= check.lowCents) return;
      const { municipalityId, pupilId, service, lastOrderId } = check;
      const subjectId = lastOrderId ?? v5(`${municipalityId}/${pupilId}/${service}`, NEVER_TOPPED_UP);
      const told = { kind: 'low_credit', subjectId, pupilId, service } as const;
      await deps.notifications.add(tx, municipalityId, [told], deps.clock.now());
    });
  }
  return due.length;
}
