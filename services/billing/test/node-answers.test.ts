import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { callUnary } from '@campanella/service-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { MESSAGE_BYTES_MAX } from '../src/http/pagopa/soap.ts';
import { type Guardian, guardianOf } from './guardian.ts';
import { type Asked, demandRequest, getRequest, type NodeAnswer, receiptRequest, send, verifyRequest } from './node.ts';
import { pagoPaSchemas } from './pagopa-schemas.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { BROKER, CREDITOR, CREDITOR_CODE, GUARDIAN_CODE, IBAN, POSTAL_IBAN, STATION } from './town.ts';

let billing: RunningBilling;
let guardian: Guardian;
let noticeNumber: string;

beforeAll(async () => {
  billing = await runBilling();
  guardian = await guardianOf(billing);
  noticeNumber = (await guardian.order({ amountCents: 6_400 })).body.noticeNumber;
}, 120_000);

afterAll(async () => {
  await billing?.close();
}, 60_000);

/** Every answer of this file: the last test holds them against the schema. */
const answers: NodeAnswer[] = [];
const ask = async (body: RequestInit['body'], headers: Record<string, string> = {}) => {
  const answer = await send(billing.nodeUrl, body, headers);
  answers.push(answer);
  return answer;
};

test('verify tells what is due now, and nothing of who owes it', async () => {
  const answer = await ask(verifyRequest({ noticeNumber }));
  expect(answer).toMatchObject({ status: 200, element: 'paVerifyPaymentNoticeRes' });
  const dueDate = expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/);
  expect(answer.content).toEqual({
    outcome: 'OK',
    paymentList: {
      paymentOptionDescription: {
        ...{
          amount: '64.00',
          options: 'EQ',
          dueDate,
          detailDescription: 'Ricarica refezione scolastica',
          allCCP: 'true',
        },
      },
    },
    paymentDescription: 'Ricarica refezione scolastica',
    ...{ fiscalCodePA: CREDITOR_CODE, companyName: 'Comune di Prova', officeName: 'Ufficio scuola' },
  });
});

test.each([
  [1, undefined, IBAN, undefined],
  [1, 'POSTAL', POSTAL_IBAN, undefined],
  [2, undefined, IBAN, undefined],
  [2, 'POSTAL', POSTAL_IBAN, undefined],
  [2, 'PAGOPA', IBAN, { mapEntry: { key: 'IBANAPPOGGIO', value: POSTAL_IBAN } }],
] as const)(
  'get, version %i, transfer type %s, names the account %s',
  async (version, transferType, iban, metadata) => {
    const answer = await ask(
      getRequest({ noticeNumber, version, ...(transferType === undefined ? {} : { transferType }) }),
    );
    expect(answer.element).toBe(version === 1 ? 'paGetPaymentRes' : 'paGetPaymentV2Response');
    expect(answer.content.outcome).toBe('OK');
    expect(answer.content.data).toMatchObject({
      ...{ creditorReferenceId: noticeNumber.slice(1), paymentAmount: '64.00', companyName: 'Comune di Prova' },
      debtor: {
        uniqueIdentifier: { entityUniqueIdentifierType: 'F', entityUniqueIdentifierValue: GUARDIAN_CODE },
        fullName: 'Zefiro Prova',
      },
    });
    expect(answer.content.data.transferList.transfer).toEqual({
      ...{ idTransfer: '1', transferAmount: '64.00', fiscalCodePA: CREDITOR_CODE, IBAN: iban },
      ...(version === 2 ? { companyName: 'Comune di Prova' } : {}),
      ...{ remittanceInformation: 'Ricarica refezione scolastica', transferCategory: '9/0101002IM/' },
      ...(metadata === undefined ? {} : { metadata }),
    });
  },
);

test('verify and get change nothing, however often they come', async () => {
  const stored = async () =>
    (await billing.database.query('select * from positions where notice_number = $1', [noticeNumber])).rows;
  const before = await stored();
  await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      ask(index % 2 === 0 ? verifyRequest({ noticeNumber }) : getRequest({ noticeNumber })),
    ),
  );
  expect(await stored()).toEqual(before);
});

describe('every fault in its case', () => {
  const requests: Record<string, (asked: Asked) => string> = {
    verify: verifyRequest,
    'get, version 1': (asked) => getRequest({ ...asked, version: 1 }),
    'get, version 2': (asked) => getRequest({ ...asked, version: 2 }),
  };
  const cases: [string, Partial<Asked>, string][] = [
    ['an unknown creditor', { idPA: '99999999999' }, 'PAA_ID_DOMINIO_ERRATO'],
    ['an unknown intermediary', { idBrokerPA: '99999999999' }, 'PAA_ID_INTERMEDIARIO_ERRATO'],
    ['an unknown station', { idStation: '15376371009_99' }, 'PAA_STAZIONE_INT_ERRATA'],
    ["another creditor's notice", { fiscalCode: '99999999999' }, 'PAA_ID_DOMINIO_ERRATO'],
    ['an unknown notice', { noticeNumber: '301000000000000144' }, 'PAA_PAGAMENTO_SCONOSCIUTO'],
    ['wrong check digits', { noticeNumber: '347000000000000199' }, 'PAA_PAGAMENTO_SCONOSCIUTO'],
    ['a notice number of another shape', { noticeNumber: '123' }, 'PAA_SINTASSI_XSD'],
    ['a missing station', { idStation: '' }, 'PAA_SINTASSI_XSD'],
  ];
  const matrix = Object.entries(requests).flatMap(([operation, make]) =>
    cases.map(([name, asked, code]) => ({ operation, make, name, asked, code })),
  );
  test.each(matrix)('$operation with $name: $code', async ({ make, asked, code }) => {
    const answer = await ask(make({ noticeNumber, ...asked }));
    expect(answer.status).toBe(200);
    expect(answer.content).toEqual({
      outcome: 'KO',
      fault: { faultCode: code, faultString: expect.any(String), id: asked.idPA ?? CREDITOR_CODE },
    });
  });

  test.each(Object.keys(requests))('%s of a paid and of a cancelled notice', async (operation) => {
    const make = requests[operation] ?? verifyRequest;
    const { body: paid } = await guardian.order();
    await ask(receiptRequest({ noticeNumber: paid.noticeNumber, receiptId: randomUUID(), amount: '20.00' }));
    const { body: cancelled } = await guardian.order();
    await guardian.post(`top-ups/${cancelled.orderId}/cancellation`);
    const codeOf = async (number: string) => (await ask(make({ noticeNumber: number }))).content.fault.faultCode;
    expect(await codeOf(paid.noticeNumber)).toBe('PAA_PAGAMENTO_DUPLICATO');
    expect(await codeOf(cancelled.noticeNumber)).toBe('PAA_PAGAMENTO_ANNULLATO');
  });

  test.each([
    ['an unknown creditor', { idPA: '99999999999' }, 'PAA_ID_DOMINIO_ERRATO'],
    ['an unknown intermediary', { idBrokerPA: 'x' }, 'PAA_ID_INTERMEDIARIO_ERRATO'],
    ['an unknown station', { idStation: 'x' }, 'PAA_STAZIONE_INT_ERRATA'],
    ['an amount with one decimal', { amount: '20.0' }, 'PAA_SINTASSI_XSD'],
    ['an amount without decimals', { amount: '20' }, 'PAA_SINTASSI_XSD'],
    ['a date that no calendar has', { paymentDateTime: '2026-02-30T10:00:00' }, 'PAA_SINTASSI_XSD'],
    ['transfers that do not sum to the payment', { total: '21.00' }, 'PAA_SEMANTICA'],
    ['an outcome KO', { outcome: 'KO' }, 'PAA_SEMANTICA'],
  ])('a receipt with %s: nothing is recorded', async (_name, more, code) => {
    const receiptId = randomUUID();
    const answer = await ask(receiptRequest({ noticeNumber, receiptId, amount: '20.00', ...more }));
    expect(answer.content.fault.faultCode).toBe(code);
    const { rows } = await billing.database.query('select from receipts where receipt_id = $1', [receiptId]);
    expect(rows).toEqual([]);
  });

  test('what the schema lets through and the guide does not: a transfer of version 2 in version 1', async () => {
    const answer = await ask(getRequest({ noticeNumber, version: 1, transferType: 'PAGOPA' }));
    expect(answer.content.fault.faultCode).toBe('PAA_SINTASSI_EXTRAXSD');
  });

  test.each([
    ['a creditor that is not ours', { idPA: '99999999999' }, 'PAA_ID_DOMINIO_ERRATO'],
    ['an intermediary that is not ours', { idBrokerPA: 'x' }, 'PAA_ID_INTERMEDIARIO_ERRATO'],
    ['a station that is not ours', { idStation: 'x' }, 'PAA_STAZIONE_INT_ERRATA'],
    ['everything right', {}, 'PAA_SYSTEM_ERROR'],
  ])('nothing can be asked for at a desk: %s', async (_name, asked, code) => {
    const answer = await ask(demandRequest(asked));
    expect(answer.element).toBe('paDemandPaymentNoticeResponse');
    expect(answer.content.fault.faultCode).toBe(code);
  });

  test.each(Object.keys(requests))('%s with an element that the schema does not know', async (operation) => {
    const body = (requests[operation] ?? verifyRequest)({ noticeNumber });
    const answer = await ask(body.replace('</idStation>', '</idStation><more>1</more>'));
    expect(answer.content.fault.faultCode).toBe('PAA_SINTASSI_XSD');
    expect((await ask(demandRequest().replace('</idServizio>', '0</idServizio>'))).content.fault.faultCode).toBe(
      'PAA_SINTASSI_XSD',
    );
  });

  test.each([1, 2] as const)('a receipt, version %i: taken, known, and again known', async (version) => {
    const { body: order } = await guardian.order();
    const receipt = { noticeNumber: order.noticeNumber, receiptId: randomUUID(), amount: '20.00', version };
    expect((await ask(receiptRequest(receipt))).content).toEqual({ outcome: 'OK' });
    const again = await ask(receiptRequest(receipt));
    expect(again.element).toBe(version === 1 ? 'paSendRTRes' : 'paSendRTV2Response');
    expect(again.content.fault).toMatchObject({ faultCode: 'PAA_RECEIPT_DUPLICATA', id: CREDITOR_CODE });
    expect((await ask(receiptRequest({ ...receipt, idStation: 'x' }))).content.fault.faultCode).toBe(
      'PAA_STAZIONE_INT_ERRATA',
    );
    expect((await ask(receiptRequest({ ...receipt, amount: '20' }))).content.fault.faultCode).toBe('PAA_SINTASSI_XSD');
    expect((await ask(receiptRequest({ ...receipt, outcome: 'KO' }))).content.fault.faultCode).toBe('PAA_SEMANTICA');
  });

  test('after the due day a notice is payable, unless the municipality says that it is not; its money is put before the office', async () => {
    const { body: order } = await guardian.order();
    await billing.database.query(
      `update positions set due_on = date '2026-11-20' where municipality_id = 1 and notice_number = $1`,
      [order.noticeNumber],
    );
    const codes = () =>
      Promise.all(
        Object.values(requests).map(async (make) => {
          const { content } = await ask(make({ noticeNumber: order.noticeNumber }));
          return content.fault?.faultCode ?? content.outcome;
        }),
      );
    const put = (refusesLatePayments: boolean) =>
      callUnary(billing.office, 'putCreditor', { ...CREDITOR, refusesLatePayments }, { deadlineMs: 10_000 });
    expect(await codes()).toEqual(['OK', 'OK', 'OK']);
    await put(true);
    try {
      const expired = 'PAA_PAGAMENTO_SCADUTO';
      expect(await codes()).toEqual([expired, expired, expired]);
      const receiptId = randomUUID();
      const receipt = { noticeNumber: order.noticeNumber, receiptId, amount: '20.00' };
      expect((await ask(receiptRequest(receipt))).content).toEqual({ outcome: 'OK' });
      const { rows } = await billing.database.query('select handling from receipts where receipt_id = $1', [receiptId]);
      expect(rows).toEqual([{ handling: 'late' }]);
      const paid = 'PAA_PAGAMENTO_DUPLICATO';
      expect(await codes()).toEqual([paid, paid, paid]);
    } finally {
      await put(false);
    }
  });
});

test.each([
  ['2026-07-01T12:30:00', '2026-07-01T10:30:00.000Z'],
  ['2026-12-31T23:59:59', '2026-12-31T22:59:59.000Z'],
  ['2026-07-01T12:30:00.250', '2026-07-01T10:30:00.250Z'],
  ['2026-07-01T12:30:00Z', '2026-07-01T12:30:00.000Z'],
  ['2026-07-01T12:30:00+02:00', '2026-07-01T10:30:00.000Z'],
])('a payment at %s happened at %s', async (paymentDateTime, instant) => {
  const receiptId = randomUUID();
  await ask(receiptRequest({ noticeNumber: '301000000000000144', receiptId, amount: '1.00', paymentDateTime }));
  const { rows } = await billing.database.query('select paid_at from receipts where receipt_id = $1', [receiptId]);
  expect(rows[0]?.paid_at.toISOString()).toBe(instant);
});

test('a receipt as long as a message may be is kept whole', async () => {
  const { body: order } = await guardian.order();
  const receipt = receiptRequest({ noticeNumber: order.noticeNumber, receiptId: randomUUID(), amount: '20.00' });
  const padding = 'x'.repeat(MESSAGE_BYTES_MAX - Buffer.byteLength(receipt) - '<!---->'.length);
  expect((await ask(receipt.replace('</soapenv:Envelope>', `<!--${padding}--></soapenv:Envelope>`))).content).toEqual({
    outcome: 'OK',
  });
});

test('while the database is away a receipt is answered neither OK nor KO, and the repeat finds it open', async () => {
  const { body: order } = await guardian.order();
  const receipt = receiptRequest({ noticeNumber: order.noticeNumber, receiptId: randomUUID(), amount: '20.00' });
  const { rows } = await billing.database.query('select current_database() as name');
  const name: string = rows[0].name;
  const url = new URL(billing.databaseUrl);
  url.pathname = '/postgres';
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  try {
    await admin.query(`alter database "${name}" with allow_connections false`);
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'billing'`,
      [name],
    );
    const answer = await ask(receipt);
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.element).toBe('');
    expect(answer.text).not.toMatch(/outcome/);
    const verified = await ask(verifyRequest({ noticeNumber: order.noticeNumber }));
    expect(verified.content.fault.faultCode).toBe('PAA_SYSTEM_ERROR');
  } finally {
    await admin.query(`alter database "${name}" with allow_connections true`);
    await admin.end();
  }
  expect((await ask(receipt)).content).toEqual({ outcome: 'OK' });
}, 60_000);

describe('what is no message of the node', () => {
  const verify = () => verifyRequest({ noticeNumber });
  const hostile: [string, () => string][] = [
    ['nothing', () => ''],
    ['no XML', () => '{"outcome":"OK"}'],
    ['XML that is cut off', () => verify().slice(0, -20)],
    ['a document type', () => `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>${verify()}`],
    [
      'entities that grow',
      () =>
        `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${verify().replace(STATION, '&b;')}`,
    ],
    ['a document type in a comment that ends early', () => `<!-- x --><!doctype x>${verify()}`],
    ['an element that nobody knows', () => verify().replaceAll('paVerifyPaymentNoticeReq', 'paGiveMoney')],
    ['the message in another namespace', () => verify().replace('pagopa.gov.it/pa/paForNode', 'example.org/pa')],
    ['an envelope of SOAP 1.2', () => verify().replace('schemas.xmlsoap.org/soap', 'www.w3.org/2003/05/soap')],
    ['a prefix that nobody declared', () => verify().replaceAll('paf:', 'nob:').replace('xmlns:nob', 'xmlns:paf')],
    ['a declared encoding that is not UTF-8', () => `<?xml version="1.0" encoding="ISO-8859-1"?>${verify()}`],
    ['a character that XML does not know', () => verify().replace(BROKER, `${BROKER}\0`)],
    ['such a character by its number', () => verify().replace(BROKER, `${BROKER}&#0;`)],
    ['two messages', () => verify().replace('</soapenv:Body>', '<paf:paSendRTReq/></soapenv:Body>')],
    [
      'an element deeper than any message',
      () => verify().replace('<idPA>', `${'<a>'.repeat(60)}${'</a>'.repeat(60)}<idPA>`),
    ],
  ];
  test.each(hostile)('%s: a SOAP fault, and no word of ours inside', async (_name, make) => {
    const answer = await ask(make());
    expect(answer.status).toBe(500);
    expect(answer.content).toMatchObject({ faultcode: 'soapenv:Client' });
  });

  test('more than a message ever weighs is refused before it is read', async () => {
    const answer = await ask(verify().replace('<idPA>', `<idPA>${'x'.repeat(300_000)}`));
    expect([answer.status, answer.content.faultcode]).toEqual([413, 'soapenv:Client']);
  });

  test('a compressed body is not opened, bytes that are not UTF-8 are not guessed', async () => {
    const zipped = await ask(gzipSync(verify()), { 'content-encoding': 'gzip' });
    expect([zipped.status, zipped.content.faultcode]).toEqual([415, 'soapenv:Client']);
    for (const encoding of ['latin1', 'utf16le'] as const) {
      const answer = await ask(Buffer.from(verify().replace(BROKER, 'Nicolò'), encoding));
      expect([answer.status, answer.content.faultcode]).toEqual([500, 'soapenv:Client']);
    }
  });

  test('an action that names another operation; with quotes, without and empty it is the message’s', async () => {
    const [right, wrong] = ['paVerifyPaymentNotice', 'paSendRT'];
    for (const action of [right, `"${right}"`, '""', '']) {
      expect((await ask(verify(), { soapaction: action })).content.outcome).toBe('OK');
    }
    expect((await ask(verify(), { soapaction: wrong })).content).toMatchObject({ faultcode: 'soapenv:Client' });
  });

  test('children in the namespace of the root are not the message’s', async () => {
    const body = verify().replaceAll('paf:', '').replace('xmlns:paf', 'xmlns');
    expect((await ask(body)).content.fault.faultCode).toBe('PAA_SINTASSI_XSD');
  });

  test('an undeclared entity is the five characters it is written with', async () => {
    const answer = await ask(verify().replace(BROKER, '&xxe;'));
    expect(answer.content.fault?.faultCode ?? answer.content.faultcode).toMatch(/INTERMEDIARIO|Client/);
  });
});

const schemas = pagoPaSchemas();
const withSchemas = schemas === null ? test.skip : test;

withSchemas(
  'every message and every fault of this file is valid against the official schema (skipped: the schemas are not beside the repository)',
  async () => {
    const told = answers.filter(({ element }) => element !== '' && element !== 'Fault');
    const kinds = new Set(
      told.map(({ element, content }) => `${element} ${content.fault?.faultCode ?? content.outcome}`),
    );
    const asks = ['paVerifyPaymentNoticeRes', 'paGetPaymentRes', 'paGetPaymentV2Response'];
    const refused = [
      ...['PAA_SINTASSI_XSD', 'PAA_ID_DOMINIO_ERRATO', 'PAA_ID_INTERMEDIARIO_ERRATO', 'PAA_STAZIONE_INT_ERRATA'],
      ...['PAA_PAGAMENTO_SCONOSCIUTO', 'PAA_PAGAMENTO_DUPLICATO', 'PAA_PAGAMENTO_SCADUTO', 'PAA_PAGAMENTO_ANNULLATO'],
    ];
    const receipt = ['PAA_RECEIPT_DUPLICATA', 'PAA_STAZIONE_INT_ERRATA', 'PAA_SINTASSI_XSD', 'PAA_SEMANTICA'];
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        ...asks.flatMap((element) => ['OK', ...refused].map((kind) => `${element} ${kind}`)),
        ...['paSendRTRes', 'paSendRTV2Response'].flatMap((element) =>
          ['OK', ...receipt].map((kind) => `${element} ${kind}`),
        ),
        ...['paVerifyPaymentNoticeRes PAA_SYSTEM_ERROR', 'paGetPaymentRes PAA_SINTASSI_EXTRAXSD'],
        ...['paDemandPaymentNoticeResponse PAA_SYSTEM_ERROR', 'paDemandPaymentNoticeResponse PAA_SINTASSI_XSD'],
      ]),
    );
    // All but the one that is no message on purpose: while the database was away.
    const texts = answers.flatMap(({ element, text }) => (element === '' ? [] : [text]));
    expect(await schemas?.faultsOf(texts)).toEqual([]);
    const broken = texts.find((text) => text.includes('<amount>64.00</amount>'))?.replace('64.00', '64.0') ?? '';
    expect(await schemas?.faultsOf([broken])).not.toEqual([]);
  },
  120_000,
);
