import type { Database, Queryable } from '@campanella/postgres';
import {
  cents,
  id,
  type MunicipalityId,
  numberId,
  type PupilId,
  serviceCode,
  serviceDate,
} from '@campanella/vocabulary';
import type { OrderStore, PaidOrder } from '../app/ports.ts';
import { parseNoticeNumber } from '../domain/notice-number.ts';
import type { OrderState, TopUpOrder } from '../domain/top-up.ts';

interface OrderRow {
  readonly order_id: string;
  readonly pupil_id: string;
  readonly service: string;
  readonly badge_number: string | null;
  readonly amount_cents: number;
  readonly ordered_at: Date;
  readonly expires_on: string;
  readonly state: OrderState;
  readonly paid_at: Date | null;
  readonly credited_at: Date | null;
  readonly notice_number: string;
  readonly cart_until: Date | null;
}

const SELECT = `select order_id, pupil_id, service, badge_number, top_up_orders.amount_cents, ordered_at, expires_on,
    top_up_orders.state, paid_at, credited_at, notice_number, cart_until
  from top_up_orders join positions on positions.municipality_id = top_up_orders.municipality_id
    and kind = 'top_up' and subject_id = order_id`;

/** Top-up orders in PostgreSQL. */
export function orderStore(database: Database): OrderStore {
  return {
    async lockPupil(tx, municipalityId, pupilId) {
      await tx.query({
        name: 'lock_pupil',
        text: `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
        values: [`top_up_orders/${municipalityId}/${pupilId}`],
      });
    },
    async findPayment(municipalityId, pupilIds, orderId) {
      const { rows } = await database.query<{
        notice_number: string;
        receipt_id: string;
        paid_cents: number;
        paid_at: Date;
        psp_name: string;
      }>({
        name: 'find_payment_of_order',
        text: `select positions.notice_number, receipt_id, paid_cents, receipts.paid_at, psp_name
               from top_up_orders join positions on positions.municipality_id = top_up_orders.municipality_id
                   and kind = 'top_up' and subject_id = order_id
                 join receipts on receipts.municipality_id = positions.municipality_id
                   and receipts.position_id = positions.position_id and handling = 'settled'
               where top_up_orders.municipality_id = $1 and pupil_id = any($2) and order_id = $3`,
        values: [municipalityId, pupilIds, orderId],
      });
      const [row] = rows;
      const noticeNumber = parseNoticeNumber(row?.notice_number ?? '');
      if (row === undefined || noticeNumber === null) return null;
      const { receipt_id: receiptId, paid_at: paidAt, psp_name: pspName } = row;
      return { noticeNumber, receiptId, paidCents: cents(row.paid_cents), paidAt, pspName };
    },
    async countPending(tx, municipalityId, pupilId, today) {
      const { rows } = await tx.query<{ count: number }>({
        name: 'count_pending',
        text: `select count(*)::int as count from top_up_orders
               where municipality_id = $1 and pupil_id = $2 and state = 'pending' and expires_on >= $3`,
        values: [municipalityId, pupilId, today],
      });
      return rows[0]?.count ?? 0;
    },
    async insert(tx, order, now) {
      const { rowCount } = await tx.query({
        name: 'insert_order',
        text: `insert into top_up_orders (municipality_id, order_id, pupil_id, service, badge_number, amount_cents,
                 overdraft_cents, ordered_by, ordered_at, expires_on, state)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending')
               on conflict (municipality_id, order_id) do nothing`,
        values: [
          ...[order.municipalityId, order.orderId, order.pupilId, order.service, order.badgeNumber],
          ...[order.amountCents, order.overdraftCents, order.orderedBy, now, order.expiresOn],
        ],
      });
      return rowCount === 1;
    },
    async find(municipalityId, pupilIds, orderId, tx) {
      const from: Queryable = tx ?? database;
      const { rows } = await from.query<OrderRow>({
        name: 'find_order',
        text: `${SELECT} where top_up_orders.municipality_id = $1 and order_id = $2 and pupil_id = any($3)`,
        values: [municipalityId, orderId, pupilIds],
      });
      return rows[0] === undefined ? null : toOrder(rows[0]);
    },
    async list(municipalityId, pupilIds, after, limit) {
      const { rows } = await database.query<OrderRow>({
        name: 'list_orders',
        text: `${SELECT} where top_up_orders.municipality_id = $1 and pupil_id = any($2)
                 and ($3::timestamptz is null or (ordered_at, order_id) < ($3, $4::uuid))
               order by ordered_at desc, order_id desc limit $5`,
        values: [municipalityId, pupilIds, after?.orderedAt ?? null, after?.orderId ?? null, limit],
      });
      return rows.map(toOrder);
    },
    async cancel(tx, municipalityId, orderId, now) {
      await tx.query({
        name: 'cancel_order',
        text: `update top_up_orders set state = 'cancelled', cancelled_at = $3
               where municipality_id = $1 and order_id = $2 and state = 'pending'`,
        values: [municipalityId, orderId, now],
      });
    },
    async markPaid(tx, municipalityId, orderId, paidAt) {
      await tx.query({
        name: 'mark_paid',
        text: `update top_up_orders set state = 'paid', paid_at = $3
               where municipality_id = $1 and order_id = $2 and state in ('pending', 'cancelled')`,
        values: [municipalityId, orderId, paidAt],
      });
    },
    async listPaid(limit) {
      const { rows } = await database.query<PaidRow>({
        name: 'list_paid',
        text: `select municipality_id, order_id, pupil_id, service, amount_cents, overdraft_cents, paid_at
               from top_up_orders where state = 'paid' order by paid_at limit $1`,
        values: [limit],
      });
      return rows.map(toPaid);
    },
    async markCredited(tx, municipalityId, orderId, now) {
      const { rowCount } = await tx.query({
        name: 'mark_credited',
        text: `update top_up_orders set state = 'credited', credited_at = $3
               where municipality_id = $1 and order_id = $2 and state = 'paid'`,
        values: [municipalityId, orderId, now],
      });
      return rowCount === 1;
    },
  };
}

interface PaidRow {
  readonly municipality_id: number;
  readonly order_id: string;
  readonly pupil_id: string;
  readonly service: string;
  readonly amount_cents: number;
  readonly overdraft_cents: number;
  readonly paid_at: Date;
}

function toPaid(row: PaidRow): PaidOrder {
  return {
    municipalityId: numberId<MunicipalityId>(row.municipality_id),
    orderId: row.order_id,
    pupilId: id<PupilId>(row.pupil_id),
    service: serviceCode(row.service),
    amountCents: cents(row.amount_cents),
    overdraftCents: cents(row.overdraft_cents),
    paidAt: row.paid_at,
  };
}

function toOrder(row: OrderRow): TopUpOrder {
  return {
    orderId: row.order_id,
    pupilId: row.pupil_id,
    service: serviceCode(row.service),
    badgeNumber: row.badge_number,
    amountCents: cents(row.amount_cents),
    orderedAt: row.ordered_at,
    expiresOn: serviceDate(row.expires_on),
    state: row.state,
    paidAt: row.paid_at,
    creditedAt: row.credited_at,
    noticeNumber: row.notice_number,
    cartUntil: row.cart_until,
  };
}
