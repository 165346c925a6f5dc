-- 000013: certifications for the income-tax return, by pupil, year and payer.
alter table runs drop constraint runs_kind_check;
alter table runs add constraint runs_kind_check check (kind in ('billing', 'reminder', 'ruolo', 'certification_730'));

create table certifications (
  municipality_id bigint not null,
  pupil_id uuid not null,
  year integer not null,
  -- Each payer of a pupil has one.
  ordinal integer not null check (ordinal > 0),
  -- The payer's codice fiscale, sealed.
  payer_sealed text not null,
  amount_cents bigint not null check (amount_cents >= 0),
  -- What was filed in the fascicolo: another document for another amount.
  document_id uuid not null,
  filed_at timestamptz not null,
  primary key (municipality_id, pupil_id, year, ordinal)
);
