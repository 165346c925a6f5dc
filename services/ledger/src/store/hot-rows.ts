import { cents } from '@campanella/vocabulary';
import type { Command, DecidedBatch, LimitRow, RefusalRow, TransferRow } from '../app/ports.ts';

/**
 * The part of a command that the commit needs and the script does not read: words parted by spaces. A reversal's begins with
 * what it reverses, which the script does read.
 */
export function encodeBody(command: Command): string {
  if (command.type === 'limit') return `${command.changeId} ${command.accountId} ${command.overdraftCents}`;
  const { reverses, debitAccountId, creditAccountId, amountCents, kind, occurredAtMs } = command.transfer;
  return `${reverses ?? '-'} ${debitAccountId} ${creditAccountId} ${amountCents} ${kind} ${occurredAtMs}`;
}

/**
 * Parses one entry of the pending stream: a batch that somebody decided, perhaps a replica that has died.
 *
 * @throws TypeError on another shape: the hot state is then not ours, and must not be committed
 */
export function parseBatch(id: string, fields: readonly string[]): DecidedBatch {
  const value = (name: string): string => {
    const at = fields.indexOf(name);
    const found = fields[at + 1];
    if (at < 0 || found === undefined) throw new TypeError(`a pending batch has no ${name}`);
    return found;
  };
  const transfers: TransferRow[] = [];
  const refusals: RefusalRow[] = [];
  let limit: LimitRow | null = null;
  for (const line of value('rows').split('\n')) {
    const words = line.split(' ');
    if (words[0] === 'T') transfers.push(toTransfer(words));
    else if (words[0] === 'R') refusals.push(toRefusal(words));
    else if (words[0] === 'L') limit = toLimit(words);
    else throw new TypeError('a pending batch has a row of no known kind');
  }
  return {
    firstSeq: whole(value('first')),
    lastSeq: whole(id.split('-')[1]),
    previousHead: value('previous'),
    head: value('head'),
    transfers,
    refusals,
    limit,
  };
}

function toTransfer([
  ,
  seq,
  debitAfter,
  creditAfter,
  transferId,
  reverses,
  debit,
  credit,
  amount,
  kind,
  occurredAt,
]: readonly string[]): TransferRow {
  return {
    seq: whole(seq),
    transferId: word(transferId),
    debitAccountId: whole(debit),
    creditAccountId: whole(credit),
    amountCents: whole(amount),
    kind: word(kind),
    reverses: reverses === '-' ? null : word(reverses),
    occurredAtMs: whole(occurredAt),
    debitAfterCents: debitAfter === '-' ? null : whole(debitAfter),
    creditAfterCents: creditAfter === '-' ? null : whole(creditAfter),
  };
}

function toRefusal([, seq, kind, balance, overdraft, transferId]: readonly string[]): RefusalRow {
  const refusal =
    kind === 'already_reversed'
      ? ({ kind: 'already_reversed' } as const)
      : ({
          kind: 'limit_exceeded',
          balanceCents: cents(whole(balance)),
          overdraftCents: cents(whole(overdraft)),
        } as const);
  return { seq: whole(seq), transferId: word(transferId), refusal };
}

function toLimit([, seq, , , changeId, accountId, overdraft]: readonly string[]): LimitRow {
  return { seq: whole(seq), changeId: word(changeId), accountId: whole(accountId), overdraftCents: whole(overdraft) };
}

function whole(text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isSafeInteger(value))
    throw new TypeError('a pending batch has a number that is none');
  return value;
}

function word(text: string | undefined): string {
  if (text === undefined || text === '') throw new TypeError('a pending batch lacks a word');
  return text;
}
