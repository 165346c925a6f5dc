import { randomUUID } from 'node:crypto';
import { PaymentReceived, TopUpCredited } from '@campanella/proto/events/v1/events';
import { eventually } from '@campanella/testkit';
import { id, type PupilId } from '@campanella/vocabulary';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import { type Guardian, guardianOf } from './guardian.ts';
import { receiptRequest, send, verifyRequest } from './node.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { CREDITOR_CODE, PUPIL } from './town.ts';

let billing: RunningBilling;
let guardian: Guardian;

beforeAll(async () => {
  billing = await runBilling();
  guardian = await guardianOf(billing);
}, 120_000);

afterAll(async () => {
  await billing?.close();
}, 60_000);

beforeEach(() => {
  billing.checkout.status = 302;
});

const until = (isSo: () => Promise<boolean>) => eventually(isSo, { withinMs: 10_000 });
const stateOf = async (orderId: string) => (await guardian.get(`top-ups/${orderId}`)).body.state;
const receiptOf = (noticeNumber: string, more: Partial<Parameters<typeof receiptRequest>[0]> = {}) =>
  receiptRequest({ noticeNumber, receiptId: randomUUID(), amount: '20.00', ...more });
const handlings = async (noticeNumber: string) => {
  const { rows } = await billing.database.query(
    'select handling from receipts where notice_number = $1 order by received_at',
    [noticeNumber],
  );
  return rows.map(({ handling }) => handling);
};
/** Ends the pending orders of the other tests: their number is bounded. */
const clear = async () => {
  const { body } = await guardian.get('top-ups?limit=100');
  for (const { orderId, state } of body.topUps) {
    if (state === 'pending') await guardian.post(`top-ups/${orderId}/cancellation`);
  }
};

beforeEach(clear);

test('a top-up waits for its payment, and a receipt puts it on the account once', async () => {
  const before = await billing.balanceOf(PUPIL.first);
  const { body: order } = await guardian.order({ badgeNumber: '0100CDA4EC' });
  expect(order).toMatchObject({ state: 'pending', amountCents: 2_000, badgeNumber: '0100CDA4EC', paidAt: null });
  expect(order.noticeNumber).toMatch(/^347\d{15}$/);
  expect(await billing.balanceOf(PUPIL.first)).toBe(before);
  const answer = await send(billing.nodeUrl, receiptOf(order.noticeNumber));
  expect(answer.content).toEqual({ outcome: 'OK' });
  await until(async () => (await stateOf(order.orderId)) === 'credited');
  expect(await billing.balanceOf(PUPIL.first)).toBe(before + 2_000);
  // The receipt's day in Rome discharges the debt, whenever it came.
  expect((await guardian.get(`top-ups/${order.orderId}`)).body.paidAt).toBe('2026-11-23T11:30:00.000Z');
});

test('the same receipt fifty times at once, at two replicas, in both versions, is credited once', async () => {
  const before = await billing.balanceOf(PUPIL.first);
  const { body: order } = await guardian.order();
  const second = await billing.startReplica();
  const receiptId = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      send(
        index % 2 === 0 ? billing.nodeUrl : second.nodeUrl,
        receiptOf(order.noticeNumber, { receiptId, version: index % 3 === 0 ? 1 : 2 }),
      ),
    ),
  );
  expect(answers.filter(({ content }) => content.outcome === 'OK')).toHaveLength(1);
  const others = answers.filter(({ content }) => content.outcome !== 'OK');
  expect(new Set(others.map(({ content }) => content.fault.faultCode))).toEqual(new Set(['PAA_RECEIPT_DUPLICATA']));
  await until(async () => (await stateOf(order.orderId)) === 'credited');
  expect(await billing.balanceOf(PUPIL.first)).toBe(before + 2_000);
  await second.part.kill('SIGTERM');
}, 60_000);

test('a replica killed between receipt and credit leaves the credit to another, and nothing is credited twice', async () => {
  const before = await billing.balanceOf(PUPIL.first);
  const { body: order } = await guardian.order();
  const second = await billing.startReplica();
  const answered = send(second.nodeUrl, receiptOf(order.noticeNumber)).catch(() => null);
  await until(async () => (await handlings(order.noticeNumber)).length === 1);
  await second.part.kill('SIGKILL');
  await answered;
  await until(async () => (await stateOf(order.orderId)) === 'credited');
  expect(await billing.balanceOf(PUPIL.first)).toBe(before + 2_000);
}, 60_000);

test('a second payment, one of a cancelled order, one of another amount and one of an unknown notice are kept for the office and answered OK', async () => {
  const before = await billing.balanceOf(PUPIL.first);
  const { body: paid } = await guardian.order();
  await send(billing.nodeUrl, receiptOf(paid.noticeNumber));
  expect((await send(billing.nodeUrl, receiptOf(paid.noticeNumber))).content).toEqual({ outcome: 'OK' });
  expect(await handlings(paid.noticeNumber)).toEqual(['settled', 'already_paid']);

  const { body: cancelled } = await guardian.order();
  await guardian.post(`top-ups/${cancelled.orderId}/cancellation`);
  expect((await send(billing.nodeUrl, receiptOf(cancelled.noticeNumber))).content).toEqual({ outcome: 'OK' });
  expect(await handlings(cancelled.noticeNumber)).toEqual(['cancelled']);

  const { body: other } = await guardian.order();
  const little = receiptOf(other.noticeNumber, { amount: '19.99' });
  expect((await send(billing.nodeUrl, little)).content).toEqual({ outcome: 'OK' });
  expect(await handlings(other.noticeNumber)).toEqual(['other_amount']);

  const unknown = '301000000000000144';
  expect((await send(billing.nodeUrl, receiptOf(unknown))).content).toEqual({ outcome: 'OK' });
  expect(await handlings(unknown)).toEqual(['unknown_notice']);

  await until(async () => (await stateOf(paid.orderId)) === 'credited');
  expect(await billing.balanceOf(PUPIL.first)).toBe(before + 2_000);
});

test('of a payment shared with another creditor only our part counts', async () => {
  const { body: order } = await guardian.order();
  const shared = receiptOf(order.noticeNumber, {
    more: { fiscalCodePA: '77777777777', amount: '5.00' },
    total: '25.00',
  });
  expect((await send(billing.nodeUrl, shared)).content).toEqual({ outcome: 'OK' });
  expect(await handlings(order.noticeNumber)).toEqual(['settled']);
});

test('the same order again gets the same answer; its id for anything else is refused, also for somebody else', async () => {
  const orderId = randomUUID();
  const first = await guardian.order({ orderId });
  const [again, atOnce] = await Promise.all([guardian.order({ orderId }), guardian.order({ orderId })]);
  expect(again).toEqual(first);
  expect(atOnce).toEqual(first);
  expect(await guardian.order({ orderId, amountCents: 2_100 })).toMatchObject({
    status: 409,
    body: { kind: 'order_differs' },
  });
  expect(await guardian.order({ orderId, pupilId: PUPIL.second })).toMatchObject({
    status: 409,
    body: { kind: 'order_differs' },
  });
});

test('twenty orders at once have twenty notice numbers', async () => {
  const orders = await Promise.all(
    Array.from({ length: 20 }, (_, index) => guardian.order({ pupilId: index % 2 === 0 ? PUPIL.first : PUPIL.second })),
  );
  expect(orders.map(({ status }) => status)).toEqual(orders.map(() => 200));
  expect(new Set(orders.map(({ body }) => body.noticeNumber)).size).toBe(20);
});

test.each([
  [{ amountCents: 400 }, 422, 'below_minimum', 'L’importo minimo di una ricarica è 5,00 €'],
  [{ amountCents: 20_100 }, 422, 'above_maximum', 'L’importo massimo di una ricarica è 200,00 €'],
  [{ amountCents: 550 }, 422, 'off_step', 'L’importo deve essere un multiplo di 1,00 €'],
  [{ amountCents: 5.5 }, 422, 'malformed', ''],
  [{ amountCents: '500' }, 422, 'malformed', ''],
  [{ orderId: 'x' }, 422, 'malformed', ''],
  [{ more: 1 }, 422, 'malformed', ''],
  [{ service: 'transport' }, 409, 'not_offered', ''],
  [{ pupilId: PUPIL.invoiced }, 409, 'not_prepaid', ''],
])('an order with %j is refused with %i %s', async (order, status, kind, title) => {
  const answer = await guardian.order(order);
  expect(answer).toMatchObject({ status, body: { kind } });
  if (title !== '') expect(answer.body.title).toBe(title);
});

test("somebody else's pupil or order, and one that is not there, get the same answer", async () => {
  const stranger = await guardianOf(billing, [PUPIL.stranger]);
  const { body: order } = await guardian.order();
  const nowhere = randomUUID();
  const pairs = await Promise.all(
    [
      [stranger.order({ pupilId: PUPIL.first }), stranger.order({ pupilId: nowhere })],
      [stranger.order({ pupilId: PUPIL.first, amountCents: 1 }), stranger.order({ pupilId: nowhere, amountCents: 1 })],
      [stranger.order({ pupilId: PUPIL.first, orderId: 'x' }), stranger.order({ pupilId: nowhere, orderId: 'x' })],
      [stranger.get(`top-ups/${order.orderId}`), stranger.get(`top-ups/${nowhere}`)],
      [stranger.post(`top-ups/${order.orderId}/cancellation`), stranger.post(`top-ups/${nowhere}/cancellation`)],
      [
        stranger.post('carts', { cartId: randomUUID(), orderIds: [order.orderId] }),
        stranger.post('carts', { cartId: randomUUID(), orderIds: [nowhere] }),
      ],
    ].map((pair) => Promise.all(pair)),
  );
  for (const [theirs, nobodys] of pairs) {
    expect(theirs).toEqual(nobodys);
    expect(theirs?.status).toBe(404);
  }
  expect((await stranger.get('top-ups')).body.topUps).toEqual([]);
  expect(await stateOf(order.orderId)).toBe('pending');
});

test('a list goes on where its page ended and holds every order once', async () => {
  await Promise.all(Array.from({ length: 5 }, () => guardian.order()));
  const whole = (await guardian.get('top-ups?limit=100')).body.topUps;
  const paged = [];
  let cursor = '';
  do {
    const { body } = await guardian.get(`top-ups?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    paged.push(...body.topUps);
    cursor = body.nextCursor ?? '';
  } while (cursor !== '');
  expect(paged).toEqual(whole);
  expect((await guardian.get('top-ups?cursor=x')).status).toBe(422);
  expect((await guardian.get('top-ups?limit=0')).status).toBe(422);
});

test('a cancelled order is refused by pagoPA, and cancelling again changes nothing', async () => {
  const { body: order } = await guardian.order();
  const cancelled = await guardian.post(`top-ups/${order.orderId}/cancellation`);
  expect(cancelled).toMatchObject({ status: 200, body: { state: 'cancelled' } });
  expect(await guardian.post(`top-ups/${order.orderId}/cancellation`)).toEqual(cancelled);
  const answer = await send(billing.nodeUrl, verifyRequest({ noticeNumber: order.noticeNumber }));
  expect(answer.content.fault.faultCode).toBe('PAA_PAGAMENTO_ANNULLATO');
  const { body: paid } = await guardian.order();
  await send(billing.nodeUrl, receiptOf(paid.noticeNumber));
  expect(await guardian.post(`top-ups/${paid.orderId}/cancellation`)).toMatchObject({
    status: 409,
    body: { kind: 'paid' },
  });
});

test('a cart takes up to five notices, and what is in it is in verification until the guardian is back or the money is', async () => {
  const orders = await Promise.all(Array.from({ length: 6 }, () => guardian.order()));
  const orderIds = orders.map(({ body }) => body.orderId);
  const tooMany = await guardian.post('carts', { cartId: randomUUID(), orderIds });
  expect(tooMany).toMatchObject({ status: 422, body: { kind: 'too_many' } });
  const cartId = randomUUID();
  const count = billing.checkout.carts.length;
  const started = await guardian.post('carts', { cartId, orderIds: orderIds.slice(0, 5) });
  expect(started).toEqual({ status: 200, body: { redirectUrl: `https://checkout.invalid/cart/${count + 1}` } });
  expect(billing.checkout.carts).toHaveLength(count + 1);
  const back = `https://servizi.comune.esempio.example/ricariche-pagopa?carrello=${cartId}&esito=`;
  expect(billing.checkout.carts.at(-1)).toEqual({
    paymentNotices: expect.arrayContaining(
      orders.slice(0, 5).map(({ body }) => ({
        noticeNumber: body.noticeNumber,
        fiscalCode: CREDITOR_CODE,
        amount: 2_000,
        companyName: 'Comune di Prova',
        description: 'Ricarica refezione scolastica',
      })),
    ),
    returnUrls: {
      ...{ returnOkUrl: `${back}ok`, returnCancelUrl: `${back}annullato` },
      ...{ returnErrorUrl: `${back}errore`, returnWaitingUrl: `${back}attesa` },
    },
    idCart: cartId,
    allCCP: true,
  });
  const [first = '', second = ''] = orderIds;
  expect(await stateOf(first)).toBe('in_verification');
  expect(await guardian.post('carts', { cartId: randomUUID(), orderIds: [first] })).toMatchObject({
    status: 409,
    body: { kind: 'in_verification' },
  });
  expect(await guardian.post(`top-ups/${first}/cancellation`)).toMatchObject({ body: { kind: 'in_verification' } });
  // The same cart again is the same wish.
  expect((await guardian.post('carts', { cartId, orderIds: orderIds.slice(0, 5) })).status).toBe(200);
  const stranger = await guardianOf(billing, [PUPIL.stranger]);
  expect((await stranger.post(`carts/${cartId}/end`)).status).toBe(204);
  expect(await stateOf(second)).toBe('in_verification');
  expect((await guardian.post(`carts/${cartId}/end`)).status).toBe(204);
  expect(await stateOf(second)).toBe('pending');
});

test('the notice of a pending order is a PDF that nobody else gets, and there is none for one that is paid', async () => {
  const { body: order } = await guardian.order();
  const fetchNotice = async (pupilId: string) => {
    const token = await billing.identity.tokenFor({ pupilIds: [id<PupilId>(pupilId)] });
    return fetch(`${billing.httpUrl}/api/billing/top-ups/${order.orderId}/notice`, {
      headers: { authorization: `Bearer ${token}` },
    });
  };
  const answer = await fetchNotice(PUPIL.first);
  expect(answer.headers.get('content-type')).toBe('application/pdf');
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="avviso-${order.noticeNumber}.pdf"`);
  const file = Buffer.from(await answer.arrayBuffer());
  expect(file.subarray(0, 5).toString()).toBe('%PDF-');
  expect(Buffer.from(await (await fetchNotice(PUPIL.first)).arrayBuffer()).equals(file)).toBe(true);
  expect((await fetchNotice(PUPIL.stranger)).status).toBe(404);
  await send(billing.nodeUrl, receiptOf(order.noticeNumber));
  expect((await fetchNotice(PUPIL.first)).status).toBe(409);
});

test('a paid top-up has a receipt that nobody else gets, and none before', async () => {
  const { body: order } = await guardian.order();
  const fetchReceipt = async (pupilId: string) => {
    const token = await billing.identity.tokenFor({ pupilIds: [id<PupilId>(pupilId)] });
    const path = `${billing.httpUrl}/api/billing/top-ups/${order.orderId}/receipt`;
    return fetch(path, { headers: { authorization: `Bearer ${token}` } });
  };
  expect((await fetchReceipt(PUPIL.first)).status).toBe(404);
  await send(billing.nodeUrl, receiptOf(order.noticeNumber));
  const answer = await fetchReceipt(PUPIL.first);
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="ricevuta-${order.noticeNumber}.pdf"`);
  const file = Buffer.from(await answer.arrayBuffer());
  expect(file.subarray(0, 5).toString()).toBe('%PDF-');
  expect(Buffer.from(await (await fetchReceipt(PUPIL.first)).arrayBuffer()).equals(file)).toBe(true);
  expect((await fetchReceipt(PUPIL.stranger)).status).toBe(404);
});

test('a Checkout that is away leaves everything payable', async () => {
  const { body: order } = await guardian.order();
  billing.checkout.status = 500;
  const answer = await guardian.post('carts', { cartId: randomUUID(), orderIds: [order.orderId] });
  expect(answer).toMatchObject({ status: 503, body: { kind: 'checkout_away' } });
  expect(await stateOf(order.orderId)).toBe('pending');
});

test('receipts and credits are told on the exchange, with opaque ids only', async () => {
  const connection = await connect(billing.amqpUrl);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'campanella.events', 'billing.#');
  const told: { key: string; body: Buffer }[] = [];
  await channel.consume(
    queue,
    (message) => {
      if (message !== null) told.push({ key: message.fields.routingKey, body: message.content });
    },
    { noAck: true },
  );
  const { body: order } = await guardian.order();
  const receiptId = randomUUID();
  await send(billing.nodeUrl, receiptOf(order.noticeNumber, { receiptId }));
  const mine = () =>
    told.filter(({ key, body }) =>
      key === 'billing.top_up_credited.v1'
        ? TopUpCredited.decode(body).orderId === order.orderId
        : PaymentReceived.decode(body).receiptId === receiptId,
    );
  await until(async () => mine().length === 2);
  const [received, credited] = mine();
  expect(PaymentReceived.decode(received?.body ?? Buffer.alloc(0))).toMatchObject({
    municipalityId: 1,
    subjectId: order.orderId,
    paidCents: 2_000,
    settles: true,
  });
  expect(TopUpCredited.decode(credited?.body ?? Buffer.alloc(0))).toMatchObject({
    pupilId: PUPIL.first,
    amountCents: 2_000,
  });
  await connection.close();
});

test('no log line holds a name, a codice fiscale or a notice number', async () => {
  const { body: order } = await guardian.order();
  await send(billing.nodeUrl, receiptOf(order.noticeNumber));
  await until(async () => (await stateOf(order.orderId)) === 'credited');
  expect(billing.output()).toContain('request answered');
  expect(billing.output()).not.toMatch(/Zefiro|PRVZFR|347\d{15}/);
});

test('debtors and receipts are sealed where they are kept', async () => {
  const { body: order } = await guardian.order();
  await send(billing.nodeUrl, receiptOf(order.noticeNumber));
  const { rows } = await billing.database.query(
    `select debtor_sealed, message_sealed from positions join receipts using (municipality_id, notice_number)
     where notice_number = $1`,
    [order.noticeNumber],
  );
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toMatch(/Zefiro|PRVZFR/);
});
