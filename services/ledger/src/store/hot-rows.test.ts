import { type AccountId, cents, id, numberId, type TransferId } from '@campanella/vocabulary';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Command, TransferCommand } from '../app/ports.ts';
import { TRANSFER_KINDS } from '../domain/transfer.ts';
import { encodeBody, parseBatch } from './hot-rows.ts';

const ids = fc.uuid().map((text) => id<TransferId>(text));
const accountIds = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map((value) => numberId<AccountId>(value));
const balances = fc.option(fc.maxSafeInteger());

const commands: fc.Arbitrary<TransferCommand> = fc
  .record({
    transferId: ids,
    municipalityId: fc.constant(numberId<TransferCommand['transfer']['municipalityId']>(1)),
    debitAccountId: accountIds,
    creditAccountId: accountIds,
    amountCents: fc.integer({ min: 1, max: 100_000_000 }).map(cents),
    kind: fc.constantFrom(...TRANSFER_KINDS),
    reverses: fc.option(ids),
    occurredAtMs: fc.integer({ min: 946_684_800_000, max: 4_102_444_799_999 }),
  })
  .map((transfer) => ({ type: 'transfer', transfer, debitHousehold: null, creditHousehold: null, isRetry: false }));

const fields = (rows: readonly string[], first: number) => [
  'first',
  String(first),
  'previous',
  'before',
  'head',
  'after',
  'rows',
  rows.join('\n'),
];

describe('a pending batch', () => {
  test('gives back every transfer as it was decided', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(commands, balances, balances), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 2 ** 40 }),
        (decided, first) => {
          const rows = decided.map(
            ([command, debit, credit], index) =>
              `T ${first + index} ${debit ?? '-'} ${credit ?? '-'} ${command.transfer.transferId} ${encodeBody(command)}`,
          );
          const batch = parseBatch(`0-${first + rows.length - 1}`, fields(rows, first));
          expect(batch).toMatchObject({
            firstSeq: first,
            lastSeq: first + rows.length - 1,
            previousHead: 'before',
            head: 'after',
          });
          expect(batch.transfers).toEqual(
            decided.map(([{ transfer }, debitAfterCents, creditAfterCents], index) => {
              const { municipalityId: _, ...kept } = transfer;
              return { ...kept, seq: first + index, debitAfterCents, creditAfterCents };
            }),
          );
        },
      ),
    );
  });

  test('gives back refusals with their facts, and a change of limit', () => {
    const limit: Command = {
      type: 'limit',
      changeId: id('01980000-0000-7000-8000-000000000001'),
      accountId: numberId(12),
      overdraftCents: cents(500),
      isRetry: false,
    };
    const transferId = '01980000-0000-7000-8000-000000000002';
    const rows = [
      `R 4 limit_exceeded -300 500 ${transferId}`,
      `R 5 already_reversed - - ${transferId}`,
      `L 6 - - ${encodeBody(limit)}`,
    ];
    const batch = parseBatch('0-6', fields(rows, 4));
    expect(batch.refusals).toEqual([
      { seq: 4, transferId, refusal: { kind: 'limit_exceeded', balanceCents: -300, overdraftCents: 500 } },
      { seq: 5, transferId, refusal: { kind: 'already_reversed' } },
    ]);
    expect(batch.limit).toEqual({ seq: 6, changeId: limit.changeId, accountId: 12, overdraftCents: 500 });
  });

  test.each([
    ['of no known kind', ['X 1']],
    ['cut off', ['T 1 - -']],
    ['with a word for a number', ['T one - - a - 1 2 3 meal 4']],
    ['with a number beyond exactness', ['T 9007199254740993 - - a - 1 2 3 meal 4']],
  ])('with a row %s is not ours', (_what, rows) => {
    expect(() => parseBatch('0-1', fields(rows, 1))).toThrow(TypeError);
  });

  test('without a field is not ours', () => {
    expect(() => parseBatch('0-1', fields(['R 1 already_reversed - - a'], 1).slice(2))).toThrow(/has no first/);
  });
});
