import type { FieldCipher } from '@campanella/field-encryption';
import type { Database, Queryable } from '@campanella/postgres';
import { cents, type MunicipalityId, serviceDate } from '@campanella/vocabulary';
import { z } from 'zod';
import type { LockedPosition, PositionStore } from '../app/ports.ts';
import { type NoticeNumber, noticeNumber, parseNoticeNumber } from '../domain/notice-number.ts';
import type { Position } from '../domain/position.ts';

const Debtor = z.object({ codiceFiscale: z.string(), fullName: z.string() });

interface PositionRow {
  readonly position_id: string;
  readonly notice_number: string;
  readonly kind: Position['kind'];
  readonly subject_id: string;
  readonly amount_cents: number;
  readonly description: string;
  readonly taxonomy_code: string;
  readonly debtor_sealed: string;
  readonly due_on: string;
  readonly state: Position['state'];
  readonly cart_id: string | null;
  readonly cart_until: Date | null;
}

const COLUMNS = `position_id, notice_number, kind, subject_id, amount_cents, description, taxonomy_code, debtor_sealed,
  due_on, state, cart_id, cart_until`;

/** Positions in PostgreSQL; the debtor is sealed on the way in and opened on the way out. */
export function positionStore(database: Database, cipher: FieldCipher): PositionStore {
  const contextOf = (municipalityId: MunicipalityId, positionId: string) =>
    `positions.debtor/${municipalityId}/${positionId}`;
  const toPosition = (municipalityId: MunicipalityId, row: PositionRow): LockedPosition => ({
    positionId: row.position_id,
    noticeNumber: known(parseNoticeNumber(row.notice_number)),
    kind: row.kind,
    subjectId: row.subject_id,
    amountCents: cents(row.amount_cents),
    description: row.description,
    taxonomyCode: row.taxonomy_code,
    debtor: Debtor.parse(JSON.parse(cipher.decrypt(row.debtor_sealed, contextOf(municipalityId, row.position_id)))),
    dueOn: serviceDate(row.due_on),
    state: row.state,
    cartId: row.cart_id,
    cartUntil: row.cart_until,
  });
  const findByNotice = async (from: Queryable, municipalityId: MunicipalityId, notice: string, lock: boolean) => {
    const { rows } = await from.query<PositionRow>({
      name: lock ? 'lock_position' : 'find_position',
      text: `select ${COLUMNS} from positions where municipality_id = $1 and notice_number = $2 ${lock ? 'for update' : ''}`,
      values: [municipalityId, notice],
    });
    return rows[0] === undefined ? null : toPosition(municipalityId, rows[0]);
  };
  const insertMany: PositionStore['insertMany'] = async (tx, municipalityId, positions, now) => {
    await tx.query({
      name: 'insert_positions',
      text: `insert into positions (municipality_id, position_id, notice_number, kind, subject_id, amount_cents,
               description, taxonomy_code, debtor_sealed, due_on, state, state_changed_at, created_at)
             select $1, position_id, notice_number, kind, subject_id, amount_cents, description, taxonomy_code,
               debtor_sealed, due_on, state, $12, $12
             from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[],
                 $10::date[], $11::text[])
               given (position_id, notice_number, kind, subject_id, amount_cents, description, taxonomy_code,
                 debtor_sealed, due_on, state)`,
      values: [
        ...[municipalityId, positions.map((one) => one.positionId), positions.map((one) => one.noticeNumber)],
        ...[positions.map(({ kind }) => kind), positions.map((one) => one.subjectId)],
        ...[positions.map((one) => one.amountCents), positions.map((one) => one.description)],
        positions.map((one) => one.taxonomyCode),
        positions.map(({ debtor, positionId }) =>
          cipher.encrypt(JSON.stringify(debtor), contextOf(municipalityId, positionId)),
        ),
        ...[positions.map(({ dueOn }) => dueOn), positions.map(({ state }) => state), now],
      ],
    });
  };
  return {
    async takeNoticeNumber(tx, municipalityId) {
      const [taken] = await takeNoticeNumbers(tx, municipalityId, 1);
      return taken ?? null;
    },
    takeNoticeNumbers,
    insert: (tx, municipalityId, position, now) => insertMany(tx, municipalityId, [position], now),
    insertMany,
    async setAmount(tx, municipalityId, positionId, amountCents, now) {
      await tx.query({
        name: 'set_position_amount',
        text: `update positions set amount_cents = $3, state_changed_at = $4
               where municipality_id = $1 and position_id = $2 and state = 'open'`,
        values: [municipalityId, positionId, amountCents, now],
      });
    },
    find: (municipalityId, notice) => findByNotice(database, municipalityId, notice, false),
    lockByNotice: (tx, municipalityId, notice) => findByNotice(tx, municipalityId, notice, true),
    async lockBySubjects(tx, municipalityId, subjectIds) {
      const { rows } = await tx.query<PositionRow>({
        name: 'lock_positions_of_subjects',
        text: `select ${COLUMNS} from positions where municipality_id = $1 and subject_id = any($2)
                 and kind = any('{top_up,instalment}') order by position_id for update`,
        values: [municipalityId, subjectIds],
      });
      return rows.map((row) => toPosition(municipalityId, row));
    },
    async setState(tx, municipalityId, positionId, state, now) {
      await tx.query({
        name: 'set_position_state',
        text: `update positions set state = $3, state_changed_at = $4 where municipality_id = $1 and position_id = $2`,
        values: [municipalityId, positionId, state, now],
      });
    },
    async setCart(tx, municipalityId, positionIds, cart) {
      await tx.query({
        name: 'set_cart',
        text: `update positions set cart_id = $3, cart_until = $4 where municipality_id = $1 and position_id = any($2)`,
        values: [municipalityId, positionIds, cart?.cartId ?? null, cart?.until ?? null],
      });
    },
    async endCart(municipalityId, pupilIds, cartId) {
      await database.query({
        name: 'end_cart',
        text: `update positions set cart_id = null, cart_until = null
               where municipality_id = $1 and cart_id = $2 and (exists (
                 select from top_up_orders where top_up_orders.municipality_id = positions.municipality_id
                   and order_id = subject_id and pupil_id = any($3)) or exists (
                 select from instalments join documents using (municipality_id, document_id)
                   where instalments.municipality_id = positions.municipality_id
                     and instalment_id = subject_id and pupil_id = any($3)))`,
        values: [municipalityId, cartId, pupilIds],
      });
    },
  };
}

async function takeNoticeNumbers(
  tx: Queryable,
  municipalityId: MunicipalityId,
  count: number,
): Promise<readonly NoticeNumber[]> {
  const { rows } = await tx.query<{ segregation_code: string; last_notice_base: number }>({
    name: 'take_notice_numbers',
    text: `update creditors set last_notice_base = last_notice_base + $2 where municipality_id = $1
           returning segregation_code, last_notice_base`,
    values: [municipalityId, count],
  });
  const [row] = rows;
  if (row === undefined) return [];
  const { segregation_code: code, last_notice_base: last } = row;
  return Array.from({ length: count }, (_, index) => noticeNumber(code, last - count + 1 + index));
}

function known<Value>(value: Value | null): Value {
  if (value === null) throw new Error('positions.notice_number holds what is no notice number');
  return value;
}
