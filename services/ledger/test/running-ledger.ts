import { fileURLToPath } from 'node:url';
import { type LedgerClient, openLedgerClient } from '@campanella/ledger-client';
import { type Database, migrate, openDatabase } from '@campanella/postgres';
import {
  type Account,
  AccountKind,
  LedgerServiceClient,
  TransferKind,
  type TransferOutcome,
} from '@campanella/proto/ledger/v1/ledger';
import { createLogger, grpcClient } from '@campanella/service-kit';
import { freePort, type RunningPart, startProcess } from '@campanella/testkit';
import { v7 as uuidV7 } from 'uuid';

const ENTRY = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const MIGRATIONS = new URL('../migrations/', import.meta.url);

export const logger = createLogger({ service: 'test', level: 'silent' });
export const MUNICIPALITY = 1;
export const MEALS = 'school_meals';

export interface Stores {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly amqpUrl: string;
  readonly jwksUrl?: string;
}

/** One replica of the ledger as a real process on fixed ports, so that it can be killed and started again in its place. */
export interface Replica {
  readonly address: string;
  readonly httpUrl: string;
  readonly opsUrl: string;
  part: RunningPart;
  start(): Promise<void>;
}

export async function startReplica(stores: Stores): Promise<Replica> {
  const [grpc, http, ops] = await Promise.all([freePort(), freePort(), freePort()]);
  const start = () =>
    startProcess({
      entry: ENTRY,
      readyUrl: `http://127.0.0.1:${ops}/ready`,
      environment: {
        GRPC_PORT: String(grpc),
        HTTP_PORT: String(http),
        OPS_PORT: String(ops),
        DATABASE_URL: stores.postgresUrl,
        REDIS_URL: stores.redisUrl,
        AMQP_URL: stores.amqpUrl,
        IDENTITY_JWKS_URL: stores.jwksUrl ?? 'http://127.0.0.1:9/jwks.json',
      },
    });
  const replica: Replica = {
    address: `127.0.0.1:${grpc}`,
    httpUrl: `http://127.0.0.1:${http}`,
    opsUrl: `http://127.0.0.1:${ops}`,
    part: await start(),
    async start() {
      replica.part = await start();
    },
  };
  return replica;
}

export interface Town {
  readonly client: LedgerClient;
  readonly unary: LedgerServiceClient;
  readonly database: Database;
  readonly revenue: Account;
  readonly settlement: Account;
  readonly households: readonly Account[];
  close(): Promise<void>;
}

export function migrateLedger(url: string): Promise<void> {
  return migrate({ url, folder: MIGRATIONS, logger });
}

/** Opens a town's accounts and a client of the given replicas. */
export async function openTown(
  replicas: readonly Replica[],
  postgresUrl: string,
  householdCount: number,
  overdraftCents = 0,
): Promise<Town> {
  const addresses = replicas.map(({ address }) => address);
  const client = openLedgerClient({ addresses, logger, deadlineMs: 20_000 });
  const unary = grpcClient(LedgerServiceClient, addresses);
  const database = openDatabase(
    { url: postgresUrl, applicationName: 'ledger-test', statementTimeoutMs: 30_000 },
    logger,
  );
  const municipalityId = MUNICIPALITY;
  const [revenue, settlement] = await client.openAccounts([
    { municipalityId, kind: AccountKind.REVENUE, ownerId: '', service: MEALS, overdraftCents: 0 },
    { municipalityId, kind: AccountKind.SETTLEMENT, ownerId: '', service: '', overdraftCents: 0 },
  ]);
  if (revenue === undefined || settlement === undefined) throw new Error('accounts were not opened');
  const households = await client.openAccounts(
    Array.from({ length: householdCount }, () => ({
      municipalityId,
      kind: AccountKind.HOUSEHOLD,
      ownerId: uuidV7(),
      service: MEALS,
      overdraftCents,
    })),
  );
  return {
    client,
    unary,
    database,
    revenue,
    settlement,
    households,
    async close() {
      await client.stop();
      unary.close();
      await database.stop();
    },
  };
}

/** A meal's transfer from a household to the town's revenue. */
export function meal(
  town: Town,
  household: Account,
  amountCents: number,
  transferId: string = uuidV7(),
  occurredAtMs: number = Date.now(),
) {
  return {
    transferId,
    municipalityId: MUNICIPALITY,
    debitAccountId: household.accountId,
    creditAccountId: town.revenue.accountId,
    amountCents,
    kind: TransferKind.MEAL as TransferKind,
    reverses: '',
    occurredAtMs,
  };
}

export function topUp(town: Town, household: Account, amountCents: number, transferId: string = uuidV7()) {
  return {
    ...meal(town, household, amountCents, transferId),
    debitAccountId: town.settlement.accountId,
    creditAccountId: household.accountId,
    kind: TransferKind.TOP_UP,
  };
}

/** What the books say against each of their own rules; empty when they agree. */
export async function faultsInBooks(database: Database): Promise<string[]> {
  const { rows } = await database.query<{ fault: string }>({
    text: `
      with signed as (
        select debit_account_id as account_id, -amount_cents as amount, shard, seq, debit_balance_after_cents as after from transfers
        union all select credit_account_id, amount_cents, shard, seq, credit_balance_after_cents from transfers),
      chain as (
        select account_id, after, sum(amount) over (partition by account_id order by seq) as running from signed where after is not null),
      numbered as (
        select shard, seq from transfers union all select shard, seq from refusals union all select shard, seq from limit_changes)
      select 'balance of ' || a.account_id || ' is ' || a.balance_cents || ', its transfers say ' || coalesce(sum(s.amount), 0) as fault
        from accounts a left join signed s using (account_id) group by a.account_id, a.balance_cents
        having a.balance_cents <> coalesce(sum(s.amount), 0)
      union all select 'accounts sum to ' || sum(balance_cents) from accounts having sum(balance_cents) <> 0
      union all select 'household ' || account_id || ' is past its limit' from accounts where kind = 'household' and balance_cents < -overdraft_cents
      union all select 'broken chain at account ' || account_id from chain where after <> running
      union all select 'shard ' || n.shard || ' has ' || count(*) || ' of ' || max(n.seq) || ' numbers' from numbered n group by n.shard having count(*) <> max(n.seq)
      union all select 'shard ' || s.shard || ' says ' || s.last_seq || ', its rows ' || coalesce(max(n.seq), 0)
        from shards s left join numbered n using (shard) group by s.shard, s.last_seq having s.last_seq <> coalesce(max(n.seq), 0)
      union all select 'both accepted and refused: ' || transfer_id from transfers join refusals using (shard, transfer_id)
      limit 20`,
  });
  return rows.map(({ fault }) => fault);
}

export function kindOf(outcome: TransferOutcome | undefined): string {
  if (outcome?.outcome === undefined) return 'none';
  return outcome.outcome.$case === 'refused' ? `refused ${outcome.outcome.value.kind}` : outcome.outcome.$case;
}
