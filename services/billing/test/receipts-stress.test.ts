import { randomUUID } from 'node:crypto';
import { openFieldCipher } from '@campanella/field-encryption';
import { callUnary } from '@campanella/service-kit';
import { eventually, type RunningPart } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { noticeNumber } from '../src/domain/notice-number.ts';
import { receiptRequest, send } from './node.ts';
import { officeOf } from './office-person.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { CREDITOR, uuid } from './town.ts';

/** `npm run stress:receipts -w @campanella/billing` takes 10,000. */
const ORDERS = Number(process.env['STRESS_RECEIPTS'] ?? 400);
const SEED = Number(process.env['STRESS_SEED'] ?? Date.now() % 2_147_483_647);
const PUPILS = 40;
const AT_ONCE = 16;
/** How often in all somebody is killed: billing, billing, the ledger, and so on. */
const KILLS = Math.max(4, Math.round(ORDERS / 250));
const RETRY_MS = 50;
const TAKEN = new Set(['OK', 'PAA_RECEIPT_DUPLICATA']);

let billing: RunningBilling;
let replicas: { nodeUrl: string; part: RunningPart }[];

beforeAll(async () => {
  billing = await runBilling();
  replicas = [await billing.startReplica(), await billing.startReplica()];
  await callUnary(billing.office, 'putCreditor', { ...CREDITOR, refusesLatePayments: true }, { deadlineMs: 10_000 });
}, 120_000);

afterAll(async () => {
  await billing?.close();
}, 60_000);

type Fate = 'paid' | 'paid_twice' | 'late' | 'cancelled' | 'other_amount' | 'unknown_notice';

interface Order {
  readonly orderId: string;
  readonly pupilId: string;
  readonly noticeNumber: string;
  readonly amountCents: number;
  readonly fate: Fate;
  readonly receiptIds: readonly string[];
}

const euros = (amountCents: number) => (amountCents / 100).toFixed(2);

/** What happens to each order, and in which order its receipts come: all of it from the seed. */
const plan = fc.sample(
  fc.record({
    fate: fc.oneof(
      { weight: 16, arbitrary: fc.constant<Fate>('paid') },
      {
        weight: 4,
        arbitrary: fc.constantFrom<Fate>('paid_twice', 'late', 'cancelled', 'other_amount', 'unknown_notice'),
      },
    ),
    amountCents: fc.integer({ min: 500, max: 20_000 }),
    pupil: fc.nat(PUPILS - 1),
    copies: fc.array(fc.record({ place: fc.nat(), version: fc.constantFrom<1 | 2>(1, 2) }), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
  { numRuns: ORDERS, seed: SEED },
);

const orders: readonly Order[] = plan.map(({ fate, amountCents, pupil }, index) => ({
  ...{ orderId: uuid(1_000_000 + index), pupilId: uuid(5_000 + pupil), amountCents, fate },
  noticeNumber: noticeNumber('47', 1_000_000 + index),
  receiptIds: fate === 'paid_twice' ? [`r${index}a`, `r${index}b`] : [`r${index}`],
}));

/** Every receipt in its copies, out of order. */
const deliveries = plan
  .flatMap(({ copies }, index) => {
    const order = orders[index];
    if (order === undefined) return [];
    return copies.flatMap(({ place, version }) =>
      order.receiptIds.map((receiptId) => ({ order, receiptId, version, place })),
    );
  })
  .sort((one, other) => one.place - other.place);

async function storeOrders(): Promise<void> {
  const cipher = openFieldCipher(billing.fieldKey);
  const known = orders.filter(({ fate }) => fate !== 'unknown_notice');
  const positionIds = known.map(() => randomUUID());
  const sealed = positionIds.map((positionId) =>
    cipher.encrypt(
      JSON.stringify({ codiceFiscale: 'ANONIMO', fullName: 'Zefiro Prova' }),
      `positions.debtor/1/${positionId}`,
    ),
  );
  const column = <Key extends keyof Order>(key: Key) => known.map((order) => order[key]);
  await billing.database.query(
    `insert into top_up_orders (municipality_id, order_id, pupil_id, service, amount_cents, overdraft_cents, ordered_by,
       ordered_at, expires_on, state, cancelled_at)
     select 1, order_id, pupil_id, 'school_meals', amount_cents, 1000, pupil_id, now(), date '2099-01-01',
       case fate when 'cancelled' then 'cancelled' else 'pending' end, case fate when 'cancelled' then now() end
     from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) as given (order_id, pupil_id, amount_cents, fate)`,
    [column('orderId'), column('pupilId'), column('amountCents'), column('fate')],
  );
  await billing.database.query(
    `insert into positions (municipality_id, position_id, notice_number, kind, subject_id, amount_cents, description,
       taxonomy_code, debtor_sealed, due_on, state, state_changed_at, created_at)
     select 1, position_id, notice_number, 'top_up', order_id, amount_cents, 'Ricarica', '9/TEST/', sealed,
       case fate when 'late' then date '2026-11-01' else date '2099-01-01' end,
       case fate when 'cancelled' then 'cancelled' else 'open' end, now(), now()
     from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::text[], $6::text[])
       as given (position_id, notice_number, order_id, amount_cents, sealed, fate)`,
    [positionIds, column('noticeNumber'), column('orderId'), column('amountCents'), sealed, column('fate')],
  );
}

/** As the node does: until there is an answer that it can use, at whichever replica is there. */
async function deliver({ order, receiptId, version }: (typeof deliveries)[number], turn: number): Promise<number> {
  const paidCents = order.fate === 'other_amount' ? order.amountCents - 1 : order.amountCents;
  const body = receiptRequest({ noticeNumber: order.noticeNumber, receiptId, amount: euros(paidCents), version });
  for (let attempt = 0; ; attempt += 1) {
    const { nodeUrl } = replicas[(turn + attempt) % replicas.length] ?? { nodeUrl: billing.nodeUrl };
    const answer = await send(nodeUrl, body).catch(() => null);
    const said: unknown = answer?.status === 200 ? (answer.content.fault?.faultCode ?? answer.content.outcome) : null;
    if (said !== null) {
      expect(TAKEN).toContain(said);
      return attempt;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function kill(turn: number): Promise<void> {
  if (turn % 3 === 2) return billing.killLedger();
  const index = turn % 2;
  await replicas[index]?.part.kill('SIGKILL');
  replicas[index] = await billing.startReplica();
}

test(`${ORDERS} top-ups whose receipts come twice, out of order and through kills are each credited once, to the cent`, async () => {
  process.stdout.write(`receipts under stress: STRESS_SEED=${SEED} STRESS_RECEIPTS=${ORDERS}\n`);
  await storeOrders();
  const startedAt = performance.now();
  let next = 0;
  let repeated = 0;
  let killing: Promise<void> = Promise.resolve();
  let kills = 0;
  const work = async () => {
    for (let turn = next++; turn < deliveries.length; turn = next++) {
      const delivery = deliveries[turn];
      // Not after a pause but after so many receipts: in the middle of the others.
      if (turn > 0 && turn % Math.ceil(deliveries.length / (KILLS + 1)) === 0) {
        const victim = kills++;
        killing = killing.then(() => kill(victim));
      }
      if (delivery !== undefined) repeated += await deliver(delivery, turn);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await killing;
  const deliveredMs = performance.now() - startedAt;

  const isCredited = ({ fate }: Order) => ['paid', 'paid_twice', 'late'].includes(fate);
  const credited = orders.filter(isCredited);
  await eventually(
    async () => {
      const { rows } = await billing.database.query(
        `select count(*)::int as count from top_up_orders where state = 'credited'`,
      );
      return rows[0].count === credited.length;
    },
    { withinMs: 120_000 },
  );
  for (const pupilId of new Set(orders.map((order) => order.pupilId))) {
    const expected = credited
      .filter((order) => order.pupilId === pupilId)
      .reduce((sum, { amountCents }) => sum + amountCents, 0);
    expect({ pupilId, balanceCents: await billing.balanceOf(pupilId) }).toEqual({ pupilId, balanceCents: expected });
  }

  const HANDLING: Record<Fate, readonly string[]> = {
    ...{ paid: ['settled'], paid_twice: ['already_paid', 'settled'], late: ['late'], cancelled: ['cancelled'] },
    ...{ other_amount: ['other_amount'], unknown_notice: ['unknown_notice'] },
  };
  const { rows: found } = await billing.database.query(
    `select notice_number, array_agg(handling order by handling) as handlings from receipts where municipality_id = 1
     group by notice_number`,
  );
  expect(Object.fromEntries(found.map(({ notice_number, handlings }) => [notice_number, handlings]))).toEqual(
    Object.fromEntries(orders.map((order) => [order.noticeNumber, HANDLING[order.fate]])),
  );

  const office = await officeOf(billing);
  const listed: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body }: Awaited<ReturnType<typeof office.get>> = await office.get(
      `office/cases?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    listed.push(
      ...body.cases.map((one: { class: string; noticeNumber: string }) => `${one.noticeNumber} ${one.class}`),
    );
    cursor = body.nextCursor;
  }
  const exceptional = orders.flatMap((order) =>
    HANDLING[order.fate].flatMap((handling) => (handling === 'settled' ? [] : [`${order.noticeNumber} ${handling}`])),
  );
  expect(listed.sort()).toEqual(exceptional.sort());
  const cents = credited.reduce((sum, { amountCents }) => sum + amountCents, 0);
  process.stdout.write(
    `${orders.length} orders, ${deliveries.length} receipts sent, ${repeated} sent again for want of an answer, ${kills} kills, ${Math.round(deliveredMs)} ms; ${credited.length} credited, ${euros(cents)} euros; ${exceptional.length} cases of the office\n`,
  );
}, 1_200_000);
