-- What the office has to decide about: money that settled nothing by itself. Opened in the transaction of what opened it, closed by a line.
create table office_cases (
  municipality_id bigint not null,
  case_id uuid not null,
  class text not null check (class in ('late', 'already_paid', 'cancelled', 'other_amount', 'unknown_notice')),
  -- Of the class: the receipt's id.
  subject_id text not null,
  notice_number text not null,
  amount_cents bigint not null,
  happened_at timestamptz not null,
  opened_at timestamptz not null,
  resolved_at timestamptz,
  primary key (municipality_id, case_id),
  unique (municipality_id, subject_id, class)
);
create index office_cases_open on office_cases (municipality_id, opened_at, case_id) where resolved_at is null;
create index office_cases_resolved on office_cases (municipality_id, resolved_at desc, case_id) where resolved_at is not null;

-- Who decided what, in order; never edited.
create table office_case_lines (
  municipality_id bigint not null,
  case_id uuid not null,
  ordinal integer not null,
  outcome text not null check (outcome in ('refunded', 'credited', 'accounted', 'reopened')),
  note text not null,
  made_by uuid not null,
  made_at timestamptz not null,
  primary key (municipality_id, case_id, ordinal),
  foreign key (municipality_id, case_id) references office_cases
);

insert into office_cases (municipality_id, case_id, class, subject_id, notice_number, amount_cents, happened_at, opened_at)
select municipality_id, gen_random_uuid(), handling, receipt_id, notice_number, paid_cents, paid_at, received_at
from receipts where handling <> 'settled';
