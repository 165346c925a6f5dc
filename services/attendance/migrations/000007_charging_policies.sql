-- 000007: schools that charge what was booked and not cancelled, and what was charged so. New tables only.
create table charging_policies (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  policy text not null check (policy in ('on_swipe', 'booked')),
  -- The first service day that is charged so: what was before stays as it was.
  since date not null,
  primary key (municipality_id, school_id, service)
);

-- What a booked meal cost, eaten or not; of who swiped too, the presence says the same.
create table booked_charges (
  municipality_id bigint not null,
  pupil_id uuid not null,
  service text not null,
  service_date date not null,
  school_id uuid not null,
  charge text not null check (charge in ('debited', 'invoiced', 'over_limit', 'not_charged')),
  amount_cents bigint not null check (amount_cents >= 0),
  transfer_id uuid,
  charged_at timestamptz not null,
  primary key (municipality_id, pupil_id, service, service_date),
  check ((transfer_id is not null) = (charge = 'debited'))
);
create index booked_charges_by_day on booked_charges (municipality_id, school_id, service, service_date);

-- Days whose bookings are all charged.
create table booked_days (
  municipality_id bigint not null,
  school_id uuid not null,
  service text not null,
  service_date date not null,
  charged_at timestamptz not null,
  primary key (municipality_id, school_id, service, service_date)
);
