import { DatabaseSync } from 'node:sqlite';
import type { Canteen, FaultPlatform } from './fault-platform.ts';

/** Every swipe that the journals hold: what somebody was shown green or amber for. The agents must have stopped: each holds its file alone. */
export function journalSwipes(platform: FaultPlatform): { swipeIds: string[]; unanswered: number } {
  const swipeIds: string[] = [];
  let unanswered = 0;
  for (const { journalFile } of platform.canteens) {
    const journal = new DatabaseSync(journalFile, { readOnly: true });
    for (const row of journal.prepare('select swipe_id, outcome from swipes').all()) {
      swipeIds.push(String(row['swipe_id']));
      if (row['outcome'] === null) unanswered += 1;
    }
    journal.close();
  }
  return { swipeIds, unanswered };
}

/** What a running agent says of its journal; null while it is being killed or started. */
export async function screenState({ screenUrl }: Pick<Canteen, 'screenUrl'>): Promise<ScreenState | null> {
  const response = await fetch(`${screenUrl}/api/state`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  return response?.ok === true ? ((await response.json().catch(() => null)) as ScreenState | null) : null;
}

export interface ScreenState {
  readonly lastSwipe: { readonly swipeId: string; readonly colour: string } | null;
  readonly unsentCount: number;
  readonly swipesTodayCount: number;
}

const LEDGER_FAULTS = `
  with signed as (
    select debit_account_id as account_id, -amount_cents as amount, seq, debit_balance_after_cents as after from transfers
    union all select credit_account_id, amount_cents, seq, credit_balance_after_cents from transfers),
  chain as (select account_id, after, sum(amount) over (partition by account_id order by seq) as running from signed where after is not null),
  numbered as (select shard, seq from transfers union all select shard, seq from refusals)
  select 'balance of ' || a.account_id || ' is not the sum of its transfers' as fault
    from accounts a left join signed s using (account_id) group by a.account_id, a.balance_cents having a.balance_cents <> coalesce(sum(s.amount), 0)
  union all select 'accounts sum to ' || sum(balance_cents) from accounts having sum(balance_cents) <> 0
  union all select 'household past its limit: ' || account_id from accounts where kind = 'household' and balance_cents < -overdraft_cents
  union all select 'broken chain at account ' || account_id from chain where after <> running
  union all select 'numbers missing in shard ' || shard from numbered group by shard having count(*) <> max(seq)
  limit 20`;

/** Compares journal, presences, transfers and balances; answers each difference as a sentence, none where the books agree. */
export async function differencesInBooks(
  platform: FaultPlatform,
  mealCents: (badgeNumber: string) => number | null,
): Promise<string[]> {
  const { databases } = platform;
  const rows = async (name: keyof typeof databases, text: string) => (await databases[name].query(text)).rows;
  const { swipeIds, unanswered } = journalSwipes(platform);
  const presences = await rows(
    'attendance',
    'select swipe_id, charge, amount_cents::int as amount, transfer_id, badge_number from presences',
  );
  const setAside = await rows('attendance', 'select swipe_id, reason from set_aside_swipes');
  const meals = await rows(
    'ledger',
    `select transfer_id, amount_cents::int as amount from transfers where kind = 'meal'`,
  );
  const differences = (await rows('ledger', LEDGER_FAULTS)).map(({ fault }) => String(fault));
  if (unanswered > 0) differences.push(`${unanswered} swipes without an answer`);
  differences.push(
    ...countedOnce(
      'swipe',
      swipeIds,
      [...presences, ...setAside].map(({ swipe_id: swipeId }) => String(swipeId)),
    ),
  );
  const debited = presences.filter(({ charge }) => charge === 'debited');
  differences.push(
    ...countedOnce(
      'debited presence',
      debited.map(({ transfer_id: id }) => String(id)),
      meals.map(({ transfer_id: id }) => String(id)),
    ),
  );
  const amounts = new Map(meals.map(({ transfer_id: id, amount }) => [String(id), Number(amount)]));
  for (const presence of debited) {
    if (amounts.get(String(presence.transfer_id)) !== presence.amount)
      differences.push(`amount of ${presence.transfer_id} differs`);
  }
  for (const { charge, amount, badge_number: badge } of presences) {
    const price = mealCents(String(badge));
    if (price !== null && charge !== 'over_limit' && amount !== price)
      differences.push(`a meal of ${amount} instead of ${price}`);
  }
  return differences;
}

/** Says which of the first list is not exactly once in the second, and what the second has beyond. */
function countedOnce(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const id of found) counts.set(id, (counts.get(id) ?? 0) + 1);
  const wrong = expected
    .filter((id) => counts.get(id) !== 1)
    .map((id) => `${what} ${id} is there ${counts.get(id) ?? 0} times`);
  const known = new Set(expected);
  const beyond = [...counts.keys()].filter((id) => !known.has(id)).map((id) => `${what} ${id} is in no journal`);
  const repeated = expected.length === known.size ? [] : [`${what}: ${expected.length - known.size} ids twice`];
  return [...wrong, ...beyond, ...repeated].slice(0, 20);
}
