import { addCents, type Cents, cents, serviceDateAt } from '@campanella/vocabulary';
import type { Debtor } from './position.ts';

/** Money that came for a pupil, or went back. */
export interface PupilPayment {
  readonly payer: Debtor;
  readonly service: string;
  /** Less than 0 for what was given back. */
  readonly amountCents: Cents;
  readonly at: Date;
  /** Cash gives no relief, also where it was paid through pagoPA. */
  readonly isTraceable: boolean;
}

/** What one payer paid for one pupil in a year. */
export interface YearOfPayer {
  readonly payer: Debtor;
  readonly totalCents: Cents;
  readonly services: readonly { readonly service: string; readonly amountCents: Cents }[];
}

/**
 * Sums what each payer paid in a year, by the day of the payment in Rome, whatever the month of the meals: traceable payments less what was given back.
 * A payer of whom nothing is left is not among them.
 */
export function sumYear(payments: readonly PupilPayment[], year: number): readonly YearOfPayer[] {
  const counted = payments.filter(({ at, isTraceable }) => isTraceable && serviceDateAt(at).startsWith(`${year}-`));
  return [...Map.groupBy(counted, ({ payer }) => payer.codiceFiscale).values()].flatMap((of) => {
    const [first] = of;
    const totalCents = sum(of);
    if (first === undefined || totalCents <= 0) return [];
    const services = [...Map.groupBy(of, ({ service }) => service)]
      .map(([service, paid]) => ({ service, amountCents: sum(paid) }))
      .toSorted((one, other) => (one.service < other.service ? -1 : 1));
    return [{ payer: first.payer, totalCents, services }];
  });
}

function sum(payments: readonly PupilPayment[]): Cents {
  return addCents(cents(0), ...payments.map(({ amountCents }) => amountCents));
}
