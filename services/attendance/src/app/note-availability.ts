import type { Transaction } from '@campanella/postgres';
import { addDays, type ServiceDate, serviceDateAt } from '@campanella/vocabulary';
import { type AbsenceRules, cutOffOf } from '../domain/absence.ts';
import type { CutOffExtension, ServicePlace } from '../domain/calendar-edit.ts';
import { cutOffAfterOutages, OUTAGE_REACH_MS, type Outage, outagesBetween } from '../domain/outage.ts';

const MINUTE_MS = 60_000;
/** A cut-off may lie so many days before its service day. */
const CALENDAR_DAYS = 45;
const TIME = new Intl.DateTimeFormat('it-IT', { timeZone: 'Europe/Rome', hour: '2-digit', minute: '2-digit' });
const DAY_AND_TIME = new Intl.DateTimeFormat('it-IT', {
  ...{ timeZone: 'Europe/Rome', day: '2-digit', month: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit' },
});

/** A school's rules and calendar in a service. */
export interface RuledPlace {
  readonly place: ServicePlace;
  readonly rules: AbsenceRules;
  /** Oldest first. */
  readonly served: readonly ServiceDate[];
}

export interface AvailabilityStore {
  /** Notes a minute; false where another replica has. Of two at once the second waits for the first. */
  beat(tx: Transaction, minute: Date): Promise<boolean>;
  /** Oldest first: those since an instant, and the last one before it. */
  listBeats(tx: Transaction, since: Date): Promise<readonly Date[]>;
  listPlaces(tx: Transaction, from: ServiceDate, to: ServiceDate): Promise<readonly RuledPlace[]>;
  /** Moves the cut-off of a day, never to an earlier instant than it has; true where it was moved. */
  extendLater(tx: Transaction, place: ServicePlace, extension: CutOffExtension): Promise<boolean>;
  forgetBeats(tx: Transaction, before: Date): Promise<void>;
}

export interface AvailabilityDeps {
  readonly transaction: <Result>(run: (tx: Transaction) => Promise<Result>) => Promise<Result>;
  readonly store: AvailabilityStore;
  readonly clock: { now(): Date };
  /** Whether guardians reach the platform from outside. */
  readonly isReachable: () => Promise<boolean>;
}

/**
 * Notes that absences can be taken in this minute. Where they could not in the minutes before, moves the cut-offs that lay in or soon after
 * that outage, with a reason that guardians read; both in one transaction, so that an outage is dealt with once, by whichever replica comes
 * back first.
 *
 * @returns how many days' cut-offs were moved
 */
export async function noteAvailability(deps: AvailabilityDeps): Promise<number> {
  if (!(await deps.isReachable())) return 0;
  const minute = new Date(Math.floor(deps.clock.now().getTime() / MINUTE_MS) * MINUTE_MS);
  return deps.transaction(async (tx) => {
    if (!(await deps.store.beat(tx, minute))) return 0;
    const beats = await deps.store.listBeats(tx, new Date(minute.getTime() - OUTAGE_REACH_MS));
    const outages = outagesBetween(beats.filter((beat) => beat <= minute));
    // An outage is dealt with in the minute in which it ends.
    if (outages.at(-1)?.to.getTime() !== minute.getTime()) return 0;
    await deps.store.forgetBeats(tx, new Date(minute.getTime() - 30 * 24 * 60 * MINUTE_MS));
    return extendAll(deps, tx, outages, minute);
  });
}

async function extendAll(
  { store }: AvailabilityDeps,
  tx: Transaction,
  outages: readonly Outage[],
  now: Date,
): Promise<number> {
  const today = serviceDateAt(now);
  let movedCount = 0;
  // The calendar reaches back too: a cut-off may lie on a service day before a long holiday.
  const places = await store.listPlaces(tx, addDays(today, -CALENDAR_DAYS), addDays(today, CALENDAR_DAYS));
  for (const { place, rules, served } of places) {
    for (const serviceDate of served.filter((day) => day >= today)) {
      const moved = cutOffAfterOutages(cutOffOf(serviceDate, rules, served), outages);
      if (moved === null) continue;
      const extension = { serviceDate, cutOffAt: moved.cutOffAt, reason: reasonOf(moved.outage) };
      if (await store.extendLater(tx, place, extension)) movedCount += 1;
    }
  }
  return movedCount;
}

function reasonOf({ from, to }: Outage): string {
  const time = serviceDateAt(from) === serviceDateAt(to) ? TIME : DAY_AND_TIME;
  return `il servizio non era raggiungibile dalle ${time.format(from)} alle ${time.format(to)}`;
}
