-- Whether a municipality takes payments after the due day, who keeps its positions at pagoPA, and receipts that settle although they are late.
-- Lock: brief ACCESS EXCLUSIVE, no rewrite (constant defaults); the check is validated by a scan of receipts. Older code ignores the columns.
alter table creditors
  add column refuses_late_payments boolean not null default false,
  add column positions_at text not null default 'aca' check (positions_at in ('aca', 'gpd'));

alter table receipts
  drop constraint receipts_handling_check,
  add constraint receipts_handling_check
    check (handling in ('settled', 'late', 'already_paid', 'cancelled', 'other_amount', 'unknown_notice'));
