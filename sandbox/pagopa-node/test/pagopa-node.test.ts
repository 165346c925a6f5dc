import { fileURLToPath } from 'node:url';
import { eventually, freePort, type RunningPart, startProcess } from '@campanella/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { GOOD, got, no, startCreditor, type TestCreditor } from './creditor.ts';

const NOTICE = { fiscalCode: '01234567897', noticeNumber: '301000000000000144' };
const BACK = 'https://servizi.comune.esempio.example/ricariche-pagopa?esito=';
const KEY = 'test-key';
let creditor: TestCreditor;
let part: RunningPart;
let base: string;
let control: string;

beforeAll(async () => {
  creditor = await startCreditor();
  const [http, controlPort, ops] = [await freePort(), await freePort(), await freePort()];
  base = `http://127.0.0.1:${http}`;
  control = `http://127.0.0.1:${controlPort}`;
  part = await startProcess({
    entry: fileURLToPath(new URL('../src/main.ts', import.meta.url)),
    environment: {
      ...{ HTTP_PORT: String(http), CONTROL_PORT: String(controlPort), OPS_PORT: String(ops), CHECKOUT_KEY: KEY },
      ...{ STATION_URL: creditor.url, BROKER_ID: '99999000013', STATION_ID: '99999000013_01', RECEIPT_RETRY_MS: '20' },
    },
    readyUrl: `http://127.0.0.1:${ops}/ready`,
  });
}, 60_000);
afterAll(async () => {
  await part?.kill('SIGTERM');
  await creditor?.close();
});
beforeEach(async () => {
  creditor.answers = { ...GOOD };
  creditor.asked.length = 0;
  await fetch(`${control}/reset`, { method: 'POST' });
});

const operations = () => creditor.asked.map(({ operation }) => operation);
const script = (method: string, path: string, body: object) =>
  fetch(`${control}${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const pay = async (more: object = {}): Promise<Record<string, unknown>> =>
  Object(await script('POST', '/payments', { ...NOTICE, ...more }).then((response) => response.json()));
const owed = async (): Promise<unknown> => Object(await (await fetch(`${control}/state`)).json()).owedReceipts;
const receipts = () => operations().filter((operation) => operation.startsWith('paSendRT')).length;
const cartOf = (count: number) => ({
  paymentNotices: Array.from({ length: count }, (_, index) => ({
    ...{ ...NOTICE, noticeNumber: String(301000000000000144n + BigInt(index)), amount: 2_000 },
    ...{ companyName: 'Comune di Prova', description: 'Ricarica' },
  })),
  returnUrls: {
    ...{ returnOkUrl: `${BACK}ok`, returnCancelUrl: `${BACK}annullato` },
    ...{ returnErrorUrl: `${BACK}errore`, returnWaitingUrl: `${BACK}attesa` },
  },
  idCart: 'cart-1',
});
const post = (body: object, key = KEY) =>
  fetch(`${base}/checkout/ec/v2/carts`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', 'ocp-apim-subscription-key': key },
    body: JSON.stringify(body),
  });
const submit = (path: string, fields: Record<string, string>) =>
  fetch(`${base}${path}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) });
const cartPath = async (count = 1) => new URL((await post(cartOf(count))).headers.get('location') ?? '').pathname;

test.each([
  [1, 'paGetPayment', 'paSendRT'],
  [2, 'paGetPaymentV2', 'paSendRTV2'],
])('a payment by version %i gets the payment and sends its receipt', async (version, get, receipt) => {
  expect(await pay({ version })).toMatchObject({ kind: 'paid', receiptId: expect.any(String) });
  await eventually(async () => operations().includes(receipt), { withinMs: 5_000 });
  expect(operations()).toEqual([get, receipt]);
  expect(creditor.asked[1]?.body).toContain('<paymentAmount>20.00</paymentAmount>');
});

test('a receipt that is not answered is sent again until it is; a KO is an answer', async () => {
  let count = 0;
  creditor.answers['paSendRTV2'] = () => {
    count += 1;
    return count < 3 ? null : no('PAA_RECEIPT_DUPLICATA');
  };
  await pay();
  await eventually(async () => (await owed()) === 0 && count === 3, {
    withinMs: 5_000,
  });
});

test('receipts are kept back, sent in copies and repeated as the script says', async () => {
  await script('PATCH', '/behaviour', { holdsReceipts: true, receiptCopies: 3 });
  const { receiptId } = await pay();
  expect(await owed()).toBe(1);
  expect(receipts()).toBe(0);
  await script('PATCH', '/behaviour', { holdsReceipts: false });
  await eventually(async () => receipts() === 3, { withinMs: 5_000 });
  expect((await script('POST', `/receipts/${receiptId}/repeat`, {})).status).toBe(202);
  await eventually(async () => receipts() === 4, { withinMs: 5_000 });
  expect((await script('POST', '/receipts/none/repeat', {})).status).toBe(404);
});

test('no money is taken where the creditor says no, contradicts itself or is away', async () => {
  creditor.answers['paGetPaymentV2'] = () => no('PAA_PAGAMENTO_DUPLICATO');
  expect(await pay()).toEqual({ kind: 'refused', faultCode: 'PAA_PAGAMENTO_DUPLICATO' });
  for (const [answer, fault] of [
    [() => got('19.99'), 'PPT_STAZIONE_INT_PA_ERRORE_RESPONSE'],
    [() => got('20.0'), 'PPT_STAZIONE_INT_PA_ERRORE_RESPONSE'],
    [() => '<outcome>OK</outcome>', 'PPT_STAZIONE_INT_PA_ERRORE_RESPONSE'],
    [() => null, 'PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE'],
  ] as const) {
    creditor.answers['paGetPaymentV2'] = answer;
    expect(await pay()).toMatchObject({ status: 502, kind: fault });
  }
  expect(receipts()).toBe(0);
});

test('a cart is answered 302 with its page; six notices, a wrong key and a node that is away are refused', async () => {
  const taken = await post(cartOf(5));
  expect([taken.status, taken.headers.get('location')?.startsWith(`${base}/checkout/`)]).toEqual([302, true]);
  expect((await post(cartOf(6))).status).toBe(400);
  expect((await post(cartOf(1), 'other')).status).toBe(401);
  await script('PATCH', '/behaviour', { isAway: true });
  expect((await post(cartOf(1))).status).toBe(503);
});

test.each([
  ['ok', 'ok', 1],
  ['waiting', 'attesa', 1],
  ['error', 'errore', 0],
  ['cancel', 'annullato', 0],
])('the page with "%s" comes back as %s', async (outcome, esito, paid) => {
  const path = await cartPath();
  expect(await (await fetch(`${base}${path}`)).text()).toContain('20,00');
  const left = await submit(path, { outcome });
  expect([left.status, left.headers.get('location')]).toEqual([303, `${BACK}${esito}`]);
  await eventually(async () => receipts() === paid, { withinMs: 5_000 });
  // A cart is used once.
  expect((await fetch(`${base}${path}`)).status).toBe(404);
});

test('where one notice of a cart cannot be paid the browser comes back with an error', async () => {
  const path = await cartPath(2);
  creditor.answers['paGetPaymentV2'] = () => no('PAA_PAGAMENTO_ANNULLATO');
  expect((await submit(path, { outcome: 'ok' })).headers.get('location')).toBe(`${BACK}errore`);
});

test('the desk takes a number with spaces or the text of a QR code, and says why it cannot be paid', async () => {
  const spaced = '3010 0000 0000 0001 44';
  const typed = await submit('/sportello', { noticeNumber: spaced, fiscalCode: NOTICE.fiscalCode });
  expect(await typed.text()).toContain('Comune di Prova');
  const pasted = await submit('/sportello', { qr: `PAGOPA|002|${NOTICE.noticeNumber}|${NOTICE.fiscalCode}|2000` });
  expect(await pasted.text()).toContain('20,00');
  expect(await (await submit('/sportello/pagamento', NOTICE)).text()).toContain('Pagato');
  creditor.answers['paVerifyPaymentNotice'] = () => no('PAA_PAGAMENTO_DUPLICATO');
  expect(await (await submit('/sportello', NOTICE)).text()).toContain('già stato pagato');
  expect((await submit('/sportello', { noticeNumber: '<script>' })).status).toBe(422);
});
