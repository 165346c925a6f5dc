-- 000001: terminals, the projection of the directory, calendar, menus, presences.
-- Lock: none, all tables are new. municipality_id leads every key, so that rows can be distributed by it.

-- One enrolled canteen PC. Only a hash of its key is kept: the key has 256 random bits, so a plain SHA-256 is enough.
create table terminals (
  municipality_id bigint not null,
  terminal_id uuid not null,
  school_id uuid not null,
  name text not null,
  key_hash bytea not null,
  disabled_at timestamptz,
  primary key (municipality_id, terminal_id)
);
-- A terminal says its id before we know its municipality.
create unique index terminals_by_id on terminals (terminal_id);

-- How far the projection of a municipality has come. Generation counts the times it was begun anew.
create table directories (
  municipality_id bigint primary key,
  version bigint not null default 0,
  generation bigint not null default 0,
  name text not null default ''
);

create table directory_schools (
  municipality_id bigint not null,
  school_id uuid not null,
  name text not null,
  primary key (municipality_id, school_id)
);

-- A pupil's whole current state as anagrafica told it; the diet is sealed.
create table directory_pupils (
  municipality_id bigint not null,
  pupil_id uuid not null,
  version bigint not null,
  removed boolean not null,
  display_name text not null,
  school_id uuid,
  class_name text not null,
  diet_sealed text not null,
  badges jsonb not null,
  enrolments jsonb not null,
  primary key (municipality_id, pupil_id)
);
create index directory_pupils_by_version on directory_pupils (municipality_id, version);

-- The ledger's accounts, kept so that a swipe needs no other call: owner_id is the pupil, or nil for the revenue account.
create table ledger_accounts (
  municipality_id bigint not null,
  service text not null,
  owner_id uuid not null,
  account_id bigint not null,
  primary key (municipality_id, owner_id, service)
);

create table service_days (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  service_date date not null,
  primary key (municipality_id, school_id, service, service_date)
);

create table menus (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  service_date date not null,
  text text not null,
  primary key (municipality_id, school_id, service, service_date)
);

-- The recorded fact that a pupil was at table: at most one per service and day, and never edited.
create table presences (
  municipality_id bigint not null,
  pupil_id uuid not null,
  service text not null,
  service_date date not null,
  swipe_id uuid not null,
  terminal_id uuid not null,
  school_id uuid not null,
  badge_number text not null,
  occurred_at timestamptz not null,
  charge text not null check (charge in ('debited', 'invoiced', 'over_limit', 'not_charged')),
  amount_cents bigint not null check (amount_cents >= 0),
  transfer_id uuid check ((transfer_id is not null) = (charge = 'debited')),
  recorded_at timestamptz not null default now(),
  primary key (municipality_id, pupil_id, service, service_date),
  constraint presences_by_swipe unique (municipality_id, swipe_id)
);

-- Swipes that made no presence, as received and with the reason, for the office. Ids are text: a malformed one is kept too.
create table set_aside_swipes (
  municipality_id bigint not null,
  swipe_id text not null,
  fingerprint text not null,
  reason text not null,
  terminal_id uuid not null,
  school_id uuid not null,
  badge_number text not null,
  occurred_at_ms bigint not null,
  service_date text not null,
  service text not null,
  set_aside_at timestamptz not null default now(),
  primary key (municipality_id, swipe_id, fingerprint)
);
create index set_aside_swipes_by_time on set_aside_swipes (municipality_id, set_aside_at);
