import type { Database, Queryable, Statement } from '@campanella/postgres';
import { type AccountId, cents, id, numberId, type TransferId } from '@campanella/vocabulary';
import type { ColdAccount, CommitRefusal, DecidedBatch, Journal, JournalPosition, LimitRow } from '../app/ports.ts';
import type { JournalEntry } from '../domain/answer.ts';
import type { KeptRefusal, TransferKind } from '../domain/transfer.ts';

const FENCED = 'LG001';
const DIVERGED = 'LG002';
const UNIQUE_VIOLATION = '23505';

/** The journal in PostgreSQL. */
export function journal(database: Database): Journal {
  return {
    commit: (shard, epoch, batches) => commit(database, shard, epoch, batches),
    withShardLocked: (shard, work) =>
      database.transaction(async (tx) => {
        const { rows } = await tx.query<{ epoch: number; last_seq: number; head: string }>({
          name: 'lock_shard',
          text: 'select epoch, last_seq, head from shards where shard = $1 for update',
          values: [shard],
        });
        const [row] = rows;
        if (row === undefined) throw new RangeError(`there is no shard ${shard}`);
        const position: JournalPosition = { epoch: row.epoch, lastSeq: row.last_seq, head: row.head };
        return work(position, {
          commit: (epoch, batches) => commit(tx, shard, epoch, batches),
          beginEpoch: async (epoch) => {
            await tx.query({
              name: 'begin_epoch',
              text: 'update shards set epoch = $2 where shard = $1',
              values: [shard, epoch],
            });
          },
        });
      }),
    findEntries: (shard, ids) => findEntries(database, shard, ids),
    async hasLimitChange(shard, changeId) {
      const { rowCount } = await database.query({
        name: 'find_limit_change',
        text: 'select from limit_changes where shard = $1 and change_id = $2',
        values: [shard, changeId],
      });
      return rowCount > 0;
    },
    async isReversedByAnother(shard, transferId, reversalId) {
      const { rowCount } = await database.query({
        name: 'find_reversal',
        text: 'select from transfers where shard = $1 and reverses = $2 and transfer_id <> $3',
        values: [shard, transferId, reversalId],
      });
      return rowCount > 0;
    },
    async loadColdAccounts(shard, accountIds) {
      const { rows } = await database.query<{ account_id: number; balance_cents: number; overdraft_cents: number }>({
        name: 'load_cold_accounts',
        text: `select account_id, balance_cents, overdraft_cents from accounts
                where account_id = any($2::bigint[]) and shard = $1 and kind = 'household'`,
        values: [shard, literal(accountIds)],
      });
      return rows.map(
        (row): ColdAccount => ({
          accountId: row.account_id,
          balanceCents: row.balance_cents,
          overdraftCents: row.overdraft_cents,
        }),
      );
    },
  };
}

async function commit(
  on: Queryable,
  shard: number,
  epoch: number,
  batches: readonly DecidedBatch[],
): Promise<'committed' | CommitRefusal> {
  try {
    await on.query(commitStatement(shard, epoch, batches));
    return 'committed';
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    if (code === FENCED) return 'fenced';
    if (code === DIVERGED || code === UNIQUE_VIOLATION) return 'diverged';
    throw cause;
  }
}

/** One statement for any number of consecutive batches. Arrays are written as literals: the driver's own way costs several times more. */
export function commitStatement(shard: number, epoch: number, batches: readonly DecidedBatch[]): Statement {
  const first = batches[0];
  const last = batches.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a commit needs a batch');
  const seqs: number[] = [];
  const ids: string[] = [];
  const debits: number[] = [];
  const credits: number[] = [];
  const amounts: number[] = [];
  const debitAfters: (number | null)[] = [];
  const creditAfters: (number | null)[] = [];
  const kinds: string[] = [];
  const reverses: (string | null)[] = [];
  const occurred: number[] = [];
  const households = new Map<number, { delta: number; final: number }>();
  const sums = new Map<number, number>();
  let limit: LimitRow | null = null;
  const move = (accountId: number, delta: number, final: number | null) => {
    if (final === null) sums.set(accountId, (sums.get(accountId) ?? 0) + delta);
    else households.set(accountId, { delta: (households.get(accountId)?.delta ?? 0) + delta, final });
  };
  for (const batch of batches) {
    limit ??= batch.limit;
    for (const row of batch.transfers) {
      seqs.push(row.seq);
      ids.push(row.transferId);
      debits.push(row.debitAccountId);
      credits.push(row.creditAccountId);
      amounts.push(row.amountCents);
      debitAfters.push(row.debitAfterCents);
      creditAfters.push(row.creditAfterCents);
      kinds.push(row.kind);
      reverses.push(row.reverses);
      occurred.push(row.occurredAtMs);
      move(row.debitAccountId, -row.amountCents, row.debitAfterCents);
      move(row.creditAccountId, row.amountCents, row.creditAfterCents);
    }
  }
  const refusals = batches.flatMap((batch) => batch.refusals);
  const householdIds = [...households.keys()].sort((a, b) => a - b);
  const sumIds = [...sums.keys()].sort((a, b) => a - b);
  return {
    name: 'ledger_commit',
    text: `select ledger_commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                                $22, $23, $24, $25, $26, $27, $28, $29)`,
    values: [
      ...[shard, epoch, first.firstSeq, last.lastSeq, first.previousHead, last.head],
      ...[literal(seqs), literal(ids), literal(debits), literal(credits), literal(amounts)],
      ...[literal(debitAfters), literal(creditAfters), literal(kinds), literal(reverses), literal(occurred)],
      literal(householdIds),
      literal(householdIds.map((accountId) => households.get(accountId)?.delta ?? 0)),
      literal(householdIds.map((accountId) => households.get(accountId)?.final ?? 0)),
      ...[literal(sumIds), literal(sumIds.map((accountId) => sums.get(accountId) ?? 0))],
      ...[literal(refusals.map(({ seq }) => seq)), literal(refusals.map(({ transferId }) => transferId))],
      literal(refusals.map(({ refusal }) => refusal.kind)),
      refusals.map(({ refusal }) => JSON.stringify(factsOf(refusal))),
      ...[limit?.seq ?? null, limit?.changeId ?? null, limit?.accountId ?? null, limit?.overdraftCents ?? null],
    ],
  };
}

function factsOf(refusal: KeptRefusal): Record<string, number> {
  return refusal.kind === 'already_reversed'
    ? {}
    : { balance_cents: refusal.balanceCents, overdraft_cents: refusal.overdraftCents };
}

/** A PostgreSQL array literal of numbers, UUIDs and our own words: nothing in it needs quotes. */
function literal(values: readonly (number | string | null)[]): string {
  let text = '{';
  for (let index = 0; index < values.length; index += 1) text += `${index === 0 ? '' : ','}${values[index] ?? 'null'}`;
  return `${text}}`;
}

interface EntryRow {
  readonly transfer_id: string;
  readonly seq: number;
  readonly municipality_id: number | null;
  readonly debit_account_id: number | null;
  readonly credit_account_id: number | null;
  readonly amount_cents: number | null;
  readonly debit_after: number | null;
  readonly credit_after: number | null;
  readonly kind: string;
  readonly reverses: string | null;
  readonly occurred_at: Date | null;
  readonly posted_at: Date;
  readonly facts: { readonly balance_cents?: number; readonly overdraft_cents?: number } | null;
}

async function findEntries(
  on: Queryable,
  shard: number,
  ids: readonly TransferId[],
): Promise<Map<TransferId, JournalEntry>> {
  if (ids.length === 0) return new Map();
  const { rows } = await on.query<EntryRow>({
    name: 'find_entries',
    text: `select t.transfer_id, t.seq, a.municipality_id, t.debit_account_id, t.credit_account_id, t.amount_cents,
                  t.debit_balance_after_cents as debit_after, t.credit_balance_after_cents as credit_after,
                  t.kind, t.reverses, t.occurred_at, t.posted_at, null as facts
             from transfers t join accounts a on a.account_id = t.debit_account_id
            where t.shard = $1 and t.transfer_id = any($2::uuid[])
           union all
           select transfer_id, seq, null, null, null, null, null, null, kind, null, null, refused_at, facts
             from refusals where shard = $1 and transfer_id = any($2::uuid[])`,
    values: [shard, literal(ids)],
  });
  return new Map(rows.map((row) => [id<TransferId>(row.transfer_id), toEntry(row)]));
}

function toEntry(row: EntryRow): JournalEntry {
  if (row.facts !== null) return { kind: 'refusal', refusal: toRefusal(row), refusedAtMs: row.posted_at.getTime() };
  const present = <Value>(value: Value | null): Value => {
    if (value === null) throw new TypeError('a transfer lacks a column');
    return value;
  };
  return {
    kind: 'transfer',
    postedAtMs: row.posted_at.getTime(),
    transfer: {
      transferId: id(row.transfer_id),
      municipalityId: numberId(present(row.municipality_id)),
      debitAccountId: numberId<AccountId>(present(row.debit_account_id)),
      creditAccountId: numberId<AccountId>(present(row.credit_account_id)),
      amountCents: cents(present(row.amount_cents)),
      kind: row.kind as TransferKind,
      reverses: row.reverses === null ? null : id(row.reverses),
      occurredAtMs: present(row.occurred_at).getTime(),
    },
    accepted: {
      kind: 'accepted',
      seq: row.seq,
      debitBalanceAfterCents: row.debit_after === null ? null : cents(row.debit_after),
      creditBalanceAfterCents: row.credit_after === null ? null : cents(row.credit_after),
    },
  };
}

function toRefusal({ kind, facts }: EntryRow): KeptRefusal {
  if (kind === 'already_reversed') return { kind };
  return {
    kind: 'limit_exceeded',
    balanceCents: cents(facts?.balance_cents ?? 0),
    overdraftCents: cents(facts?.overdraft_cents ?? 0),
  };
}
