import type { Transaction } from '@campanella/postgres';
import { type Cents, cents, type MunicipalityId, type TransferId } from '@campanella/vocabulary';
import {
  type Charge,
  decideSwipe,
  type FindHolders,
  fingerprint,
  isSameSwipe,
  type Meal,
  parseSwipe,
  type RawSwipe,
  type SetAsideReason,
  type Swipe,
  type Terminal,
} from '../domain/swipe.ts';
import type { KnownAccounts } from './known-accounts.ts';
import { clashingSwipeId, mealTransferId } from './meal-transfer-id.ts';
import type {
  AccountOwner,
  KnownSwipe,
  Ledger,
  MealTransfer,
  Presence,
  PresenceStore,
  SetAsideSwipe,
  TransferAnswer,
} from './ports.ts';

/** A swipe and the terminal whose stream brought it. */
export interface ReceivedSwipe {
  readonly terminal: Terminal;
  readonly raw: RawSwipe;
}

/** What became of a swipe; all of it is durable. */
export type SwipeAnswer = 'recorded' | 'recorded_over_limit' | SetAsideReason;

/** What recording needs from outside. */
export interface RecordSwipesDeps {
  readonly transaction: <Result>(run: (tx: Transaction) => Promise<Result>) => Promise<Result>;
  readonly store: PresenceStore;
  readonly ledger: Ledger;
  readonly accounts: KnownAccounts;
  /** Who may hold a badge number in a municipality, from the projection in memory. */
  readonly holdersIn: (municipalityId: MunicipalityId) => FindHolders;
  readonly appendMeals: (tx: Transaction, presences: readonly Presence[]) => Promise<void>;
  readonly clock: { now(): Date };
}

interface Item {
  readonly received: ReceivedSwipe;
  readonly swipe: Swipe | null;
  decision: Meal | SetAsideReason | null;
  answer: SwipeAnswer | null;
}

/**
 * Records one micro-batch: decides each swipe, posts the debits, stores presences and set-aside swipes with their events.
 *
 * Shape: answers stand in the order of the swipes; null is "not decided, try again". An answer is given only after the
 * commit that covers it, in the ledger and here. Any swipe may come again at any time, in this batch or another, here
 * or at another replica: same id and content, same answer; never a second debit or presence.
 *
 * @throws where PostgreSQL fails or the ledger cannot open accounts: nothing is answered, the whole batch may be tried again
 */
export async function recordSwipes(
  deps: RecordSwipesDeps,
  batch: readonly ReceivedSwipe[],
): Promise<readonly (SwipeAnswer | null)[]> {
  const now = deps.clock.now();
  const items: Item[] = batch.map((received) => decide(deps, received, now));
  const { firsts, repeats } = separateRepeats(items);
  await applyKnown(deps, firsts);
  const presences = await charge(deps, firsts);
  if (presences.size > 0 || firsts.some(isSetAside) || repeats.some(({ item }) => isSetAside(item))) {
    await store(deps, items, presences);
  }
  for (const { item, first } of repeats) item.answer ??= first.answer;
  return items.map((item) => item.answer);
}

function decide(deps: RecordSwipesDeps, received: ReceivedSwipe, now: Date): Item {
  const swipe = parseSwipe(received.raw);
  if (swipe === null) return { received, swipe, decision: 'malformed', answer: null };
  const decision = decideSwipe(swipe, deps.holdersIn(received.terminal.municipalityId), now);
  return { received, swipe, decision, answer: null };
}

/** Takes out what comes twice in the batch: the same swipe gets its first one's answer, another content is set aside. */
function separateRepeats(items: readonly Item[]): { firsts: Item[]; repeats: { item: Item; first: Item }[] } {
  const seen = new Map<string, Item>();
  const firsts: Item[] = [];
  const repeats: { item: Item; first: Item }[] = [];
  for (const item of items) {
    const key = `${item.received.terminal.municipalityId}/${item.received.raw.swipeId}`;
    const first = seen.get(key);
    if (first === undefined || item.swipe === null) {
      seen.set(key, first ?? item);
      firsts.push(item);
      continue;
    }
    item.decision = isSameSwipe(first.received.raw, item.received.raw) ? null : 'content_differs';
    repeats.push({ item, first });
  }
  return { firsts, repeats };
}

/** Answers what is stored already; the rest goes on with its decision. */
async function applyKnown(deps: RecordSwipesDeps, items: readonly Item[]): Promise<void> {
  const asked: Item[] = [];
  const queries = [];
  for (const item of items) {
    if (item.swipe === null) continue;
    const meal =
      item.decision !== null && typeof item.decision === 'object'
        ? { pupilId: item.decision.pupilId, service: item.swipe.service, serviceDate: item.swipe.serviceDate }
        : null;
    asked.push(item);
    queries.push({ municipalityId: item.received.terminal.municipalityId, swipeId: item.swipe.swipeId, meal });
  }
  if (queries.length === 0) return;
  for (const [position, known] of await deps.store.findKnown(queries)) {
    const item = asked[position];
    if (item !== undefined) applyOne(item, known);
  }
}

function applyOne(item: Item, known: KnownSwipe): void {
  const answer = answerKnown(item.received.raw, known);
  if (answer === null) return;
  if (answer.stored) {
    item.decision = null;
    item.answer = answer.value;
  } else if (answer.value !== 'recorded' && answer.value !== 'recorded_over_limit') {
    item.decision = answer.value;
  }
}

/** What the stored facts say of a swipe; null where they say nothing. `stored`: that very answer is on record. */
function answerKnown(raw: RawSwipe, known: KnownSwipe): { value: SwipeAnswer; stored: boolean } | null {
  if (known.presence !== null && isSameSwipe(known.presence.raw, raw)) {
    return { value: answerOf(known.presence.charge), stored: true };
  }
  const content = fingerprint(raw);
  const aside = known.setAside.find((one) => one.fingerprint === content);
  if (aside !== undefined) return { value: aside.reason, stored: true };
  if (known.presence !== null || known.setAside.length > 0) return { value: 'content_differs', stored: false };
  return known.mealOfDay === null ? null : { value: 'second_of_day', stored: false };
}

function answerOf(charge: Charge): SwipeAnswer {
  return charge === 'over_limit' ? 'recorded_over_limit' : 'recorded';
}

function isSetAside(item: Item): boolean {
  return typeof item.decision === 'string';
}

/** Posts what is prepaid; returns the presences to store. Swipes whose debit was not decided are left out. */
async function charge(deps: RecordSwipesDeps, items: readonly Item[]): Promise<Map<Item, Presence>> {
  const presences = new Map<Item, Presence>();
  const debits: Debit[] = [];
  for (const item of items) {
    const meal = item.decision;
    if (meal === null || typeof meal === 'string') continue;
    const free = paymentWithoutLedger(meal);
    if (free === null) debits.push(debitOf(item, meal));
    else presences.set(item, presenceOf(item.received.terminal, meal, free));
  }
  const answers = await postDebits(deps, debits);
  for (const { item, meal, transferId } of debits) {
    const paid = paymentOf(meal, transferId, answers.get(transferId));
    if (paid !== null) presences.set(item, presenceOf(item.received.terminal, meal, paid));
  }
  return presences;
}

interface Payment {
  readonly charge: Charge;
  readonly amountCents: Cents;
  readonly transferId: TransferId | null;
}

function paymentWithoutLedger({ amountCents, paymentMode }: Meal): Payment | null {
  if (amountCents === 0) return { charge: 'not_charged', amountCents, transferId: null };
  return paymentMode === 'invoiced' ? { charge: 'invoiced', amountCents, transferId: null } : null;
}

function paymentOf({ amountCents }: Meal, transferId: TransferId, answer: TransferAnswer | undefined): Payment | null {
  switch (answer?.kind) {
    case 'accepted':
      return { charge: 'debited', amountCents, transferId };
    case 'known_amount':
      return { charge: 'debited', amountCents: answer.amountCents, transferId };
    case 'limit_exceeded':
      return { charge: 'over_limit', amountCents, transferId: null };
    default:
      return null;
  }
}

function presenceOf(terminal: Terminal, meal: Meal, paid: Payment): Presence {
  const { municipalityId, terminalId, schoolId } = terminal;
  const { swipeId, service, serviceDate, badgeNumber, occurredAtMs } = meal.swipe;
  const { pupilId } = meal;
  const { charge, amountCents, transferId } = paid;
  return {
    municipalityId,
    pupilId,
    service,
    serviceDate,
    swipeId,
    terminalId,
    schoolId,
    badgeNumber,
    occurredAtMs,
    charge,
    amountCents,
    transferId,
  };
}

interface Debit {
  readonly item: Item;
  readonly meal: Meal;
  readonly transferId: TransferId;
  readonly household: AccountOwner;
  readonly revenue: AccountOwner;
}

function debitOf(item: Item, meal: Meal): Debit {
  const { municipalityId } = item.received.terminal;
  const { pupilId, overdraftCents } = meal;
  const { service, serviceDate } = meal.swipe;
  return {
    item,
    meal,
    transferId: mealTransferId(municipalityId, pupilId, service, serviceDate),
    household: { municipalityId, pupilId, service, overdraftCents },
    revenue: { municipalityId, pupilId: null, service, overdraftCents: cents(0) },
  };
}

async function postDebits(deps: RecordSwipesDeps, debits: readonly Debit[]): Promise<Map<TransferId, TransferAnswer>> {
  const answers = new Map<TransferId, TransferAnswer>();
  if (debits.length === 0) return answers;
  const missing = debits
    .flatMap(({ household, revenue }) => [household, revenue])
    .filter((owner) => deps.accounts.get(owner) === undefined);
  if (missing.length > 0) await deps.accounts.ensure(missing);
  const posted = new Map<TransferId, { transfer: MealTransfer; debit: Debit }>();
  for (const debit of debits) {
    const transfer = posted.has(debit.transferId) ? null : transferOf(deps, debit);
    if (transfer !== null) posted.set(debit.transferId, { transfer, debit });
  }
  const outcomes = await deps.ledger.post([...posted.values()].map(({ transfer }) => transfer));
  const strangers: AccountOwner[] = [];
  for (const [index, { debit }] of [...posted.values()].entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    answers.set(debit.transferId, outcome);
    if (outcome.kind === 'unknown_account') strangers.push(debit.household, debit.revenue);
  }
  if (strangers.length > 0) await deps.accounts.forget(strangers);
  return answers;
}

function transferOf(deps: RecordSwipesDeps, debit: Debit): MealTransfer | null {
  const debitAccountId = deps.accounts.get(debit.household);
  const creditAccountId = deps.accounts.get(debit.revenue);
  if (debitAccountId === undefined || creditAccountId === undefined) return null;
  return {
    transferId: debit.transferId,
    municipalityId: debit.household.municipalityId,
    debitAccountId,
    creditAccountId,
    amountCents: debit.meal.amountCents,
    occurredAtMs: debit.meal.swipe.occurredAtMs,
    reverses: null,
  };
}

/** One transaction: presences, what is set aside, events. Answers are written on the items only after the commit. */
async function store(
  deps: RecordSwipesDeps,
  items: readonly Item[],
  presences: ReadonlyMap<Item, Presence>,
): Promise<void> {
  const answers = await deps.transaction(async (tx) => {
    const decided = new Map<Item, SwipeAnswer>();
    const wanted = [...presences.values()];
    const inserted = wanted.length === 0 ? new Set<string>() : await deps.store.insertPresences(tx, wanted);
    const stored: Presence[] = [];
    const conflicts: Item[] = [];
    for (const [item, presence] of presences) {
      if (inserted.has(`${presence.municipalityId}/${presence.swipeId}`)) {
        stored.push(presence);
        decided.set(item, answerOf(presence.charge));
      } else conflicts.push(item);
    }
    if (conflicts.length > 0) stored.push(...(await settleConflicts(deps, tx, conflicts, presences, decided)));
    if (stored.length > 0) await deps.appendMeals(tx, stored);
    for (const item of items) if (typeof item.decision === 'string') decided.set(item, item.decision);
    const aside: SetAsideSwipe[] = [];
    for (const [item, answer] of decided) {
      if (answer === 'recorded' || answer === 'recorded_over_limit') continue;
      const { terminal, raw } = item.received;
      aside.push({ terminal, raw, fingerprint: fingerprint(raw), reason: answer });
    }
    if (aside.length > 0) await deps.store.insertSetAside(tx, aside);
    return decided;
  });
  for (const [item, answer] of answers) item.answer = answer;
}

/**
 * Decides swipes whose presence met another one between our look and our insert: sent twice at once, or to two replicas.
 *
 * Money follows the ledger: where it debited this meal, a presence says so, whatever the rival stored.
 */
async function settleConflicts(
  deps: RecordSwipesDeps,
  tx: Transaction,
  conflicts: readonly Item[],
  presences: ReadonlyMap<Item, Presence>,
  decided: Map<Item, SwipeAnswer>,
): Promise<Presence[]> {
  const asked = conflicts.flatMap((item) => {
    const presence = presences.get(item);
    return presence === undefined ? [] : [{ item, presence }];
  });
  const facts = await deps.store.findKnown(
    asked.map(({ presence }) => ({ ...presence, meal: presence })),
    tx,
  );
  const stored: Presence[] = [];
  for (const [position, { item, presence }] of asked.entries()) {
    const known = facts.get(position);
    const answer = known === undefined ? null : answerKnown(item.received.raw, known);
    if (known === undefined || answer === null) continue; // The rival rolled back: not decided, tried again.
    decided.set(item, answer.value);
    if (presence.charge !== 'debited') continue;
    if (known.mealOfDay !== null) {
      if (known.mealOfDay.charge !== 'debited' && (await deps.store.markDebited(tx, presence))) stored.push(presence);
      continue;
    }
    const kept = { ...presence, swipeId: clashingSwipeId(presence.swipeId, fingerprint(item.received.raw)) };
    if ((await deps.store.insertPresences(tx, [kept])).size > 0) stored.push(kept);
  }
  return stored;
}
