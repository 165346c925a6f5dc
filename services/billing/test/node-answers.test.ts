import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { validateXML } from 'xmllint-wasm';
import { type Guardian, guardianOf } from './guardian.ts';
import { type Asked, getRequest, receiptRequest, send, verifyRequest } from './node.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { BROKER, CREDITOR_CODE, GUARDIAN_CODE, IBAN, POSTAL_IBAN, STATION } from './town.ts';

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

const ask = (body: string) => send(billing.nodeUrl, body);

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

  test('nothing can be asked for at a desk', async () => {
    const body = verifyRequest({ noticeNumber }).replaceAll('paVerifyPaymentNoticeReq', 'paDemandPaymentNoticeRequest');
    const answer = await ask(body);
    expect(answer.element).toBe('paDemandPaymentNoticeResponse');
    expect(answer.content.fault.faultCode).toBe('PAA_SYSTEM_ERROR');
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
    expect(answer.status).toBe(413);
  });

  test('an undeclared entity is the five characters it is written with', async () => {
    const answer = await ask(verify().replace(BROKER, '&xxe;'));
    expect(answer.content.fault?.faultCode ?? answer.content.faultcode).toMatch(/INTERMEDIARIO|Client/);
  });
});

const SCHEMAS = fileURLToPath(new URL('../../../../shared/reference/pagopa/', import.meta.url));
const withSchemas = existsSync(`${SCHEMAS}wsdl/xsd/paForNode.xsd`) ? test : test.skip;

withSchemas(
  'every answer is valid against the official schema (skipped where the schemas are not beside the repository)',
  async () => {
    const read = (path: string) => readFileSync(`${SCHEMAS}${path}`, 'utf8');
    const schema = {
      fileName: 'paForNode.xsd',
      contents: read('wsdl/xsd/paForNode.xsd').replaceAll(
        /schemaLocation="[^"]*\/([^"/]+\.xsd)"/g,
        'schemaLocation="$1"',
      ),
    };
    const preload = [
      {
        fileName: 'sac-common-types-1.0.xsd',
        contents: read('xsd-common/sac-common-types-1.0.xsd').replaceAll(
          /schemaLocation="[^"]*\/([^"/]+\.xsd)"/g,
          'schemaLocation="$1"',
        ),
      },
    ];
    const { body: order } = await guardian.order();
    const receipt = { noticeNumber: order.noticeNumber, receiptId: randomUUID(), amount: '20.00' };
    const answers = [
      await ask(verifyRequest({ noticeNumber })),
      await ask(verifyRequest({ noticeNumber: '301000000000000144' })),
      await ask(verifyRequest({ noticeNumber: '1' })),
      await ask(getRequest({ noticeNumber, version: 1 })),
      await ask(getRequest({ noticeNumber, version: 1, transferType: 'POSTAL' })),
      await ask(getRequest({ noticeNumber, version: 2 })),
      await ask(getRequest({ noticeNumber, version: 2, transferType: 'PAGOPA' })),
      await ask(getRequest({ noticeNumber, version: 2, idPA: '99999999999' })),
      await ask(receiptRequest({ ...receipt, version: 1 })),
      await ask(receiptRequest({ ...receipt, version: 2 })),
      await ask(receiptRequest({ ...receipt, receiptId: randomUUID(), version: 2 })),
    ];
    for (const { text, element } of answers) {
      const body = /<soapenv:Body>(.*)<\/soapenv:Body>/s.exec(text)?.[1] ?? '';
      // The root alone is in the namespace: the body's element with the declaration that its envelope had.
      const xml = body.replace(
        `<paf:${element}>`,
        `<paf:${element} xmlns:paf="http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd">`,
      );
      const { valid, errors } = await validateXML({
        xml: { fileName: 'answer.xml', contents: xml },
        schema: [schema],
        preload,
      });
      expect({ element, errors: errors.map(({ message }) => message), valid }).toEqual({
        element,
        errors: [],
        valid: true,
      });
    }
  },
  60_000,
);
