import type { Queryable } from '@campanella/postgres';
import { type AccountId, numberId } from '@campanella/vocabulary';
import type { AccountOwner, AccountStore } from '../app/ports.ts';

/** Stands for "the municipality itself" where a pupil's id would be. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** The ledger's account ids that attendance has learnt, in PostgreSQL. */
export function accountStore(database: Queryable): AccountStore {
  return {
    async find(owners) {
      const { rows } = await database.query<{ n: number; account_id: number }>({
        name: 'find_accounts',
        text: `select w.n, a.account_id from unnest($1::bigint[], $2::uuid[], $3::text[]) with ordinality w(m, o, s, n)
               join ledger_accounts a on a.municipality_id = w.m and a.owner_id = w.o and a.service = w.s`,
        values: keys(owners),
      });
      const found: (AccountId | null)[] = owners.map(() => null);
      for (const row of rows) found[row.n - 1] = numberId<AccountId>(row.account_id);
      return found;
    },
    async insert(entries) {
      await database.query({
        name: 'insert_accounts',
        text: `insert into ledger_accounts (municipality_id, owner_id, service, account_id)
               select * from unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[])
               on conflict (municipality_id, owner_id, service) do update set account_id = excluded.account_id`,
        values: [...keys(entries.map((entry) => entry.owner)), entries.map((entry) => entry.accountId)],
      });
    },
    async remove(owners) {
      await database.query({
        name: 'remove_accounts',
        text: `delete from ledger_accounts a using unnest($1::bigint[], $2::uuid[], $3::text[]) w(m, o, s)
               where a.municipality_id = w.m and a.owner_id = w.o and a.service = w.s`,
        values: keys(owners),
      });
    },
  };
}

function keys(owners: readonly AccountOwner[]): [number[], string[], string[]] {
  return [
    owners.map((owner) => owner.municipalityId),
    owners.map((owner) => owner.pupilId ?? NOBODY),
    owners.map((owner) => owner.service),
  ];
}
