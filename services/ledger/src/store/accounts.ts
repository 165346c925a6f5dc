import type { Database, Queryable, Transaction } from '@campanella/postgres';
import { cents, id, type MunicipalityId, numberId, type PupilId } from '@campanella/vocabulary';
import type { Account, Accounts, OpenAccount } from '../app/ports.ts';
import type { AccountKind } from '../domain/transfer.ts';

interface AccountRow {
  readonly account_id: number;
  readonly shard: number;
  readonly municipality_id: number;
  readonly kind: string;
  readonly owner_id: string | null;
  readonly service: string;
  readonly overdraft_cents: number;
  readonly balance_cents: number;
}

const COLUMNS = 'account_id, shard, municipality_id, kind, owner_id, service, overdraft_cents, balance_cents';

/** The accounts in PostgreSQL. */
export function accounts(database: Database): Accounts {
  return {
    open: (wanted) => database.transaction((tx) => openAll(tx, wanted)),
    async facts(accountIds) {
      const { rows } = await database.query<AccountRow>({
        name: 'read_account_facts',
        text: `select ${COLUMNS} from accounts where account_id = any($1::bigint[])`,
        values: [accountIds],
      });
      return rows.map(toAccount);
    },
    async read(municipalityId, accountIds) {
      const { rows } = await database.query<AccountRow & { as_of: Date }>({
        name: 'read_balances',
        text: `select ${COLUMNS}, now() as as_of from accounts where account_id = any($2::bigint[]) and municipality_id = $1 order by account_id`,
        values: [municipalityId, accountIds],
      });
      return { accounts: rows.map(toAccount), asOf: rows[0]?.as_of ?? new Date() };
    },
    shardOf: (municipalityId) => findShard(database, municipalityId),
  };
}

async function findShard(on: Queryable, municipalityId: MunicipalityId): Promise<number | null> {
  const { rows } = await on.query<{ shard: number }>({
    name: 'find_shard',
    text: 'select shard from municipality_shards where municipality_id = $1',
    values: [municipalityId],
  });
  return rows[0]?.shard ?? null;
}

/** Opens what is not open. A municipality's first account gives it the shard that holds the fewest. */
async function openAll(tx: Transaction, wanted: readonly OpenAccount[]): Promise<Account[]> {
  const opened: Account[] = [];
  for (const municipalityId of new Set(wanted.map((one) => one.municipalityId))) {
    await tx.query({
      name: 'give_shard',
      text: `insert into municipality_shards (municipality_id, shard)
             select $1, (select s.shard from shards s left join municipality_shards m using (shard)
                          group by s.shard order by count(m.*), s.shard limit 1)
             on conflict do nothing`,
      values: [municipalityId],
    });
  }
  const columns = [
    wanted.map(({ municipalityId }) => municipalityId),
    wanted.map(({ kind }) => kind),
    wanted.map(({ ownerId }) => ownerId),
    wanted.map(({ service }) => service),
    wanted.map(({ overdraftCents }) => overdraftCents),
  ];
  await tx.query({
    name: 'open_accounts',
    text: `insert into accounts (shard, municipality_id, kind, owner_id, service, overdraft_cents)
           select m.shard, w.municipality_id, w.kind, w.owner_id, w.service, w.overdraft_cents
             from unnest($1::bigint[], $2::text[], $3::uuid[], $4::text[], $5::bigint[])
                    as w (municipality_id, kind, owner_id, service, overdraft_cents)
             join municipality_shards m using (municipality_id)
            order by w.municipality_id, w.kind, w.owner_id, w.service
           on conflict do nothing`,
    values: columns,
  });
  const { rows } = await tx.query<AccountRow & { ordinal: number }>({
    name: 'read_opened_accounts',
    // Two joins, since no index serves "is not distinct from".
    text: `with wanted as (
             select * from unnest($1::bigint[], $2::text[], $3::uuid[], $4::text[]) with ordinality
               as w (municipality_id, kind, owner_id, service, ordinal))
           select w.ordinal, ${COLUMNS.replaceAll(/\w+/g, 'a.$&')} from wanted w
             join accounts a on a.municipality_id = w.municipality_id and a.kind = w.kind and a.owner_id = w.owner_id
                            and a.service = w.service
           union all
           select w.ordinal, ${COLUMNS.replaceAll(/\w+/g, 'a.$&')} from wanted w
             join accounts a on a.municipality_id = w.municipality_id and a.kind = w.kind and a.owner_id is null
                            and a.service = w.service
            where w.owner_id is null
            order by ordinal`,
    values: columns.slice(0, 4),
  });
  for (const row of rows) opened.push(toAccount(row));
  return opened;
}

function toAccount(row: AccountRow): Account {
  return {
    accountId: numberId(row.account_id),
    municipalityId: numberId(row.municipality_id),
    shard: row.shard,
    kind: row.kind as AccountKind,
    ownerId: row.owner_id === null ? null : id<PupilId>(row.owner_id),
    service: row.service,
    overdraftCents: cents(row.overdraft_cents),
    balanceCents: cents(row.balance_cents),
  };
}
