import { type Database, openDatabase } from '@campanella/postgres';
import { AccountMemory } from '../src/app/account-memory.ts';
import type { HotState } from '../src/app/ports.ts';
import { Posting } from '../src/app/post-transfers.ts';
import type { Transfer } from '../src/domain/transfer.ts';
import { accounts as accountsIn } from '../src/store/accounts.ts';
import { openHotState } from '../src/store/hot-state.ts';
import { commitStatement, journal as journalIn } from '../src/store/journal.ts';
import { logger, readAccounts } from './town.ts';

/** One way to post debits. */
export interface Design {
  readonly database: Database;
  /** Most debits that are kept under way: each design with what suits it best. */
  readonly underWay: number;
  /** Posts debits; `settle` is called for each when it is durable. */
  post(transfers: readonly Transfer[], settle: () => void): void;
  stop(): Promise<void>;
}

const NAIVE_CONNECTIONS = 32;
const OURS_UNDER_WAY = 4_000;
const BARE_ROWS = 100;

/**
 * Design 1, as one writes it first and honestly well: a transaction for each debit, both rows locked in the order of their ids, every
 * statement prepared, one connection for each debit under way.
 */
export async function naiveDesign(url: string): Promise<Design> {
  const database = openDatabase({ url, applicationName: 'bench-naive', poolMax: NAIVE_CONNECTIONS }, logger);
  await database.query({ text: 'create sequence if not exists naive_seq' });
  const postOne = (transfer: Transfer) =>
    database.transaction(async (tx) => {
      const { transferId, debitAccountId, creditAccountId, amountCents, kind, occurredAtMs } = transfer;
      const { rows } = await tx.query<{ account_id: number; balance_cents: number; overdraft_cents: number }>({
        name: 'naive_lock',
        text: `select account_id, balance_cents, overdraft_cents from accounts where account_id in ($1, $2)
                order by account_id for update`,
        values: [debitAccountId, creditAccountId],
      });
      const debit = rows.find((row) => row.account_id === debitAccountId);
      if (debit === undefined || debit.balance_cents - amountCents < -debit.overdraft_cents)
        throw new Error('past the limit');
      await tx.query({
        name: 'naive_insert',
        text: `insert into transfers (shard, seq, transfer_id, debit_account_id, credit_account_id, amount_cents,
                                      debit_balance_after_cents, kind, occurred_at)
               values (0, nextval('naive_seq'), $1, $2, $3, $4, $5, $6, to_timestamp($7::double precision / 1000))`,
        values: [
          transferId,
          debitAccountId,
          creditAccountId,
          amountCents,
          debit.balance_cents - amountCents,
          kind,
          occurredAtMs,
        ],
      });
      await tx.query({
        name: 'naive_update',
        text: `update accounts set balance_cents = balance_cents + case account_id when $1 then -$3::bigint else $3::bigint end
                where account_id in ($1, $2)`,
        values: [debitAccountId, creditAccountId, amountCents],
      });
    });
  return {
    database,
    underWay: NAIVE_CONNECTIONS,
    post(transfers, settle) {
      for (const transfer of transfers) void postOne(transfer).then(settle);
    },
    stop: () => database.stop(),
  };
}

export interface OursDesign extends Design {
  readonly hotState: HotState;
}

/** The ledger as main.ts wires it, without gRPC. */
export async function oursDesign(url: string, redisUrl: string): Promise<OursDesign> {
  const database = openDatabase({ url, applicationName: 'bench-ours', statementTimeoutMs: 60_000 }, logger);
  const hotState = openHotState({ url: redisUrl }, logger);
  await hotState.start();
  const accounts = accountsIn(database);
  const memory = new AccountMemory(accounts);
  // A ledger that has run for a while knows its accounts; how long the first debit of each takes is not what is measured.
  const { households, revenues } = await readAccounts(database);
  await memory.load([...households, ...revenues]);
  const posting = new Posting({
    journal: journalIn(database),
    hotState,
    accounts,
    memory,
    clock: { now: () => new Date() },
    onRecovered: () => {},
    onCommitted: () => {},
  });
  return {
    database,
    hotState,
    underWay: OURS_UNDER_WAY,
    post(transfers, settle) {
      const asked = transfers.map((transfer) => ({ transfer, isRetry: false }));
      void posting.post(asked, (_index, answer) => {
        if (answer.kind !== 'accepted') throw new Error(`a debit was ${JSON.stringify(answer)}`);
        settle();
      });
    },
    async stop() {
      await posting.drained();
      await hotState.stop();
      await database.stop();
    },
  };
}

/** The commit alone, 100 rows at a time, one after the other: nothing decides, nothing is forgotten, nothing is answered. */
export async function bareDesign(url: string): Promise<Design> {
  const database = openDatabase({ url, applicationName: 'bench-bare', statementTimeoutMs: 60_000 }, logger);
  const { rows } = await database.query<{ last_seq: number; head: string }>({
    text: 'select last_seq, head from shards where shard = 0',
  });
  let { lastSeq, head } = { lastSeq: rows[0]?.last_seq ?? 0, head: rows[0]?.head ?? '0' };
  const read = await database.query<{ account_id: number; balance_cents: number }>({
    text: "select account_id, balance_cents from accounts where kind = 'household'",
  });
  const balances = new Map(read.rows.map((row) => [row.account_id, row.balance_cents]));
  const waiting: { readonly transfer: Transfer; readonly settle: () => void }[] = [];
  let isCommitting = false;

  async function commitAll(): Promise<void> {
    if (isCommitting) return;
    isCommitting = true;
    while (waiting.length > 0) {
      const page = waiting.splice(0, BARE_ROWS);
      const batch = {
        firstSeq: lastSeq + 1,
        lastSeq: lastSeq + page.length,
        previousHead: head,
        head: String(lastSeq + page.length),
        refusals: [],
        limit: null,
        transfers: page.map(({ transfer }, index) => {
          const after = (balances.get(transfer.debitAccountId) ?? 0) - transfer.amountCents;
          balances.set(transfer.debitAccountId, after);
          return { ...transfer, seq: lastSeq + 1 + index, debitAfterCents: after, creditAfterCents: null };
        }),
      };
      await database.query(commitStatement(0, 1, [batch]));
      ({ lastSeq, head } = batch);
      for (const { settle } of page) settle();
    }
    isCommitting = false;
  }

  return {
    database,
    underWay: 1_000,
    post(transfers, settle) {
      for (const transfer of transfers) waiting.push({ transfer, settle });
      void commitAll();
    },
    stop: () => database.stop(),
  };
}
