-- 000010: runs with their reports, rules of billing, meals that documents charge, credit notes, series of numbers.
-- Lock: brief ACCESS EXCLUSIVE on documents and instalments, no rewrite (constant defaults). Older code gives numbers of the general series only, and
-- finds no row of the new states before a run makes one.

alter table documents drop constraint documents_kind_check;
alter table documents add constraint documents_kind_check check (kind in ('invoice', 'payment_notice', 'credit_note'));
alter table documents
  add column series text not null default '' check (series ~ '^[A-Z0-9]{0,10}$'),
  -- The document that a credit note corrects.
  add column corrects_id uuid,
  -- What credit notes took off; of a credit note: what it took off documents.
  add column credited_cents bigint not null default 0,
  add column reminded_at timestamptz,
  -- Of a credit note: what it did not take off was given back.
  add column refunded_at timestamptz,
  add constraint documents_corrects_check check ((kind = 'credit_note') = (corrects_id is not null)),
  add constraint documents_credited_check check (credited_cents between 0 and amount_cents);
alter table documents drop constraint documents_municipality_id_year_number_key;
alter table documents add constraint documents_number_key unique (municipality_id, year, series, number);
create index documents_credits_left on documents (municipality_id, pupil_id, service)
  where kind = 'credit_note' and credited_cents < amount_cents and refunded_at is null;

alter table instalments drop constraint instalments_state_check;
alter table instalments add constraint instalments_state_check check (state in ('open', 'paid', 'handed_over', 'cancelled'));
alter table instalments
  add column credited_cents bigint not null default 0,
  add constraint instalments_credited_check check (credited_cents between 0 and amount_cents),
  add constraint instalments_cancelled_check check ((state = 'cancelled') = (credited_cents = amount_cents));
-- What reminders and the handing over look for.
create index instalments_open on instalments (municipality_id, document_id, due_on) where state = 'open';

-- The last number of a year in a series with a name; the general series stays in document_counters.
create table document_series (
  municipality_id bigint not null references creditors,
  series text not null check (series <> ''),
  year integer not null,
  last_number integer not null check (last_number > 0),
  primary key (municipality_id, series, year)
);

-- What a credit note took off which instalment; never lowered.
create table instalment_credits (
  municipality_id bigint not null,
  credit_note_id uuid not null,
  instalment_id uuid not null,
  credited_cents bigint not null check (credited_cents > 0),
  credited_at timestamptz not null,
  primary key (municipality_id, credit_note_id, instalment_id),
  foreign key (municipality_id, credit_note_id) references documents,
  foreign key (municipality_id, instalment_id) references instalments
);

-- How a service is billed.
create table billing_rules (
  municipality_id bigint not null references creditors,
  service text not null,
  -- As documents and notices call the service: never anybody's name.
  label text not null,
  kind text not null check (kind in ('invoice', 'payment_notice')),
  vat text not null check (vat in ('vat_4', 'exempt')),
  series text not null check (series ~ '^[A-Z0-9]{0,10}$'),
  taxonomy_code text not null,
  instalment_count integer not null check (instalment_count between 1 and 12),
  instalment_least_cents bigint not null check (instalment_least_cents >= 0),
  due_days integer not null check (due_days between 0 and 365),
  days_apart integer not null check (days_apart between 1 and 365),
  primary key (municipality_id, service)
);

-- Each meal that a document charges, once: the key is the promise. Credited once as well.
create table document_charges (
  municipality_id bigint not null,
  service text not null,
  pupil_id uuid not null,
  service_date date not null,
  document_id uuid not null,
  amount_cents bigint not null check (amount_cents > 0),
  credit_note_id uuid,
  primary key (municipality_id, service, pupil_id, service_date),
  foreign key (municipality_id, document_id) references documents
);
create index document_charges_by_document on document_charges (municipality_id, document_id, service_date);

-- Work on many documents: looked at by one person, confirmed by another, done page by page.
create table runs (
  municipality_id bigint not null references creditors,
  run_id uuid not null,
  kind text not null check (kind in ('billing', 'reminder', 'ruolo', 'certification_730')),
  -- What two runs under way may not share, e.g. the service.
  scope text not null,
  settings jsonb not null,
  state text not null check (state in ('previewing', 'prepared', 'issuing', 'done', 'discarded')),
  prepared_by text not null,
  prepared_at timestamptz not null,
  confirmed_by text,
  confirmed_at timestamptz,
  ended_at timestamptz,
  -- Where the next page begins; null at the beginning and when there is none.
  next_after text,
  -- Totals and sample of the preview, totals of what was done.
  preview jsonb not null,
  report jsonb not null,
  -- A replica works on a page until then at the most.
  claimed_until timestamptz,
  primary key (municipality_id, run_id),
  check (confirmed_by <> prepared_by),
  check ((confirmed_by is not null) or state in ('previewing', 'prepared', 'discarded'))
);
create unique index runs_under_way on runs (municipality_id, kind, scope) where state in ('previewing', 'prepared', 'issuing');
create index runs_by_time on runs (municipality_id, prepared_at desc, run_id desc);
create index runs_to_work_on on runs (municipality_id, prepared_at) where state in ('previewing', 'issuing');
-- Until when the month that was billed last was looked at.
create index runs_billed on runs (municipality_id, scope, (settings ->> 'month') desc, prepared_at desc)
  where kind = 'billing' and state = 'done';

-- What a run did to whom: the lines of its report.
create table run_lines (
  municipality_id bigint not null,
  run_id uuid not null,
  outcome text not null,
  -- A document or a pupil.
  subject_id uuid not null,
  amount_cents bigint not null,
  primary key (municipality_id, run_id, outcome, subject_id),
  foreign key (municipality_id, run_id) references runs
);

-- Who of the office changed what, when: never a person's data.
create table office_edits (
  municipality_id bigint not null,
  edit_id uuid not null,
  edited_at timestamptz not null,
  editor text not null,
  source text not null check (source in ('office', 'command')),
  action text not null,
  subject_id text not null,
  primary key (municipality_id, edit_id)
);
