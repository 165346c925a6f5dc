import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { RunningPart } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { demandRequest, getRequest, type NodeAnswer, receiptRequest, send, verifyRequest } from './node.ts';
import { pagoPaSchemas } from './pagopa-schemas.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 400);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2_147_483_647);
/** More than parsing a few messages of the largest size at once takes; a bomb that went off would take gigabytes. */
const GROWTH_KB_MAX = 300 * 1024;
const NOTICE = '301000000000000144';

let billing: RunningBilling;
let replica: { nodeUrl: string; part: RunningPart };

beforeAll(async () => {
  billing = await runBilling();
  replica = await billing.startReplica();
}, 120_000);

afterAll(async () => {
  await billing?.close();
}, 60_000);

const message = fc.constantFrom(
  () => verifyRequest({ noticeNumber: NOTICE }),
  () => getRequest({ noticeNumber: NOTICE, version: 1 }),
  () => getRequest({ noticeNumber: NOTICE, version: 2, transferType: 'PAGOPA' }),
  () => receiptRequest({ noticeNumber: NOTICE, receiptId: randomUUID(), amount: '20.00', version: 1 }),
  () => receiptRequest({ noticeNumber: NOTICE, receiptId: randomUUID(), amount: '20.00', version: 2 }),
  () => demandRequest(),
);

/** Puts something behind one of a message's tags. */
const into = (text: string, at: number, more: string) => {
  const ends = [...text.matchAll(/>/g)].map(({ index }) => index + 1);
  const place = ends[at % ends.length] ?? 0;
  return text.slice(0, place) + more + text.slice(place);
};
const at = fc.nat(200);
const name = fc.constantFrom('__proto__', 'constructor', 'toString', 'idPA', 'outcome', 'x', 'a:b', 'xmlns', 'Body');
type Damage = (text: string) => string | Buffer;

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.constant<Damage>((text) => text),
  // Truncated.
  fc.nat(2_000).map<Damage>((length) => (text) => text.slice(0, length)),
  // Bytes in between, of any kind.
  fc.tuple(fc.nat(2_000), fc.uint8Array({ minLength: 1, maxLength: 40 })).map<Damage>(([place, bytes]) => (text) => {
    const whole = Buffer.from(text);
    return Buffer.concat([whole.subarray(0, place), bytes, whole.subarray(place)]);
  }),
  // Deep, from what is read to what would end a recursion.
  fc.tuple(at, fc.integer({ min: 10, max: 20_000 })).map<Damage>(
    ([place, depth]) =>
      (text) =>
        into(text, place, '<a>'.repeat(depth) + '</a>'.repeat(depth)),
  ),
  // Huge: a text, a name, attributes, siblings, comments.
  fc.tuple(at, fc.integer({ min: 1, max: 400_000 }), fc.nat(5)).map<Damage>(([place, size, kind]) => (text) => {
    const many = (one: string) => one.repeat(Math.ceil(size / one.length));
    const huge = [
      'x'.repeat(size),
      `<${'x'.repeat(size)}/>`,
      `<a ${many('b="c" ')}/>`,
      many('<a/>'),
      `<!--${'x'.repeat(size)}-->`,
      `<![CDATA[${'<'.repeat(size)}]]>`,
    ];
    return into(text, place, huge[kind] ?? '');
  }),
  // Entities that grow, from outside, undeclared, by numbers.
  fc.tuple(at, fc.nat(4)).map<Damage>(([place, kind]) => (text) => {
    const lines = Array.from({ length: 20 }, (_, one) => `<!ENTITY e${one + 1} "${`&e${one};`.repeat(10)}">`);
    const types = [
      `<!DOCTYPE x [<!ENTITY e0 "boom">${lines.join('')}]>`,
      '<!DOCTYPE x [<!ENTITY e20 SYSTEM "file:///etc/passwd">]>',
      '<!DOCTYPE x PUBLIC "a" "http://127.0.0.1:9/x.dtd">',
      '',
      '',
    ];
    return (types[kind] ?? '') + into(text, place, kind === 4 ? '&#x0;&#xD800;&#99999999;' : '&e20;');
  }),
  // Wrong namespaces and prefixes.
  fc.constantFrom<Damage>(
    (text) => text.replace('/pa/paForNode.xsd', '/node/nodeForPa.xsd'),
    (text) => text.replace('schemas.xmlsoap.org/soap/envelope', 'www.w3.org/2003/05/soap-envelope'),
    (text) => text.replaceAll('paf:', ''),
    (text) => text.replaceAll('paf:', 'soapenv:'),
    (text) => text.replace('xmlns:paf', 'xmlns'),
    (text) => text.replace(/<(\/?)idPA>/g, '<$1paf:idPA>'),
    (text) => text.replaceAll('soapenv:', ''),
  ),
  // Extra and repeated elements, also with names that mean something to the language.
  fc.tuple(at, name, fc.string({ maxLength: 20 })).map<Damage>(([place, one, inner]) => (text) => {
    const escaped = inner.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return into(text, place, `<${one}>${escaped}</${one}>`);
  }),
  // Wrong encodings, said and unsaid.
  fc
    .tuple(
      fc.constantFrom<BufferEncoding>('latin1', 'utf16le', 'base64', 'utf8'),
      fc.constantFrom('UTF-8', 'UTF-16', 'x'),
    )
    .map<Damage>(
      ([encoding, declared]) =>
        (text) =>
          Buffer.from(`<?xml version="1.0" encoding="${declared}"?>${text.replace('Zefiro', 'Zefirò')}`, encoding),
    ),
  // Values that no field takes.
  fc.tuple(fc.nat(40), fc.string({ unit: 'binary', maxLength: 60 })).map<Damage>(([which, value]) => (text) => {
    let index = 0;
    return text.replaceAll(/>([^<]+)</g, (whole) => (index++ === which ? `>${value}<` : whole));
  }),
);

const action = fc.option(
  fc.constantFrom('paVerifyPaymentNotice', '"paGetPaymentV2"', 'paSendRT', '""', 'paGiveMoney', '../../x'),
  { nil: undefined },
);

/** The body in pieces, without a length said before. */
function inPieces(body: string | Buffer): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(body);
  let place = 0;
  return new ReadableStream({
    pull(controller) {
      const piece = bytes.subarray(place, place + 1_499);
      place += piece.length;
      if (piece.length === 0) controller.close();
      else controller.enqueue(piece);
    },
  });
}

const residentKb = (): number =>
  Number(
    execFileSync('ps', ['-o', 'rss=', '-p', String(replica.part.pid)])
      .toString()
      .trim(),
  );

test('whatever is sent to the node’s port, the answer is a message of the node or a fault of SOAP, and billing lives', async () => {
  process.stdout.write(`fuzz of the SOAP port: FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}\n`);
  const answers: NodeAnswer[] = [];
  const before = residentKb();
  let most = before;
  await fc.assert(
    fc.asyncProperty(message, damage, action, fc.boolean(), async (make, harm, soapaction, isChunked) => {
      const body = harm(make());
      const answer = await send(
        replica.nodeUrl,
        isChunked ? inPieces(body) : body,
        soapaction === undefined ? {} : { soapaction },
      );
      answers.push(answer);
      if (answer.status === 200) expect(answer.content.outcome).toMatch(/^(?:OK|KO)$/);
      else expect([answer.element, answer.content.faultcode]).toEqual(['Fault', 'soapenv:Client']);
      most = Math.max(most, answers.length % 20 === 0 ? residentKb() : 0);
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
  expect(most - before).toBeLessThan(GROWTH_KB_MAX);
  // Nothing that was sent has ended the process, or stays in it: the next question is answered as ever.
  const asked = await send(replica.nodeUrl, verifyRequest({ noticeNumber: NOTICE }));
  expect(asked.content.fault.faultCode).toBe('PAA_PAGAMENTO_SCONOSCIUTO');
  expect(new Set(answers.map(({ status }) => status)).size).toBeGreaterThan(1);
  const schemas = pagoPaSchemas();
  if (schemas === null) process.stdout.write('not held against the schema: it is not beside the repository\n');
  else expect(await schemas.faultsOf(answers.map(({ text }) => text))).toEqual([]);
  process.stdout.write(
    `${answers.length} answers, ${answers.filter(({ status }) => status === 200).length} of them messages, memory +${most - before} kB\n`,
  );
}, 180_000);
