import {
  addCents,
  type Cents,
  cents,
  type MunicipalityId,
  type PupilId,
  type ServiceCode,
  subtractCents,
} from '@campanella/vocabulary';
import { type DayRange, type Movement, type StatedMovement, withBalances } from '../domain/statement.ts';

/** Where a page ends: the next begins after this movement. */
export interface StatementPlace {
  readonly occurredAtMs: number;
  readonly seq: number;
}

export interface AccountMovements {
  readonly balanceCents: Cents;
  /** The sum of all movements from the range's first day on, also those after its last. */
  readonly sinceFromCents: Cents;
  /** Of the range, in the order (occurred at, seq). */
  readonly movements: readonly Movement[];
  readonly asOf: Date;
}

export interface StatementReader {
  /** Null where the pupil has no account for the service. All in one snapshot. */
  read(
    municipalityId: MunicipalityId,
    pupilId: PupilId,
    service: ServiceCode,
    range: DayRange,
  ): Promise<AccountMovements | null>;
  balances(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
  ): Promise<{ accounts: PupilBalance[]; asOf: Date }>;
}

export interface PupilBalance {
  readonly pupilId: PupilId;
  readonly service: string;
  readonly balanceCents: Cents;
  readonly overdraftCents: Cents;
}

export interface StatementPage {
  readonly openingBalanceCents: Cents;
  readonly closingBalanceCents: Cents;
  readonly currentBalanceCents: Cents;
  readonly asOf: Date;
  readonly movements: readonly StatedMovement[];
  readonly next: StatementPlace | null;
}

/**
 * Reads one page of a pupil's statement. Opening balance, the movements of all pages and closing balance agree to the cent, since
 * all come from one snapshot; an account that is not there yet has a statement of zeros.
 */
export async function readStatement(
  reader: StatementReader,
  asked: {
    readonly municipalityId: MunicipalityId;
    readonly pupilId: PupilId;
    readonly service: ServiceCode;
    readonly range: DayRange;
    readonly after: StatementPlace | null;
    readonly limit: number;
  },
): Promise<StatementPage> {
  const read = await reader.read(asked.municipalityId, asked.pupilId, asked.service, asked.range);
  const { balanceCents, sinceFromCents, movements, asOf } = read ?? NO_ACCOUNT();
  const openingBalanceCents = subtractCents(balanceCents, sinceFromCents);
  const stated = withBalances(openingBalanceCents, movements);
  const { after } = asked;
  const rest = after === null ? stated : stated.filter((movement) => isAfter(movement, after));
  const page = rest.slice(0, asked.limit);
  const last = page.at(-1);
  return {
    openingBalanceCents,
    closingBalanceCents: addCents(openingBalanceCents, ...movements.map(({ amountCents }) => amountCents)),
    currentBalanceCents: balanceCents,
    asOf,
    movements: page,
    next:
      last === undefined || rest.length === page.length
        ? null
        : { occurredAtMs: last.occurredAt.getTime(), seq: last.seq },
  };
}

const NO_ACCOUNT = (): AccountMovements => ({
  balanceCents: cents(0),
  sinceFromCents: cents(0),
  movements: [],
  asOf: new Date(),
});

function isAfter(movement: Movement, place: StatementPlace): boolean {
  const occurredAtMs = movement.occurredAt.getTime();
  return occurredAtMs > place.occurredAtMs || (occurredAtMs === place.occurredAtMs && movement.seq > place.seq);
}
