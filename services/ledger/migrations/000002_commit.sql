-- Commits decided batches of one shard, chained by their heads, as one transaction. Everything that Redis decided is proved again here.
--
-- LG001 fenced: the batches do not continue the committed chain. LG002 diverged: a balance is not what Redis thought, or a limit would
-- be passed. 23505: Redis had forgotten an id. Arrays of one group have one length; accounts come sorted by id.
create function ledger_commit(
  p_shard smallint, p_epoch bigint, p_first bigint, p_last bigint, p_previous_head text, p_head text,
  p_seqs bigint[], p_transfer_ids uuid[], p_debits bigint[], p_credits bigint[], p_amounts bigint[],
  p_debit_afters bigint[], p_credit_afters bigint[], p_kinds text[], p_reverses uuid[], p_occurred_ms bigint[],
  p_account_ids bigint[], p_deltas bigint[], p_finals bigint[],
  p_sum_account_ids bigint[], p_sum_deltas bigint[],
  p_refusal_seqs bigint[], p_refusal_ids uuid[], p_refusal_kinds text[], p_refusal_facts text[],
  p_limit_seq bigint, p_limit_id uuid, p_limit_account_id bigint, p_limit_cents bigint
) returns void language plpgsql as $$
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
