-- The journal: where money is, and every movement that brought it there.

-- One row per logical shard. `head` names the last committed batch at random: a hot state that does not continue it, cannot commit.
create table shards (
  shard smallint primary key,
  epoch bigint not null default 1,
  last_seq bigint not null default 0,
  head text not null default '0',
  published_seq bigint not null default 0
) with (fillfactor = 10);
insert into shards (shard) select generate_series(0, 63);

-- A municipality lives in one shard, by table and never by arithmetic, so that it can be moved.
create table municipality_shards (
  municipality_id bigint primary key,
  shard smallint not null references shards (shard)
);

create table accounts (
  account_id bigint generated always as identity primary key,
  shard smallint not null references shards (shard),
  municipality_id bigint not null,
  kind text not null check (kind in ('household', 'revenue', 'settlement')),
  -- The pupil of a household account.
  owner_id uuid,
  service text not null,
  overdraft_cents bigint not null check (overdraft_cents >= 0),
  balance_cents bigint not null default 0,
  opened_at timestamptz not null default now(),
  unique nulls not distinct (municipality_id, kind, owner_id, service),
  check ((kind = 'household') = (owner_id is not null))
) with (fillfactor = 60); -- room for updates on the same page; balance_cents is never indexed

-- One row names both accounts: it cannot be out of balance. Balances after it are kept for household accounts, and null for those
-- that are only aggregated.
create table transfers (
  shard smallint not null,
  seq bigint not null,
  transfer_id uuid not null,
  debit_account_id bigint not null,
  credit_account_id bigint not null,
  amount_cents bigint not null check (amount_cents > 0),
  debit_balance_after_cents bigint,
  credit_balance_after_cents bigint,
  kind text not null,
  reverses uuid,
  occurred_at timestamptz not null,
  posted_at timestamptz not null default now(),
  primary key (shard, seq),
  unique (shard, transfer_id)
);
-- A statement's pages, by the day a movement happened (ADR 0004).
create index transfers_debits on transfers (debit_account_id, occurred_at, seq) where debit_balance_after_cents is not null;
create index transfers_credits on transfers (credit_account_id, occurred_at, seq) where credit_balance_after_cents is not null;
create unique index transfers_reversed_once on transfers (shard, reverses) where reverses is not null;

-- A refusal that depended on the state of its instant is an answer too: it takes a seq and is kept.
create table refusals (
  shard smallint not null,
  seq bigint not null,
  transfer_id uuid not null,
  kind text not null,
  facts jsonb not null,
  refused_at timestamptz not null default now(),
  primary key (shard, seq),
  unique (shard, transfer_id)
);

create table limit_changes (
  shard smallint not null,
  seq bigint not null,
  change_id uuid not null,
  account_id bigint not null,
  overdraft_cents bigint not null,
  changed_at timestamptz not null default now(),
  primary key (shard, seq),
  unique (shard, change_id)
);

create function refuse_journal_edit() returns trigger language plpgsql as $$
begin
  raise exception '% is never edited: post a reversal', tg_table_name;
end $$;
create trigger transfers_are_never_edited before update or delete on transfers for each row execute function refuse_journal_edit();
create trigger refusals_are_never_edited before update or delete on refusals for each row execute function refuse_journal_edit();
