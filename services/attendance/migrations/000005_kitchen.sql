-- 000005: closed days with their reason, sittings, menus by course and by rotation. New tables; one nullable column on menus (no rewrite, brief lock).
-- A school's closed day has no row in service_days; a class that is away (class_name) leaves the school's day as it is.
create table closed_days (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  service_date date not null,
  -- Empty for the whole school.
  class_name text not null,
  kind text not null check (kind in ('closure', 'strike', 'trip')),
  reason text not null,
  primary key (municipality_id, school_id, service, service_date, class_name)
);

create table sittings (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  class_name text not null,
  sitting smallint not null check (sitting between 1 and 2),
  primary key (municipality_id, school_id, service, class_name)
);

alter table menus add column courses jsonb check (jsonb_typeof(courses) = 'array');

create table menu_rotations (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  -- The Monday of its first week; it holds until the next one begins.
  starts_on date not null check (extract(isodow from starts_on) = 1),
  weeks smallint not null check (weeks between 1 and 12),
  -- [{ week, weekday, courses }]
  days jsonb not null check (jsonb_typeof(days) = 'array'),
  primary key (municipality_id, school_id, service, starts_on)
);

-- The kitchen counts the pupils of one school.
create index directory_pupils_by_school on directory_pupils (municipality_id, school_id);
create index presences_by_day on presences (municipality_id, school_id, service, service_date);
create index set_aside_swipes_by_day on set_aside_swipes (municipality_id, school_id, service, service_date);
