import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Family, type ReadPlatform, startReadPlatform } from '../bench-reads/platform.ts';
import { type Answer, type Guess, guessesOf, guessFor, PARENTS, Reader, STAFFS } from '../bench-reads/reads.ts';
import { questionOf } from '../src/asking.ts';
import { isIdentifier, isMadeByCaller, type Operation, readOperations, type Schema } from '../src/operations.ts';

const PUPILS = 60;
const NOT_FOUND = {
  type: 'about:blank',
  title: "Consultazione non possibile, verificare il codice fiscale dell'utente",
  status: 404,
  kind: 'not_found',
};
/** What is done and says so, whether there was anything to do or not. */
const SAYS_NOTHING: Readonly<Record<string, number>> = { 'POST /api/billing/carts/{cartId}/end': 204 };

let platform: ReadPlatform;
let reader: Reader;
let own: Family;
let stranger: Family;

beforeAll(async () => {
  platform = await startReadPlatform(PUPILS, () => undefined, 'debug');
  reader = new Reader(platform, 4);
  const families = platform.families.filter(({ prepaidPupilId }) => prepaidPupilId !== null);
  [own, stranger] = families as [Family, Family];
}, 300_000);

afterAll(async () => {
  await reader?.close();
  await platform?.close();
}, 60_000);

/** All that an answer says, but for what says nothing about the question: when it was, and which request. */
function said({ status, headers, body }: Answer): string {
  const { date: _date, 'x-request-id': _requestId, ...rest } = headers;
  return JSON.stringify([status, Object.entries(rest).sort(), body]);
}

/** Every way to mix what is one's own with what is not: each name alone, and all together. */
function mixesOf(names: readonly string[]): readonly (readonly string[])[] {
  return names.length > 1 ? [...names.map((name) => [name]), names] : [names];
}

function ask(operation: Operation, changes: Readonly<Record<string, unknown>>, family: Family | 'office' = own) {
  return reader.ask(operation, reader.questionOf(operation, own, changes), family);
}

function changesOf(operation: Operation, names: readonly string[], kind: keyof Guess) {
  return Object.fromEntries(names.map((name) => [name, guessFor(operation, name, stranger)[kind]]));
}

const guessed = PARENTS.filter((operation) => guessesOf(operation).length > 0);

describe('a guardian who guesses ids', () => {
  test.each(guessed.map((operation) => [operation.key, operation] as const))(
    '%s: what is somebody else’s and what there is not are one answer, to the byte',
    async (key, operation) => {
      const answers: Answer[] = [];
      for (const names of mixesOf(guessesOf(operation))) {
        for (const kind of ['theirs', 'absent'] as const) {
          answers.push(await ask(operation, changesOf(operation, names, kind)));
        }
      }
      for (const { in: place, name } of operation.parameters) {
        if (place === 'path' && !(key in SAYS_NOTHING)) answers.push(await ask(operation, { [name]: 'no-id' }));
      }
      expect(new Set(answers.map(said)).size).toBe(1);
      const [{ status, headers, body }] = answers as [Answer];
      expect(status).toBe(SAYS_NOTHING[key] ?? 404);
      if (key in SAYS_NOTHING) return;
      expect(JSON.parse(body)).toEqual(NOT_FOUND);
      expect(headers).toMatchObject({
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
      });
    },
  );

  test.each([
    [
      'instalments, one of them one’s own',
      'instalmentIds',
      () => [own.instalmentId, stranger.instalmentId],
      () => [own.instalmentId, randomUUID()],
    ],
    [
      'top-ups, one of them one’s own',
      'orderIds',
      () => [own.orderId, stranger.orderId],
      () => [own.orderId, randomUUID()],
    ],
    ['an instalment that is paid', 'instalmentIds', () => [stranger.paidInstalmentId], () => [randomUUID()]],
    ['an instalment that is in a cart', 'instalmentIds', () => [stranger.cartId], () => [randomUUID()]],
  ] as const)(
    'a cart with somebody else’s %s is refused like one with what there is not',
    async (_what, name, theirs, absent) => {
      const cart = operationOf('POST /api/billing/carts');
      const answers = [await ask(cart, { [name]: theirs() }), await ask(cart, { [name]: absent() })];
      expect(new Set(answers.map(said)).size).toBe(1);
      expect(answers[0]?.status).toBe(404);
      const payables = await ask(operationOf('GET /api/billing/payables'), {});
      expect(payables.body).toContain(`"instalmentId":"${own.instalmentId}"`);
      expect(payables.body.match(/"isInVerification":true/g)).toHaveLength(1);
    },
  );

  test('nothing of somebody else’s is changed by a guess: the cart goes on, the top-up waits', async () => {
    for (const key of ['POST /api/billing/carts/{cartId}/end', 'POST /api/billing/top-ups/{orderId}/cancellation']) {
      const operation = operationOf(key);
      await ask(operation, changesOf(operation, guessesOf(operation), 'theirs'));
    }
    const { rows } = await platform.databases.billing.query(
      `select state, cart_id from positions where subject_id = any($1::uuid[]) order by cart_id nulls last`,
      [[stranger.cartId, stranger.orderId]],
    );
    expect(rows).toEqual([
      { state: 'open', cart_id: stranger.cartId },
      { state: 'open', cart_id: null },
    ]);
  });

  test.each(['POST /api/billing/top-ups', 'POST /api/attendance/pupils/{pupilId}/absences'])(
    '%s: an id that somebody else made already is refused like one’s own that was used for something else',
    async (key) => {
      const operation = operationOf(key);
      const [name = ''] = operation.parameters.filter(isMadeByCaller).map((one) => one.name);
      const [mine, theirs] = [randomUUID(), randomUUID()];
      const changed = key.includes('absences') ? { type: 'light_meal' } : { amountCents: 1_100 };
      expect((await ask(operation, { [name]: mine })).status).toBe(200);
      const question = questionOf(operation, stranger, platform.month, { [name]: theirs });
      expect((await reader.ask(operation, question, stranger)).status).toBe(200);
      const answers = [await ask(operation, { [name]: mine, ...changed }), await ask(operation, { [name]: theirs })];
      expect(new Set(answers.map(said)).size).toBe(1);
      expect(answers[0]?.status).toBe(409);
    },
  );
});

describe('a guardian at the office’s door', () => {
  test.each(STAFFS.map((operation) => [operation.key, operation] as const))(
    '%s: is told that there is nothing, whatever is asked for',
    async (_key, operation) => {
      const answers = [await ask(operation, {})];
      for (const kind of ['theirs', 'absent'] as const) {
        answers.push(await ask(operation, changesOf(operation, guessesOf(operation), kind)));
      }
      answers.push(await ask(operation, Object.fromEntries(guessesOf(operation).map((name) => [name, 'no id']))));
      expect(new Set(answers.map(said)).size).toBe(1);
      expect(answers[0]).toMatchObject({ status: 404, body: JSON.stringify(NOT_FOUND) });
    },
  );
});

test('no log line of a guess says what was guessed', async () => {
  const absent = randomUUID();
  for (const operation of guessed) {
    for (const name of guessesOf(operation)) {
      const value = Array.isArray(guessFor(operation, name, stranger).absent) ? [absent] : absent;
      await ask(operation, { [name]: value });
    }
  }
  const lines = platform.output();
  expect(lines).toContain('request answered');
  expect(lines).not.toContain(absent);
});

test('no guardian’s operation takes an id deeper in its body than these guesses go', () => {
  const deeper = readOperations()
    .filter(({ isForStaff }) => !isForStaff)
    .flatMap(({ key, parameters }) => parameters.flatMap((one) => nested(one.schema).map((name) => `${key} ${name}`)));
  expect(deeper).toEqual([]);
});

function nested({ properties = {}, items, anyOf = [] }: Schema): readonly string[] {
  return [
    ...Object.entries(properties).flatMap(([name, schema]) => [
      ...(isIdentifier({ name, schema }) ? [name] : []),
      ...nested(schema),
    ]),
    ...(items === undefined ? [] : nested(items)),
    ...anyOf.flatMap(nested),
  ];
}

function operationOf(key: string): Operation {
  const found = readOperations().find((one) => one.key === key);
  if (found === undefined) throw new Error(`no description has ${key} any more: this test asks it`);
  return found;
}
