import type { Database } from '@campanella/postgres';
import { cents, id, type PupilId } from '@campanella/vocabulary';
import type { StatementReader } from '../app/read-statement.ts';
import type { TransferKind } from '../domain/transfer.ts';

interface MovementRow {
  readonly seq: number;
  readonly transfer_id: string;
  readonly occurred_at: Date;
  readonly posted_at: Date;
  readonly kind: TransferKind;
  readonly reverses: string | null;
  readonly amount_cents: number;
}

const MOVEMENT = 'seq, transfer_id, occurred_at, posted_at, kind, reverses';

/** Statements and balances from the journal, never from the hot state: what a parent sees is committed. */
export function statements(database: Database): StatementReader {
  return {
    read: (municipalityId, pupilId, service, range) =>
      database.transaction(async (tx) => {
        // One snapshot for balance and movements, or they would not add up under load.
        await tx.query({ text: 'set transaction isolation level repeatable read, read only' });
        const accounts = await tx.query<{
          account_id: number;
          balance_cents: number;
          as_of: Date;
          from_at: Date;
          to_at: Date;
        }>({
          name: 'find_household_account',
          text: `select account_id, balance_cents, clock_timestamp() as as_of,
                        $4::date::timestamp at time zone 'Europe/Rome' as from_at,
                        ($5::date + 1)::timestamp at time zone 'Europe/Rome' as to_at
                   from accounts
                  where municipality_id = $1 and kind = 'household' and owner_id = $2 and service = $3`,
          values: [municipalityId, pupilId, service, range.from, range.to],
        });
        const [account] = accounts.rows;
        if (account === undefined) return null;
        const { account_id: accountId, from_at: fromAt, to_at: toAt } = account;
        const sums = await tx.query<{ since_cents: number | null }>({
          name: 'sum_movements_since',
          text: `select (coalesce((select sum(amount_cents) from transfers
                                    where credit_account_id = $1 and occurred_at >= $2 and credit_balance_after_cents is not null), 0)
                       - coalesce((select sum(amount_cents) from transfers
                                    where debit_account_id = $1 and occurred_at >= $2 and debit_balance_after_cents is not null), 0)
                        )::bigint as since_cents`,
          values: [accountId, fromAt],
        });
        const moved = await tx.query<MovementRow>({
          name: 'read_movements',
          text: `select ${MOVEMENT}, -amount_cents as amount_cents from transfers
                  where debit_account_id = $1 and occurred_at >= $2 and occurred_at < $3 and debit_balance_after_cents is not null
                 union all
                 select ${MOVEMENT}, amount_cents from transfers
                  where credit_account_id = $1 and occurred_at >= $2 and occurred_at < $3 and credit_balance_after_cents is not null
                 order by occurred_at, seq`,
          values: [accountId, fromAt, toAt],
        });
        return {
          balanceCents: cents(account.balance_cents),
          sinceFromCents: cents(sums.rows[0]?.since_cents ?? 0),
          asOf: account.as_of,
          movements: moved.rows.map((row) => ({
            seq: row.seq,
            transferId: row.transfer_id,
            occurredAt: row.occurred_at,
            postedAt: row.posted_at,
            kind: row.kind,
            reverses: row.reverses,
            amountCents: cents(row.amount_cents),
          })),
        };
      }),
    async balances(municipalityId, pupilIds) {
      const { rows } = await database.query<{
        owner_id: string;
        service: string;
        balance_cents: number;
        overdraft_cents: number;
        as_of: Date;
      }>({
        name: 'read_pupil_balances',
        text: `select owner_id, service, balance_cents, overdraft_cents, now() as as_of from accounts
                where municipality_id = $1 and kind = 'household' and owner_id = any($2::uuid[]) order by owner_id, service`,
        values: [municipalityId, pupilIds],
      });
      return {
        asOf: rows[0]?.as_of ?? new Date(),
        accounts: rows.map((row) => ({
          pupilId: id<PupilId>(row.owner_id),
          service: row.service,
          balanceCents: cents(row.balance_cents),
          overdraftCents: cents(row.overdraft_cents),
        })),
      };
    },
  };
}
