-- 000006: meals that the office took back, each once. A new table only.
create table meal_corrections (
  municipality_id bigint not null,
  pupil_id uuid not null,
  service text not null,
  service_date date not null,
  correction_id uuid not null,
  reason text not null,
  -- The ledger's reversal; null for a meal that was invoiced.
  reversal_id uuid,
  corrected_by text not null,
  corrected_at timestamptz not null,
  primary key (municipality_id, pupil_id, service, service_date)
);
create unique index meal_corrections_by_id on meal_corrections (municipality_id, correction_id);
