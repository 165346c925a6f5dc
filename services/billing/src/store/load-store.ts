import type { Database } from '@campanella/postgres';
import { cents, type MunicipalityId, numberId, serviceDate } from '@campanella/vocabulary';
import type { LoadStore } from '../app/load-positions.ts';
import type { PositionStore } from '../app/ports.ts';
import { parseNoticeNumber } from '../domain/notice-number.ts';
import type { Position } from '../domain/position.ts';

interface LoadRow {
  readonly municipality_id: number;
  readonly load: number;
  readonly attempts: number;
  readonly notice_number: string;
  readonly amount_cents: number;
  readonly due_on: string;
  readonly state: Position['state'];
}

/** A backlog is counted as far as this: it is long by then. */
const COUNTED_MAX = 10_000;

/** Changes of positions in PostgreSQL; what does not change comes from the position itself. */
export function loadStore(database: Database, positions: Pick<PositionStore, 'find'>): LoadStore {
  return {
    async take(now, heldUntil) {
      const { rows } = await database.query<LoadRow>({
        name: 'take_position_load',
        text: `update position_loads taken set next_at = $2, attempts = attempts + 1
               from (
                 select municipality_id, load from position_loads due
                 where next_at <= $1 and not exists (
                   select from position_loads earlier where earlier.municipality_id = due.municipality_id
                     and earlier.position_id = due.position_id and earlier.load < due.load)
                 order by next_at, load limit 1 for update skip locked
               ) first, positions
               where taken.municipality_id = first.municipality_id and taken.load = first.load
                 and positions.municipality_id = taken.municipality_id and positions.position_id = taken.position_id
               returning taken.municipality_id, taken.load, taken.attempts, notice_number, taken.amount_cents,
                 taken.due_on, taken.state`,
        values: [now, heldUntil],
      });
      const [row] = rows;
      if (row === undefined) return null;
      const municipalityId = numberId<MunicipalityId>(row.municipality_id);
      const noticeNumber = parseNoticeNumber(row.notice_number);
      const position = noticeNumber === null ? null : await positions.find(municipalityId, noticeNumber);
      if (position === null) throw new Error('a change has no position');
      const { amount_cents: amountCents, due_on: dueOn, state, load, attempts } = row;
      return {
        ...{ municipalityId, load, attempts },
        position: { ...position, amountCents: cents(amountCents), dueOn: serviceDate(dueOn), state },
      };
    },
    async done({ municipalityId, load }) {
      await database.query({
        name: 'delete_position_load',
        text: `delete from position_loads where municipality_id = $1 and load = $2`,
        values: [municipalityId, load],
      });
    },
    async putBack({ municipalityId, load }, nextAt) {
      await database.query({
        name: 'put_back_position_load',
        text: `update position_loads set next_at = $3 where municipality_id = $1 and load = $2`,
        values: [municipalityId, load, nextAt],
      });
    },
    async backlog() {
      const { rows } = await database.query<{ count: number; oldest_at: Date | null }>({
        name: 'position_loads_backlog',
        text: `select count(*)::int as count, min(appended_at) as oldest_at
               from (select appended_at from position_loads order by appended_at limit ${COUNTED_MAX}) oldest`,
      });
      return { count: rows[0]?.count ?? 0, oldestAt: rows[0]?.oldest_at ?? null };
    },
  };
}
