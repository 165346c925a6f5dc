import { addCents, type Cents, cents, type ServiceDate } from '@campanella/vocabulary';

/** What a meal costs, as attendance says now. */
export interface Charge {
  readonly serviceDate: ServiceDate;
  readonly amountCents: Cents;
  /** The office took back what it cost. */
  readonly isCorrected: boolean;
}

/** A meal that a document charges. */
export interface BilledMeal {
  readonly serviceDate: ServiceDate;
  readonly amountCents: Cents;
  readonly documentId: string;
  readonly isCredited: boolean;
}

/** What a pupil is to be charged, and what is to be given back of which document. */
export interface Settlement {
  readonly meals: readonly Omit<Charge, 'isCorrected'>[];
  readonly chargedCents: Cents;
  readonly credits: readonly {
    readonly documentId: string;
    readonly meals: readonly Omit<BilledMeal, 'documentId' | 'isCredited'>[];
    readonly creditedCents: Cents;
  }[];
}

/**
 * The difference between what attendance says and what documents charge: meals that no document charges are to be charged, also those of earlier
 * months that came late; meals that a document charges and the office took back are to be credited. Settled again, nothing is left.
 */
export function settle(charges: readonly Charge[], billed: readonly BilledMeal[]): Settlement {
  const billedOn = new Map(billed.map((one) => [one.serviceDate, one]));
  const meals = charges
    .filter(({ isCorrected, serviceDate }) => !isCorrected && !billedOn.has(serviceDate))
    .map(({ serviceDate, amountCents }) => ({ serviceDate, amountCents }));
  const corrected = charges.flatMap(({ isCorrected, serviceDate }) => {
    const meal = billedOn.get(serviceDate);
    return isCorrected && meal !== undefined && !meal.isCredited ? [meal] : [];
  });
  const credits = [...Map.groupBy(corrected, ({ documentId }) => documentId)].map(([documentId, of]) => ({
    documentId,
    meals: of.map(({ serviceDate, amountCents }) => ({ serviceDate, amountCents })),
    creditedCents: sumOf(of),
  }));
  return { meals, chargedCents: sumOf(meals), credits };
}

function sumOf(meals: readonly { readonly amountCents: Cents }[]): Cents {
  return addCents(cents(0), ...meals.map(({ amountCents }) => amountCents));
}
