-- 000008: who pays together. New tables only.
create table households (
  municipality_id bigint not null references municipalities,
  household_id uuid not null,
  -- What the office calls it, one household of a name.
  name text not null,
  -- The name for comparing and sorting: case and spaces make no difference.
  name_key text collate "C" not null,
  primary key (municipality_id, household_id)
);
create unique index households_by_name on households (municipality_id, name_key);

-- A pupil is in one household at the most.
create table household_pupils (
  municipality_id bigint not null,
  pupil_id uuid not null,
  household_id uuid not null,
  primary key (municipality_id, pupil_id),
  foreign key (municipality_id, pupil_id) references pupils,
  foreign key (municipality_id, household_id) references households
);
create index household_pupils_by_household on household_pupils (municipality_id, household_id);

create table household_guardians (
  municipality_id bigint not null,
  household_id uuid not null,
  guardian_id uuid not null,
  primary key (municipality_id, household_id, guardian_id),
  foreign key (municipality_id, household_id) references households,
  foreign key (municipality_id, guardian_id) references guardians
);
