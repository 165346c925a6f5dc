import { randomUUID } from 'node:crypto';
import type { IssueDocumentRequest } from '@campanella/proto/billing/v1/office';
import { callUnary, refusalKindOf } from '@campanella/service-kit';
import { id, type PupilId } from '@campanella/vocabulary';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Guardian, guardianOf } from './guardian.ts';
import { receiptRequest, send, verifyRequest } from './node.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { PUPIL } from './town.ts';

let billing: RunningBilling;
let guardian: Guardian;

beforeAll(async () => {
  billing = await runBilling();
  guardian = await guardianOf(billing);
}, 120_000);

afterAll(async () => {
  await billing?.close();
}, 60_000);

const within = { deadlineMs: 10_000 };
const documentOf = (more: Partial<IssueDocumentRequest> = {}): IssueDocumentRequest => ({
  ...{ municipalityId: 1, documentId: randomUUID(), kind: 1, pupilId: PUPIL.invoiced, service: 'school_meals' },
  ...{ description: 'Mensa scolastica, ottobre 2026', issuedOn: '2026-11-02', vat: 1, chargedCents: 4_500 },
  ...{
    taxonomyCode: '9/TEST/',
    instalments: [{ instalmentId: randomUUID(), amountCents: 4_500, dueOn: '2026-12-31' }],
  },
  ...more,
});
const issue = (document: IssueDocumentRequest) => callUnary(billing.office, 'issueDocument', document, within);
const handOver = (documentId: string) =>
  callUnary(billing.office, 'handOverDocument', { municipalityId: 1, documentId }, within);
const kindOf = (asked: Promise<unknown>) => asked.then(() => null, refusalKindOf);
const shown = async (documentId: string, of = guardian) => {
  const { body } = await of.get('documents?limit=100');
  return body.documents.find((one: { documentId: string }) => one.documentId === documentId);
};
const pay = (noticeNumber: string, amount: string, receiptId: string = randomUUID()) =>
  send(billing.nodeUrl, receiptRequest({ noticeNumber, receiptId, amount }));
const fileOf = async (path: string, pupilId: string = PUPIL.invoiced) => {
  const token = await billing.identity.tokenFor({ pupilIds: [id<PupilId>(pupilId)] });
  return fetch(`${billing.httpUrl}/api/billing/${path}`, { headers: { authorization: `Bearer ${token}` } });
};

test('a document has the next number of its year, and a notice for each instalment that the node finds', async () => {
  const instalments = ['2026-12-31', '2027-01-31', '2027-02-28'].map((dueOn) => ({
    ...{ instalmentId: randomUUID(), amountCents: 4_500, dueOn },
  }));
  const document = documentOf({ chargedCents: 13_500, instalments });
  const { year, number, amountCents } = await issue(document);
  expect([year, amountCents]).toEqual([2026, 13_500]);
  const row = await shown(document.documentId);
  expect(row).toMatchObject({
    ...{
      number: `${number}/2026`,
      amountCents: 13_500,
      dueCents: 13_500,
      paidCents: 0,
      vatCents: 519,
      state: 'issued',
    },
    ...{ dueOn: '2026-12-31', pupilId: PUPIL.invoiced, description: 'Mensa scolastica, ottobre 2026' },
  });
  expect(row.instalments.map(({ ordinal, amountCents: each }: never) => [ordinal, each])).toEqual([
    ...[
      [1, 4_500],
      [2, 4_500],
      [3, 4_500],
    ],
  ]);
  for (const { noticeNumber } of row.instalments) {
    const answer = await send(billing.nodeUrl, verifyRequest({ noticeNumber }));
    expect(answer.content.paymentList.paymentOptionDescription.amount).toBe('45.00');
  }
});

test('numbers have no gap and no number is given twice, also with forty at once and refusals between them', async () => {
  const { number: before } = await issue(documentOf());
  const asked = Array.from({ length: 40 }, (_, index) =>
    index % 4 === 0
      ? issue(documentOf({ instalments: [{ instalmentId: randomUUID(), amountCents: 1, dueOn: '2026-12-31' }] })).catch(
          () => null,
        )
      : issue(documentOf()),
  );
  const numbers = (await Promise.all(asked)).flatMap((one) => (one === null ? [] : [one.number]));
  expect(numbers.toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 30 }, (_, index) => before + 1 + index),
  );
  const { year, number } = await issue(
    documentOf({
      issuedOn: '2027-01-02',
      instalments: [{ instalmentId: randomUUID(), amountCents: 4_500, dueOn: '2027-02-01' }],
    }),
  );
  expect([year, number]).toEqual([2027, 1]);
});

test('the same document again gets the same number; its id for another is refused', async () => {
  const document = documentOf();
  const [first, again] = [await issue(document), await issue(document)];
  expect(again).toEqual(first);
  expect(await kindOf(issue({ ...document, description: 'Altro' }))).toBe('document_differs');
  const atOnce = documentOf();
  const answers = await Promise.all(Array.from({ length: 5 }, () => issue(atOnce)));
  expect(new Set(answers.map(({ number }) => number)).size).toBe(1);
});

test.each<[string, Partial<IssueDocumentRequest>, string]>([
  ['a sum that does not add up', { chargedCents: 4_501 }, 'wrong_sum'],
  ['no instalments', { instalments: [] }, 'no_instalments'],
  ['a due day before it is issued', { issuedOn: '2027-01-01' }, 'due_before_issue'],
  [
    'the stamp forgotten',
    {
      vat: 2,
      chargedCents: 10_000,
      instalments: [{ instalmentId: randomUUID(), amountCents: 10_000, dueOn: '2026-12-31' }],
    },
    'wrong_sum',
  ],
  ['a pupil whom nobody pays for', { pupilId: randomUUID() }, 'no_payer'],
  ['a municipality that is no creditor', { municipalityId: 2 }, 'no_creditor'],
  ['no kind', { kind: 0 }, 'malformed'],
  ['a description that is too long', { description: 'x'.repeat(91) }, 'malformed'],
])('a document with %s is refused', async (_name, change, kind) => {
  expect(await kindOf(issue(documentOf(change)))).toBe(kind);
});

test('a receipt pays an instalment once, and its receipt can be downloaded in place of the notice', async () => {
  const instalments = ['2026-12-31', '2027-01-31'].map((dueOn) => ({
    instalmentId: randomUUID(),
    amountCents: 2_250,
    dueOn,
  }));
  const document = documentOf({ instalments });
  await issue(document);
  const [first, second] = (await shown(document.documentId)).instalments;
  expect((await fileOf(`instalments/${first.instalmentId}/notice`)).headers.get('content-type')).toBe(
    'application/pdf',
  );
  expect((await fileOf(`instalments/${first.instalmentId}/receipt`)).status).toBe(404);
  const receiptId = randomUUID();
  await Promise.all(Array.from({ length: 10 }, () => pay(first.noticeNumber, '22.50', receiptId)));
  expect(await shown(document.documentId)).toMatchObject({
    ...{ amountCents: 4_500, dueCents: 2_250, paidCents: 2_250, state: 'partly_paid', dueOn: '2027-01-31' },
  });
  expect((await fileOf(`instalments/${first.instalmentId}/notice`)).status).toBe(404);
  const receipt = await fileOf(`instalments/${first.instalmentId}/receipt`);
  expect(receipt.headers.get('content-disposition')).toBe(`attachment; filename="ricevuta-${first.noticeNumber}.pdf"`);
  const bytes = Buffer.from(await receipt.arrayBuffer());
  expect(
    bytes.equals(Buffer.from(await (await fileOf(`instalments/${first.instalmentId}/receipt`)).arrayBuffer())),
  ).toBe(true);
  await pay(second.noticeNumber, '22.50');
  expect(await shown(document.documentId)).toMatchObject({ dueCents: 0, paidCents: 4_500, state: 'paid' });
  const { body } = await guardian.get('payables?limit=100');
  const open = body.payables.map(({ instalmentId }: { instalmentId: string }) => instalmentId);
  expect(open).not.toContain(first.instalmentId);
  expect(open).not.toContain(second.instalmentId);
});

test('what is handed over is refused at pagoPA; money that comes all the same waits for the office', async () => {
  const document = documentOf();
  await issue(document);
  await handOver(document.documentId);
  await handOver(document.documentId);
  const row = await shown(document.documentId);
  expect(row).toMatchObject({ state: 'handed_over', dueCents: 4_500 });
  const [{ noticeNumber, instalmentId }] = row.instalments;
  const verified = await send(billing.nodeUrl, verifyRequest({ noticeNumber }));
  expect(verified.content.fault.faultCode).toBe('PAA_PAGAMENTO_ANNULLATO');
  expect((await pay(noticeNumber, '45.00')).content).toEqual({ outcome: 'OK' });
  const { rows } = await billing.database.query('select handling from receipts where notice_number = $1', [
    noticeNumber,
  ]);
  expect(rows).toEqual([{ handling: 'cancelled' }]);
  expect(await shown(document.documentId)).toMatchObject({ state: 'handed_over', dueCents: 4_500 });
  expect((await fileOf(`instalments/${instalmentId}/notice`)).status).toBe(404);
  const paid = documentOf();
  await issue(paid);
  await pay((await shown(paid.documentId)).instalments[0].noticeNumber, '45.00');
  expect(await kindOf(handOver(paid.documentId))).toBe('paid');
  expect(await kindOf(handOver(randomUUID()))).toBe('unknown_document');
});

test('instalments go into a cart, come back to their own page, and are in verification meanwhile', async () => {
  const documents = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const document = documentOf();
      await issue(document);
      return shown(document.documentId);
    }),
  );
  const instalmentIds = documents.map(({ instalments }) => instalments[0].instalmentId);
  const six = await guardian.post('carts', { cartId: randomUUID(), instalmentIds });
  expect(six).toMatchObject({ status: 422, body: { kind: 'too_many' } });
  const cartId = randomUUID();
  const started = await guardian.post('carts', { cartId, instalmentIds: instalmentIds.slice(0, 4) });
  expect(started.status).toBe(200);
  expect(billing.checkout.carts.at(-1)).toMatchObject({
    returnUrls: {
      returnOkUrl: `https://servizi.comune.esempio.example/pagamento-servizi-scolastici?carrello=${cartId}&esito=ok`,
    },
  });
  expect((await shown(documents[0].documentId)).state).toBe('in_verification');
  const again = await guardian.post('carts', { cartId: randomUUID(), instalmentIds: instalmentIds.slice(0, 1) });
  expect(again).toMatchObject({ status: 409, body: { kind: 'in_verification' } });
  await pay(documents[0].instalments[0].noticeNumber, '45.00');
  expect((await shown(documents[0].documentId)).state).toBe('paid');
  const paid = await guardian.post('carts', { cartId: randomUUID(), instalmentIds: instalmentIds.slice(0, 1) });
  expect(paid).toMatchObject({ status: 409, body: { kind: 'not_payable' } });
  await guardian.post(`carts/${cartId}/end`);
  expect((await shown(documents[1].documentId)).state).toBe('issued');
  expect((await guardian.post('carts', { cartId: randomUUID() })).status).toBe(422);
});

test("somebody else's documents are not there, in lists, downloads and carts, as if there were none", async () => {
  const document = documentOf();
  await issue(document);
  const [{ instalmentId }] = (await shown(document.documentId)).instalments;
  const stranger = await guardianOf(billing, [PUPIL.stranger]);
  expect(await shown(document.documentId, stranger)).toBeUndefined();
  expect((await stranger.get('payables')).body.payables).toEqual([]);
  const nowhere = randomUUID();
  for (const kind of ['notice', 'receipt']) {
    const [theirs, nobodys] = [
      await fileOf(`instalments/${instalmentId}/${kind}`, PUPIL.stranger),
      await fileOf(`instalments/${nowhere}/${kind}`, PUPIL.stranger),
    ];
    expect([theirs.status, await theirs.text()]).toEqual([nobodys.status, await nobodys.text()]);
    expect(theirs.status).toBe(404);
  }
  const cart = (one: string) => stranger.post('carts', { cartId: randomUUID(), instalmentIds: [one] });
  expect(await cart(instalmentId)).toEqual(await cart(nowhere));
});

test('forty carts at once with what there is not are forty refusals: none waits for a connection that another holds', async () => {
  const carts = await Promise.all(
    Array.from({ length: 40 }, () => guardian.post('carts', { cartId: randomUUID(), instalmentIds: [randomUUID()] })),
  );
  expect(new Set(carts.map(({ status }) => status))).toEqual(new Set([404]));
});

test('lists go on where their page ended and hold everything once, in their order', async () => {
  await Promise.all(Array.from({ length: 5 }, () => issue(documentOf())));
  for (const [path, key] of [
    ['documents', 'documents'],
    ['payables', 'payables'],
  ] as const) {
    const whole = (await guardian.get(`${path}?limit=100`)).body[key];
    const paged = [];
    let cursor = '';
    do {
      const { body } = await guardian.get(`${path}?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      paged.push(...body[key]);
      cursor = body.nextCursor ?? '';
    } while (cursor !== '');
    expect(paged).toEqual(whole);
    expect((await guardian.get(`${path}?cursor=x`)).status).toBe(422);
  }
  const own = (await guardian.get(`documents?pupilId=${PUPIL.first}`)).body.documents;
  expect(own).toEqual([]);
  expect((await guardian.get(`documents?pupilId=${PUPIL.stranger}`)).status).toBe(404);
  const days = (await guardian.get('documents?limit=100')).body.documents.map(
    ({ issuedOn }: { issuedOn: string }) => issuedOn,
  );
  expect(days).toEqual(days.toSorted().reverse());
});
