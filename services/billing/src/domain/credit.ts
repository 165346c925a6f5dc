import { type Cents, cents, subtractCents } from '@campanella/vocabulary';

/** An instalment from which a credit may be taken. */
export interface Creditable {
  readonly instalmentId: string;
  /** What is to be paid of it. */
  readonly amountCents: Cents;
}

/** A part of a credit, and what it leaves of the instalment. */
export interface CreditPart {
  readonly instalmentId: string;
  readonly creditedCents: Cents;
  readonly leftCents: Cents;
}

/** Takes a credit off instalments, the last first: what falls due soonest is what the parent has planned to pay. What is left over is owed. */
export function takeOff(creditCents: Cents, instalments: readonly Creditable[]): readonly CreditPart[] {
  let rest = creditCents;
  const parts: CreditPart[] = [];
  for (const { instalmentId, amountCents } of instalments.toReversed()) {
    const creditedCents = cents(Math.min(rest, amountCents));
    if (creditedCents === 0) continue;
    parts.push({ instalmentId, creditedCents, leftCents: subtractCents(amountCents, creditedCents) });
    rest = subtractCents(rest, creditedCents);
  }
  return parts;
}
