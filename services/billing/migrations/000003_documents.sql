-- 000003: accounting documents and their instalments. New tables only; a position of kind `instalment` points here.

-- The last number given in a year; the row's lock leaves no gap and gives no number twice.
create table document_counters (
  municipality_id bigint not null references creditors,
  year integer not null,
  last_number integer not null check (last_number > 0),
  primary key (municipality_id, year)
);

-- A document is issued once and never edited: what was wrong is corrected by another one.
create table documents (
  municipality_id bigint not null references creditors,
  document_id uuid not null,
  kind text not null check (kind in ('invoice', 'payment_notice')),
  year integer not null,
  number integer not null,
  pupil_id uuid not null,
  service text not null,
  description text not null,
  issued_on date not null,
  amount_cents bigint not null check (amount_cents > 0),
  vat text not null check (vat in ('vat_4', 'exempt')),
  vat_cents bigint not null check (vat_cents >= 0),
  stamp_cents bigint not null check (stamp_cents >= 0),
  -- What was asked for, to know a repeat.
  content text not null,
  handed_over_at timestamptz,
  created_at timestamptz not null,
  primary key (municipality_id, document_id),
  unique (municipality_id, year, number)
);
create index documents_by_pupil on documents (municipality_id, pupil_id, issued_on desc, number desc);

create table instalments (
  municipality_id bigint not null,
  instalment_id uuid not null,
  document_id uuid not null,
  ordinal integer not null check (ordinal between 1 and 12),
  amount_cents bigint not null check (amount_cents > 0),
  due_on date not null,
  state text not null check (state in ('open', 'paid', 'handed_over')),
  paid_at timestamptz,
  receipt_id text,
  primary key (municipality_id, instalment_id),
  unique (municipality_id, document_id, ordinal),
  foreign key (municipality_id, document_id) references documents
);
