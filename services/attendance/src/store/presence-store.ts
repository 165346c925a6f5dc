import type { Queryable, Transaction } from '@campanella/postgres';
import { id, type SwipeId } from '@campanella/vocabulary';
import type { KnownSwipe, KnownSwipeQuery, Presence, PresenceStore, SetAsideSwipe } from '../app/ports.ts';
import type { Charge, SetAsideReason } from '../domain/swipe.ts';

/** Most characters kept of each field of a set-aside swipe, which may hold anything. */
const RAW_FIELD_MAX = 200;

interface KnownRow {
  readonly position: number;
  readonly source: 'swipe' | 'set_aside' | 'day';
  readonly answer: string;
  readonly swipe_id: string | null;
  readonly badge_number: string | null;
  readonly occurred_at_ms: number | null;
  readonly service_date: string | null;
  readonly service: string | null;
  readonly fingerprint: string | null;
}

/** Presences and set-aside swipes in PostgreSQL; see the interface for what each promises. */
export function presenceStore(database: Queryable): PresenceStore {
  return {
    async findKnown(queries, tx) {
      const { rows } = await (tx ?? database).query<KnownRow>(knownStatement(queries));
      const known = new Map<number, { -readonly [Key in keyof KnownSwipe]: KnownSwipe[Key] }>();
      for (const row of rows) {
        // SQL counts positions from one.
        const entry = known.get(row.position - 1) ?? { presence: null, setAside: [], mealOfDay: null };
        known.set(row.position - 1, addRow(entry, row));
      }
      return known;
    },
    async insertPresences(tx, presences) {
      const { rows } = await tx.query<{ municipality_id: number; swipe_id: string }>(insertStatement(presences));
      return new Set(rows.map((row) => `${row.municipality_id}/${row.swipe_id}`));
    },
    async markDebited(tx, presence) {
      const { rowCount } = await tx.query({
        name: 'mark_debited',
        text: `update presences set charge = 'debited', amount_cents = $5, transfer_id = $6
               where municipality_id = $1 and pupil_id = $2 and service = $3 and service_date = $4 and charge <> 'debited'`,
        values: [
          presence.municipalityId,
          presence.pupilId,
          presence.service,
          presence.serviceDate,
          presence.amountCents,
          presence.transferId,
        ],
      });
      return rowCount > 0;
    },
    insertSetAside,
  };
}

function addRow(entry: KnownSwipe, row: KnownRow): KnownSwipe {
  switch (row.source) {
    case 'swipe':
      return {
        ...entry,
        presence: {
          charge: row.answer as Charge,
          raw: {
            swipeId: row.swipe_id ?? '',
            badgeNumber: row.badge_number ?? '',
            occurredAtMs: row.occurred_at_ms ?? 0,
            serviceDate: row.service_date ?? '',
            service: row.service ?? '',
          },
        },
      };
    case 'set_aside':
      return {
        ...entry,
        setAside: [...entry.setAside, { fingerprint: row.fingerprint ?? '', reason: row.answer as SetAsideReason }],
      };
    case 'day':
      return { ...entry, mealOfDay: { swipeId: id<SwipeId>(row.swipe_id ?? ''), charge: row.answer as Charge } };
  }
}

function knownStatement(queries: readonly KnownSwipeQuery[]) {
  const meals = queries.flatMap((query, index) => (query.meal === null ? [] : [{ query, meal: query.meal, index }]));
  return {
    name: 'known_swipes',
    text: `select position, source, answer, swipe_id, badge_number, occurred_at_ms, service_date, service, fingerprint
           from known_swipes($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      queries.map((query) => query.municipalityId),
      queries.map((query) => query.swipeId),
      meals.map(({ index }) => index + 1),
      meals.map(({ query }) => query.municipalityId),
      meals.map(({ meal }) => meal.pupilId),
      meals.map(({ meal }) => meal.service),
      meals.map(({ meal }) => meal.serviceDate),
    ],
  };
}

function insertStatement(presences: readonly Presence[]) {
  // In key order, so that two replicas that store the same pupils wait for each other instead of deadlocking.
  const ordered = [...presences].sort(byKey);
  return {
    name: 'insert_presences',
    text: `insert into presences (municipality_id, pupil_id, service, service_date, swipe_id, terminal_id, school_id,
             badge_number, occurred_at, charge, amount_cents, transfer_id)
           select m, pupil, service, day, swipe, terminal, school, badge, to_timestamp(occurred / 1000.0), charge, amount, transfer
           from unnest($1::bigint[], $2::uuid[], $3::text[], $4::date[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[],
             $9::bigint[], $10::text[], $11::bigint[], $12::uuid[])
             as u(m, pupil, service, day, swipe, terminal, school, badge, occurred, charge, amount, transfer)
           on conflict do nothing
           returning municipality_id, swipe_id`,
    values: [
      ordered.map((one) => one.municipalityId),
      ordered.map((one) => one.pupilId),
      ordered.map((one) => one.service),
      ordered.map((one) => one.serviceDate),
      ordered.map((one) => one.swipeId),
      ordered.map((one) => one.terminalId),
      ordered.map((one) => one.schoolId),
      ordered.map((one) => one.badgeNumber),
      ordered.map((one) => one.occurredAtMs),
      ordered.map((one) => one.charge),
      ordered.map((one) => one.amountCents),
      ordered.map((one) => one.transferId),
    ],
  };
}

function byKey(one: Presence, other: Presence): number {
  if (one.municipalityId !== other.municipalityId) return one.municipalityId - other.municipalityId;
  if (one.pupilId !== other.pupilId) return one.pupilId < other.pupilId ? -1 : 1;
  if (one.serviceDate !== other.serviceDate) return one.serviceDate < other.serviceDate ? -1 : 1;
  return 0;
}

async function insertSetAside(tx: Transaction, swipes: readonly SetAsideSwipe[]): Promise<void> {
  const ordered = [...swipes].sort((one, other) => (one.raw.swipeId < other.raw.swipeId ? -1 : 1));
  await tx.query({
    name: 'insert_set_aside',
    text: `insert into set_aside_swipes (municipality_id, swipe_id, fingerprint, reason, terminal_id, school_id, badge_number,
             occurred_at_ms, service_date, service)
           select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::bigint[],
             $9::text[], $10::text[])
           on conflict do nothing`,
    values: [
      ordered.map((one) => one.terminal.municipalityId),
      ordered.map((one) => keepable(one.raw.swipeId)),
      ordered.map((one) => keepable(one.fingerprint)),
      ordered.map((one) => one.reason),
      ordered.map((one) => one.terminal.terminalId),
      ordered.map((one) => one.terminal.schoolId),
      ordered.map((one) => keepable(one.raw.badgeNumber)),
      ordered.map((one) => (Number.isSafeInteger(one.raw.occurredAtMs) ? one.raw.occurredAtMs : 0)),
      ordered.map((one) => keepable(one.raw.serviceDate)),
      ordered.map((one) => keepable(one.raw.service)),
    ],
  });
}

/** PostgreSQL's text takes no NUL; the rest is kept as it came, up to a bound. */
function keepable(text: string): string {
  return text.slice(0, RAW_FIELD_MAX).replaceAll('\0', '\uFFFD').toWellFormed();
}
