-- 000006: reductions of an enrolment's price, and where its invoices go. Constant defaults: no rewrite; older code ignores both.
alter table enrolments
  add column reductions jsonb not null default '[]' check (jsonb_typeof(reductions) = 'array'),
  add column invoice_email text not null default '';
