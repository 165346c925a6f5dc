import { fileURLToPath } from 'node:url';
import { PositionKeeper } from '@campanella/proto/billing/v1/office';
import { callUnary } from '@campanella/service-kit';
import { eventually, freePort, type RunningPart, startProcess } from '@campanella/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Guardian, guardianOf } from './guardian.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { BROKER, CREDITOR, CREDITOR_CODE, GUARDIAN_CODE, PUPIL, STATION } from './town.ts';

const KEY = 'test-key';
let billing: RunningBilling;
let guardian: Guardian;
let node: RunningPart;
let control: string;
let keepers: Record<string, string>;
let station: { nodeUrl: string; part: RunningPart };

beforeAll(async () => {
  const [http, controlPort, ops] = [await freePort(), await freePort(), await freePort()];
  control = `http://127.0.0.1:${controlPort}`;
  keepers = {
    ...{ ACA_URL: `http://127.0.0.1:${http}/aca/v1`, ACA_KEY: KEY, GPD_KEY: KEY, LOAD_EVERY_MS: '50' },
    GPD_URL: `http://127.0.0.1:${http}/gpd/debt-positions-service/v1`,
  };
  billing = await runBilling();
  guardian = await guardianOf(billing);
  station = await billing.startReplica(keepers);
  node = await startProcess({
    entry: fileURLToPath(new URL('../../../sandbox/pagopa-node/src/main.ts', import.meta.url)),
    environment: {
      ...{ HTTP_PORT: String(http), CONTROL_PORT: String(controlPort), OPS_PORT: String(ops), CHECKOUT_KEY: KEY },
      ...{ STATION_URL: station.nodeUrl, BROKER_ID: BROKER, STATION_ID: STATION, RECEIPT_RETRY_MS: '1000' },
    },
    readyUrl: `http://127.0.0.1:${ops}/ready`,
  });
}, 120_000);

afterAll(async () => {
  await node?.kill('SIGTERM');
  await billing?.close();
}, 60_000);

beforeEach(async () => {
  const { body } = await guardian.get('top-ups?limit=100');
  for (const { orderId, state } of body.topUps) {
    if (state === 'pending') await guardian.post(`top-ups/${orderId}/cancellation`);
  }
});

const script = (method: string, path: string, body: object) =>
  fetch(`${control}${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
// biome-ignore lint/suspicious/noExplicitAny: tests look wherever they like
const archive = async (): Promise<any> => (await fetch(`${control}/positions`)).json();
const kept = async (noticeNumber: string) =>
  (await archive()).kept.find((one: { noticeNumber: string }) => one.noticeNumber === noticeNumber);
/** What was told of a notice, in order, without what was told twice in a row. */
const told = async (noticeNumber: string): Promise<string[]> =>
  (await archive()).changes
    .filter((one: { noticeNumber: string }) => one.noticeNumber === noticeNumber)
    .map(({ amountCents, status }: { amountCents: number; status: string }) => `${amountCents} ${status}`)
    .filter((one: string, index: number, all: string[]) => one !== all[index - 1]);
const until = (isSo: () => Promise<boolean>) => eventually(isSo, { withinMs: 20_000 });
const isTold = (noticeNumber: string, changes: string[]) =>
  until(async () => JSON.stringify(await told(noticeNumber)) === JSON.stringify(changes));
/** The office corrects what is due. */
const change = (noticeNumber: string, amountCents: number) =>
  billing.database.query(`update positions set amount_cents = $2 where municipality_id = 1 and notice_number = $1`, [
    noticeNumber,
    amountCents,
  ]);

test('ACA is told that a position is there, of another amount, and closed', async () => {
  const { body: order } = await guardian.order();
  await isTold(order.noticeNumber, ['2000 VALID']);
  expect(await kept(order.noticeNumber)).toMatchObject({
    ...{ keeper: 'aca', fiscalCode: CREDITOR_CODE, debtorCode: GUARDIAN_CODE, amountCents: 2_000 },
    ...{ switchToExpired: false, iban: CREDITOR.iban },
  });
  await change(order.noticeNumber, 1_500);
  await isTold(order.noticeNumber, ['2000 VALID', '1500 VALID']);
  await guardian.post(`top-ups/${order.orderId}/cancellation`);
  await isTold(order.noticeNumber, ['2000 VALID', '1500 VALID', '0 INVALID']);
});

test('what changed while ACA was away is told in its order when it is back', async () => {
  await script('PUT', '/positions/fault', { status: 503 });
  const { body: order } = await guardian.order();
  for (const amountCents of [1_900, 1_800]) await change(order.noticeNumber, amountCents);
  await until(async () => billing.output().includes('pagoPA was not told of a position yet'));
  await script('PUT', '/positions/fault', { status: null });
  await isTold(order.noticeNumber, ['2000 VALID', '1900 VALID', '1800 VALID']);
  await until(async () => (await billing.database.query('select from position_loads')).rowCount === 0);
});

test('through kills of who tells, every position is told its changes in their order', async () => {
  const orders = await Promise.all(
    Array.from({ length: 10 }, (_, index) => guardian.order({ pupilId: index % 2 === 0 ? PUPIL.first : PUPIL.second })),
  );
  const second = await billing.startReplica(keepers);
  for (const amountCents of [1_900, 1_800, 1_700, 1_600]) {
    await Promise.all(orders.map(({ body }) => change(body.noticeNumber, amountCents)));
    if (amountCents === 1_800) await second.part.kill('SIGKILL');
  }
  // What the dead one held is free after a minute: nobody waits for it here.
  await billing.database.query('update position_loads set next_at = now()');
  for (const { body } of orders) {
    await isTold(body.noticeNumber, ['2000 VALID', '1900 VALID', '1800 VALID', '1700 VALID', '1600 VALID']);
  }
}, 60_000);

test('while the creditor is away a notice is paid from what ACA knows, and its receipt credits it when it is back', async () => {
  const before = await billing.balanceOf(PUPIL.first);
  const { body: order } = await guardian.order();
  await isTold(order.noticeNumber, ['2000 VALID']);
  await station.part.kill('SIGKILL');
  const pay = () => script('POST', '/payments', { fiscalCode: CREDITOR_CODE, noticeNumber: order.noticeNumber });
  expect(await (await pay()).json()).toMatchObject({ kind: 'paid' });
  expect(await (await pay()).json()).toEqual({ kind: 'refused', faultCode: 'PAA_PAGAMENTO_DUPLICATO' });
  station = await billing.startReplica({ ...keepers, PAGOPA_PORT: new URL(station.nodeUrl).port });
  await until(async () => (await guardian.get(`top-ups/${order.orderId}`)).body.state === 'credited');
  expect(await billing.balanceOf(PUPIL.first)).toBe(before + 2_000);
}, 60_000);

test('a municipality whose positions GPD keeps has them made, changed and invalidated there', async () => {
  const put = (positionsAt: PositionKeeper) =>
    callUnary(billing.office, 'putCreditor', { ...CREDITOR, positionsAt }, { deadlineMs: 10_000 });
  await put(PositionKeeper.GPD);
  try {
    const { body: order } = await guardian.order();
    await isTold(order.noticeNumber, ['2000 VALID']);
    expect(await kept(order.noticeNumber)).toMatchObject({ keeper: 'gpd', category: '9/0101002IM/' });
    await change(order.noticeNumber, 1_500);
    await isTold(order.noticeNumber, ['2000 VALID', '1500 VALID']);
    await guardian.post(`top-ups/${order.orderId}/cancellation`);
    await isTold(order.noticeNumber, ['2000 VALID', '1500 VALID', '1500 INVALID']);
  } finally {
    await put(PositionKeeper.ACA);
  }
});
