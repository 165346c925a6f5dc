-- 000001: who is who. municipality_id leads every key, so that the tables can be distributed by it.

create table municipalities (
  municipality_id bigint primary key check (municipality_id > 0),
  name text not null,
  website_url text not null,
  office_contact text not null,
  -- Rises by one for every pupil changed. Its row is locked by each writer until commit, so versions become visible in order.
  directory_version bigint not null default 0
);

create table schools (
  municipality_id bigint not null references municipalities,
  school_id uuid not null,
  name text not null,
  primary key (municipality_id, school_id)
);

create table school_years (
  municipality_id bigint not null references municipalities,
  school_year_id uuid not null,
  name text not null,
  valid_from date not null,
  valid_until date not null check (valid_until >= valid_from),
  primary key (municipality_id, school_year_id)
);

create table classes (
  municipality_id bigint not null,
  class_id uuid not null,
  school_id uuid not null,
  school_year_id uuid not null,
  name text not null,
  primary key (municipality_id, class_id),
  foreign key (municipality_id, school_id) references schools,
  foreign key (municipality_id, school_year_id) references school_years
);

create table services (
  municipality_id bigint not null references municipalities,
  service text not null,
  name text not null,
  primary key (municipality_id, service)
);

create table tariffs (
  municipality_id bigint not null,
  tariff_id uuid not null,
  service text not null,
  name text not null,
  primary key (municipality_id, tariff_id),
  foreign key (municipality_id, service) references services
);

create table tariff_prices (
  municipality_id bigint not null,
  tariff_id uuid not null,
  valid_from date not null,
  -- Null: open.
  valid_until date check (valid_until >= valid_from),
  price_cents bigint not null check (price_cents between 0 and 100000),
  primary key (municipality_id, tariff_id, valid_from),
  foreign key (municipality_id, tariff_id) references tariffs
);

create table guardians (
  municipality_id bigint not null references municipalities,
  guardian_id uuid not null,
  given_name text not null,
  family_name text not null,
  codice_fiscale text not null,
  primary key (municipality_id, guardian_id),
  -- Deferred: one import may give two people each other's wrong codice fiscale back.
  unique (municipality_id, codice_fiscale) deferrable initially deferred
);

create table pupils (
  municipality_id bigint not null,
  pupil_id uuid not null,
  given_name text not null,
  family_name text not null,
  codice_fiscale text not null,
  class_id uuid not null,
  -- Sealed by packages/field-encryption and padded: not even whether there is a diet can be read here.
  diet_sealed text not null,
  closed boolean not null,
  directory_version bigint not null,
  primary key (municipality_id, pupil_id),
  foreign key (municipality_id, class_id) references classes,
  unique (municipality_id, codice_fiscale) deferrable initially deferred
);
create unique index pupils_by_directory_version on pupils (municipality_id, directory_version);
create index pupils_by_class on pupils (municipality_id, class_id);

create table enrolments (
  municipality_id bigint not null,
  enrolment_id uuid not null,
  pupil_id uuid not null,
  service text not null,
  school_year_id uuid not null,
  -- The registered payer (intestatario).
  guardian_id uuid not null,
  tariff_id uuid not null,
  payment_mode text not null check (payment_mode in ('prepaid', 'invoiced')),
  overdraft_cents bigint not null check (overdraft_cents between 0 and 100000),
  valid_from date not null,
  valid_until date check (valid_until >= valid_from),
  primary key (municipality_id, enrolment_id),
  foreign key (municipality_id, pupil_id) references pupils,
  foreign key (municipality_id, service) references services,
  foreign key (municipality_id, school_year_id) references school_years,
  foreign key (municipality_id, guardian_id) references guardians,
  foreign key (municipality_id, tariff_id) references tariffs
);
create index enrolments_by_pupil on enrolments (municipality_id, pupil_id);
create index enrolments_by_guardian on enrolments (municipality_id, guardian_id);
create index enrolments_by_tariff on enrolments (municipality_id, tariff_id);

create table badges (
  municipality_id bigint not null,
  badge_id uuid not null,
  pupil_id uuid not null,
  badge_number text not null check (badge_number ~ '^[0-9A-Z-]{4,64}$'),
  blocked boolean not null,
  valid_from date not null,
  valid_until date check (valid_until >= valid_from),
  -- The lost or broken badge that this one replaced; that one stays blocked.
  replaces_badge_id uuid,
  primary key (municipality_id, badge_id),
  foreign key (municipality_id, pupil_id) references pupils,
  foreign key (municipality_id, replaces_badge_id) references badges (municipality_id, badge_id)
);
-- The backstop of "one holder for a number": the rule itself gives the readable refusal.
create unique index badges_in_use_by_number on badges (municipality_id, badge_number) where not blocked;
create index badges_by_number on badges (municipality_id, badge_number);
create index badges_by_pupil on badges (municipality_id, pupil_id);
create unique index badges_by_replaced on badges (municipality_id, replaces_badge_id) where replaces_badge_id is not null;

-- Append only.
create table badge_changes (
  municipality_id bigint not null,
  pupil_id uuid not null,
  change_id uuid not null,
  badge_id uuid not null,
  kind text not null check (kind in ('assigned', 'blocked', 'unblocked', 'replaced', 'validity_changed')),
  changed_at timestamptz not null,
  replaced_by_badge_id uuid,
  primary key (municipality_id, pupil_id, change_id),
  foreign key (municipality_id, badge_id) references badges
);
