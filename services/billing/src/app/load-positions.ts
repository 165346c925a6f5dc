import type { MunicipalityId } from '@campanella/vocabulary';
import type { Position } from '../domain/position.ts';
import type { Clock, Creditor, CreditorStore } from './ports.ts';

/** Told in one look. */
const ROUND_MAX = 100;
/** Longer than a keeper ever takes to answer: until then nobody else sends the same change, nor the next one of its position. */
const HELD_MS = 60_000;
const WAIT_FROM_MS = 1_000;
const WAIT_MAX_MS = 5 * 60_000;

/** Where pagoPA keeps positions: its archive (ACA) beside ours, or its own (GPD) in our stead. */
export interface PositionKeeper {
  /**
   * Makes what is kept the same as the position: there and open, of another amount, or closed. Again changes nothing.
   *
   * @throws PositionKeeperAway where it cannot be asked now; Error for a refusal
   */
  put(creditor: Creditor, position: Position): Promise<void>;
}

/** The keeper cannot be asked now: what comes after would fail as well. */
export class PositionKeeperAway extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'PositionKeeperAway';
  }
}

/** A change of a position, held by whoever took it. */
export interface PositionLoad {
  readonly municipalityId: MunicipalityId;
  readonly load: number;
  readonly attempts: number;
  /** The position as it was after this change. */
  readonly position: Position;
}

/** Changes that pagoPA has not been told. */
export interface LoadStore {
  /** Takes a change that is due and the first of its position, and holds it; null where there is none. */
  take(now: Date, heldUntil: Date): Promise<PositionLoad | null>;
  done(load: PositionLoad): Promise<void>;
  /** Lets others take it again from then on. */
  putBack(load: PositionLoad, nextAt: Date): Promise<void>;
  /** How many wait, and since when the oldest does. */
  backlog(): Promise<{ readonly count: number; readonly oldestAt: Date | null }>;
}

export interface LoadDeps {
  readonly loads: LoadStore;
  readonly creditors: Pick<CreditorStore, 'findCreditor'>;
  readonly keepers: Readonly<Record<Creditor['positionsAt'], PositionKeeper>>;
  readonly clock: Clock;
  readonly onFault: (fault: unknown, load: PositionLoad) => void;
}

/**
 * Tells pagoPA what has changed, each position's changes in their order. Any replica may do it at any time; whoever dies in between leaves a
 * change that is told again. A change that is refused waits and holds up its own position only.
 *
 * @returns how many were told
 */
export async function loadPositions(deps: LoadDeps): Promise<number> {
  let told = 0;
  for (let turn = 0; turn < ROUND_MAX; turn += 1) {
    const now = deps.clock.now();
    const load = await deps.loads.take(now, new Date(now.getTime() + HELD_MS));
    if (load === null) return told;
    try {
      const creditor = await deps.creditors.findCreditor(load.municipalityId);
      if (creditor === null) throw new Error('a position has no creditor');
      await deps.keepers[creditor.positionsAt].put(creditor, load.position);
    } catch (fault) {
      const waitMs = Math.min(WAIT_FROM_MS * 2 ** Math.min(load.attempts, 20), WAIT_MAX_MS);
      await deps.loads.putBack(load, new Date(deps.clock.now().getTime() + waitMs));
      deps.onFault(fault, load);
      if (fault instanceof PositionKeeperAway) return told;
      continue;
    }
    await deps.loads.done(load);
    told += 1;
  }
  return told;
}
