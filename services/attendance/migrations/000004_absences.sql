-- 000004: absences that guardians communicate before a cut-off.
-- Lock: none, all tables are new. Older code ignores them.

-- Until when an absence may be communicated at a school: so many service days before the day, at a time on the wall in Rome; and the
-- types a guardian may choose from. A school without a row takes no absences.
create table absence_rules (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  service_days_before int not null check (service_days_before between 0 and 10),
  cut_off_time text not null check (cut_off_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  types jsonb not null,
  primary key (municipality_id, school_id, service)
);

-- A later cut-off for one day, where the platform could not take absences in the time before: shown to guardians with its reason.
create table cut_off_extensions (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  service_date date not null,
  cut_off_at timestamptz not null,
  reason text not null,
  primary key (municipality_id, school_id, service, service_date)
);

-- A fact: never edited. One per pupil, service and day.
create table absences (
  municipality_id bigint not null,
  pupil_id uuid not null,
  service text not null,
  service_date date not null,
  request_id uuid not null,
  school_id uuid not null,
  type_code text not null,
  communicated_by uuid not null,
  communicated_at timestamptz not null,
  primary key (municipality_id, pupil_id, service, service_date)
);
-- What the kitchen counts by.
create index absences_by_day on absences (municipality_id, school_id, service, service_date);

-- What a request was about and what was answered: the same request gets the same answer, at whatever time it comes again.
create table absence_requests (
  municipality_id bigint not null,
  request_id uuid not null,
  pupil_id uuid not null,
  content text not null,
  answer jsonb not null,
  answered_at timestamptz not null,
  primary key (municipality_id, request_id)
);
