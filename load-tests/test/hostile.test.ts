import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ReadPlatform, startReadPlatform } from '../bench-reads/platform.ts';
import { type Answer, PARENTS, Reader, STAFFS } from '../bench-reads/reads.ts';
import type { Operation } from '../src/operations.ts';
import { hostileQuestions, MARK } from './hostile.ts';

const PUPILS = 60;
const QUESTIONS = 80;
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
/** Words of the libraries beneath: no sentence for parents holds one. */
const NOT_ITALIAN =
  /\b(invalid|expected|received|unrecognized|must|required|too (?:small|big|long)|unexpected|syntax|error)\b/i;
/** Short words without which there is hardly a sentence in Italian. */
const ITALIAN = /(?:^|\s)(?:è|non|di|da|il|la|le|per|al|un|si)\s/i;

let platform: ReadPlatform;
let reader: Reader;

beforeAll(async () => {
  process.stdout.write(`FUZZ_SEED=${SEED} asks the same again\n`);
  platform = await startReadPlatform(PUPILS, () => undefined);
  reader = new Reader(platform, 4);
}, 300_000);

afterAll(async () => {
  await reader?.close();
  await platform?.close();
}, 60_000);

/** What every answer keeps, whatever was asked. */
function expectCivil({ status, headers, body }: Answer): void {
  // Away is not broken: there is no Checkout here.
  expect(status === 503 ? body.includes('checkout_away') : status < 500).toBe(true);
  if (status < 400) return;
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem: unknown = JSON.parse(body);
  expect(problem).toMatchObject({
    ...{ status, kind: expect.stringMatching(/^[a-z_]+$/), title: expect.stringMatching(ITALIAN) },
  });
  expect(`${JSON.stringify(headers)}${body}`).not.toContain(MARK);
  expect(body).not.toMatch(NOT_ITALIAN);
}

async function askAnything(operation: Operation): Promise<void> {
  const [family] = reader.familiesFor(operation);
  if (family === undefined) throw new Error('there is a family');
  const asker = operation.isForStaff ? ('office' as const) : family;
  await fc.assert(
    fc.asyncProperty(hostileQuestions(operation, [operation, family, platform.month]), async (question) => {
      expectCivil(await reader.ask(operation, question, asker));
    }),
    { seed: SEED, numRuns: QUESTIONS },
  );
}

describe('whatever is asked, the answer is a refusal in Italian that repeats nothing of it, and never a fault', () => {
  test.each([...PARENTS, ...STAFFS].map((operation) => [operation.key, operation] as const))(
    '%s',
    async (_key, operation) => askAnything(operation),
    120_000,
  );
});
