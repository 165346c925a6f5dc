-- 000010: where invoices go by post. Brief lock, no rewrite: nullable; older code ignores it.
alter table enrolments
  -- Null: nowhere.
  add column invoice_address jsonb check (jsonb_typeof(invoice_address) = 'object');
