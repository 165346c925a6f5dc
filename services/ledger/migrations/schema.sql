CREATE FUNCTION public.ledger_commit(p_shard smallint, p_epoch bigint, p_first bigint, p_last bigint, p_previous_head text, p_head text, p_seqs bigint[], p_transfer_ids uuid[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_debit_afters bigint[], p_credit_afters bigint[], p_kinds text[], p_reverses uuid[], p_occurred_ms bigint[], p_account_ids bigint[], p_deltas bigint[], p_finals bigint[], p_sum_account_ids bigint[], p_sum_deltas bigint[], p_refusal_seqs bigint[], p_refusal_ids uuid[], p_refusal_kinds text[], p_refusal_facts text[], p_limit_seq bigint, p_limit_id uuid, p_limit_account_id bigint, p_limit_cents bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  touched bigint;
begin
  update shards set last_seq = p_last, head = p_head
    where shard = p_shard and epoch = p_epoch and last_seq = p_first - 1 and head = p_previous_head;
  if not found then
    raise exception 'fenced' using errcode = 'LG001';
  end if;

  -- An id has one answer for ever, in one table or the other.
  if exists (select from refusals where shard = p_shard and transfer_id = any (p_transfer_ids)) then
    raise exception 'a refused id was accepted' using errcode = '23505';
  end if;
  insert into transfers (shard, seq, transfer_id, debit_account_id, credit_account_id, amount_cents,
                         debit_balance_after_cents, credit_balance_after_cents, kind, reverses, occurred_at)
    select p_shard, t.seq, t.transfer_id, t.debit, t.credit, t.amount, t.debit_after, t.credit_after, t.kind, t.reverses,
           timestamptz 'epoch' + t.occurred_ms * interval '1 millisecond'
      from unnest(p_seqs, p_transfer_ids, p_debits, p_credits, p_amounts, p_debit_afters, p_credit_afters, p_kinds, p_reverses,
                  p_occurred_ms)
        as t (seq, transfer_id, debit, credit, amount, debit_after, credit_after, kind, reverses, occurred_ms);

  if cardinality(p_account_ids) > 0 then
    update accounts a set balance_cents = d.final
      from unnest(p_account_ids, p_deltas, p_finals) as d (account_id, delta, final)
      where a.account_id = d.account_id and a.shard = p_shard and a.kind = 'household'
        and a.balance_cents + d.delta = d.final
        and (d.delta >= 0 or d.final >= -a.overdraft_cents);
    get diagnostics touched = row_count;
    if touched <> cardinality(p_account_ids) then
      raise exception 'diverged' using errcode = 'LG002';
    end if;
  end if;

  if cardinality(p_sum_account_ids) > 0 then
    update accounts a set balance_cents = a.balance_cents + d.delta
      from unnest(p_sum_account_ids, p_sum_deltas) as d (account_id, delta)
      where a.account_id = d.account_id and a.shard = p_shard and a.kind <> 'household';
    get diagnostics touched = row_count;
    if touched <> cardinality(p_sum_account_ids) then
      raise exception 'diverged' using errcode = 'LG002';
    end if;
  end if;

  if cardinality(p_refusal_seqs) > 0 then
    if exists (select from transfers where shard = p_shard and transfer_id = any (p_refusal_ids)) then
      raise exception 'an accepted id was refused' using errcode = '23505';
    end if;
    insert into refusals (shard, seq, transfer_id, kind, facts)
      select p_shard, r.seq, r.transfer_id, r.kind, r.facts::jsonb
        from unnest(p_refusal_seqs, p_refusal_ids, p_refusal_kinds, p_refusal_facts) as r (seq, transfer_id, kind, facts);
  end if;

  if p_limit_seq is not null then
    insert into limit_changes (shard, seq, change_id, account_id, overdraft_cents)
      values (p_shard, p_limit_seq, p_limit_id, p_limit_account_id, p_limit_cents);
    update accounts set overdraft_cents = p_limit_cents where account_id = p_limit_account_id and shard = p_shard;
  end if;
end $$;

CREATE FUNCTION public.refuse_journal_edit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  raise exception '% is never edited: post a reversal', tg_table_name;
end $$;

CREATE TABLE public.accounts (
    account_id bigint NOT NULL,
    shard smallint NOT NULL,
    municipality_id bigint NOT NULL,
    kind text NOT NULL,
    owner_id uuid,
    service text NOT NULL,
    overdraft_cents bigint NOT NULL,
    balance_cents bigint DEFAULT 0 NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT accounts_check CHECK (((kind = 'household'::text) = (owner_id IS NOT NULL))),
    CONSTRAINT accounts_kind_check CHECK ((kind = ANY (ARRAY['household'::text, 'revenue'::text, 'settlement'::text]))),
    CONSTRAINT accounts_overdraft_cents_check CHECK ((overdraft_cents >= 0))
)
WITH (fillfactor='60');

ALTER TABLE public.accounts ALTER COLUMN account_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.accounts_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.limit_changes (
    shard smallint NOT NULL,
    seq bigint NOT NULL,
    change_id uuid NOT NULL,
    account_id bigint NOT NULL,
    overdraft_cents bigint NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.migration_checksums (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.migrations (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    run_on timestamp without time zone NOT NULL
);

CREATE SEQUENCE public.migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.migrations_id_seq OWNED BY public.migrations.id;

CREATE TABLE public.municipality_shards (
    municipality_id bigint NOT NULL,
    shard smallint NOT NULL
);

CREATE TABLE public.refusals (
    shard smallint NOT NULL,
    seq bigint NOT NULL,
    transfer_id uuid NOT NULL,
    kind text NOT NULL,
    facts jsonb NOT NULL,
    refused_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.shards (
    shard smallint NOT NULL,
    epoch bigint DEFAULT 1 NOT NULL,
    last_seq bigint DEFAULT 0 NOT NULL,
    head text DEFAULT '0'::text NOT NULL,
    published_seq bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='10');

CREATE TABLE public.transfers (
    shard smallint NOT NULL,
    seq bigint NOT NULL,
    transfer_id uuid NOT NULL,
    debit_account_id bigint NOT NULL,
    credit_account_id bigint NOT NULL,
    amount_cents bigint NOT NULL,
    debit_balance_after_cents bigint,
    credit_balance_after_cents bigint,
    kind text NOT NULL,
    reverses uuid,
    occurred_at timestamp with time zone NOT NULL,
    posted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT transfers_amount_cents_check CHECK ((amount_cents > 0))
);

ALTER TABLE ONLY public.migrations ALTER COLUMN id SET DEFAULT nextval('public.migrations_id_seq'::regclass);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_municipality_id_kind_owner_id_service_key UNIQUE NULLS NOT DISTINCT (municipality_id, kind, owner_id, service);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.limit_changes
    ADD CONSTRAINT limit_changes_pkey PRIMARY KEY (shard, seq);

ALTER TABLE ONLY public.limit_changes
    ADD CONSTRAINT limit_changes_shard_change_id_key UNIQUE (shard, change_id);

ALTER TABLE ONLY public.migration_checksums
    ADD CONSTRAINT migration_checksums_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.municipality_shards
    ADD CONSTRAINT municipality_shards_pkey PRIMARY KEY (municipality_id);

ALTER TABLE ONLY public.refusals
    ADD CONSTRAINT refusals_pkey PRIMARY KEY (shard, seq);

ALTER TABLE ONLY public.refusals
    ADD CONSTRAINT refusals_shard_transfer_id_key UNIQUE (shard, transfer_id);

ALTER TABLE ONLY public.shards
    ADD CONSTRAINT shards_pkey PRIMARY KEY (shard);

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_pkey PRIMARY KEY (shard, seq);

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_shard_transfer_id_key UNIQUE (shard, transfer_id);

CREATE INDEX transfers_credits ON public.transfers USING btree (credit_account_id, occurred_at, seq) WHERE (credit_balance_after_cents IS NOT NULL);

CREATE INDEX transfers_debits ON public.transfers USING btree (debit_account_id, occurred_at, seq) WHERE (debit_balance_after_cents IS NOT NULL);

CREATE UNIQUE INDEX transfers_reversed_once ON public.transfers USING btree (shard, reverses) WHERE (reverses IS NOT NULL);

CREATE TRIGGER refusals_are_never_edited BEFORE DELETE OR UPDATE ON public.refusals FOR EACH ROW EXECUTE FUNCTION public.refuse_journal_edit();

CREATE TRIGGER transfers_are_never_edited BEFORE DELETE OR UPDATE ON public.transfers FOR EACH ROW EXECUTE FUNCTION public.refuse_journal_edit();

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_shard_fkey FOREIGN KEY (shard) REFERENCES public.shards(shard);

ALTER TABLE ONLY public.municipality_shards
    ADD CONSTRAINT municipality_shards_shard_fkey FOREIGN KEY (shard) REFERENCES public.shards(shard);
