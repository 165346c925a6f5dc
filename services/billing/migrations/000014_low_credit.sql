-- 000014: from which balance on guardians are told that the credit ends, and whose balance is to be looked at.
-- Lock: brief ACCESS EXCLUSIVE, no rewrite (nullable, no default). Older code ignores the column.
alter table top_up_rules add column low_credit_cents bigint check (low_credit_cents between 0 and 100000);

-- Pupils who ate on credit and whose balance was not looked at since: nearly empty.
create table credit_checks (
  municipality_id bigint not null,
  pupil_id uuid not null,
  service text not null,
  primary key (municipality_id, pupil_id, service)
);
