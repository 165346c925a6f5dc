import {
  LedgerServiceService,
  type PostTransferRequest,
  type PostTransferResponse,
  RefusalKind,
  type Transfer,
  type TransferOutcome,
} from '@campanella/proto/ledger/v1/ledger';
import { type handleUnaryCall, status } from '@grpc/grpc-js';
import pg from 'pg';
import { serveNaive } from './naive-server.ts';

// The comparison's ledger, as one writes it first: a unary call, one transaction per debit, both accounts locked in id
// order, the balance checked, the transfer stored under its id. It is correct; statements are prepared and pooled.
const TABLES = `
  create table if not exists naive_accounts (account_id bigint primary key, balance_cents bigint not null, overdraft_cents bigint);
  create table if not exists naive_transfers (
    transfer_id uuid primary key, municipality_id bigint not null, debit_account_id bigint not null,
    credit_account_id bigint not null, amount_cents bigint not null, occurred_at timestamptz not null,
    posted_at timestamptz not null default now());
  create index if not exists naive_transfers_by_account on naive_transfers (debit_account_id, posted_at desc);`;

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 16 });
await pool.query(TABLES);

async function post(transfer: Transfer): Promise<TransferOutcome> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const outcome = await postIn(client, transfer);
    await client.query('commit');
    return outcome;
  } catch (cause) {
    await client.query('rollback');
    throw cause;
  } finally {
    client.release();
  }
}

async function postIn(client: pg.PoolClient, transfer: Transfer): Promise<TransferOutcome> {
  const { transferId, municipalityId, debitAccountId, creditAccountId, amountCents, occurredAtMs } = transfer;
  const { rows } = await client.query<{ account_id: string; balance_cents: string; overdraft_cents: string | null }>({
    name: 'lock',
    text: 'select account_id, balance_cents, overdraft_cents from naive_accounts where account_id = any($1) order by account_id for update',
    values: [[debitAccountId, creditAccountId]],
  });
  const debit = rows.find((row) => Number(row.account_id) === debitAccountId);
  if (debit === undefined || rows.length < 2) return refused(transferId, RefusalKind.UNKNOWN_ACCOUNT);
  if (Number(debit.balance_cents) - amountCents < -Number(debit.overdraft_cents)) {
    return refused(transferId, RefusalKind.LIMIT_EXCEEDED);
  }
  const { rowCount } = await client.query({
    name: 'insert',
    text: `insert into naive_transfers (transfer_id, municipality_id, debit_account_id, credit_account_id, amount_cents, occurred_at)
           values ($1, $2, $3, $4, $5, to_timestamp($6 / 1000.0)) on conflict do nothing`,
    values: [transferId, municipalityId, debitAccountId, creditAccountId, amountCents, occurredAtMs],
  });
  if (rowCount === 1) {
    await client.query({
      name: 'move',
      text: `update naive_accounts set balance_cents = balance_cents + case when account_id = $1 then -$3::bigint else $3::bigint end
             where account_id in ($1, $2)`,
      values: [debitAccountId, creditAccountId, amountCents],
    });
  }
  return { transferId, outcome: { $case: 'accepted', value: { seq: 0 } } };
}

function refused(transferId: string, kind: RefusalKind): TransferOutcome {
  return { transferId, outcome: { $case: 'refused', value: { kind } } };
}

const answerPost: handleUnaryCall<PostTransferRequest, PostTransferResponse> = (call, answer) => {
  const { transfer } = call.request;
  if (transfer === undefined) return answer({ code: status.INVALID_ARGUMENT, details: 'no transfer' });
  post(transfer).then(
    (outcome) => answer(null, { outcome }),
    (cause: unknown) => answer({ code: status.INTERNAL, details: String(cause) }),
  );
};

const { postTransfer } = LedgerServiceService;
await serveNaive((server) => server.addService({ postTransfer }, { postTransfer: answerPost }));
