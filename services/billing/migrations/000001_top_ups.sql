-- 000001: creditors, what may be topped up, positions at pagoPA, top-up orders, receipts.

-- A municipality as pagoPA knows it: the creditor, its intermediary and station, and what its notice numbers are made of.
create table creditors (
  municipality_id bigint primary key check (municipality_id > 0),
  fiscal_code text not null check (fiscal_code ~ '^[0-9]{11}$'),
  company_name text not null,
  office_name text not null,
  broker_id text not null,
  station_id text not null,
  segregation_code text not null check (segregation_code ~ '^[0-9]{2}$'),
  iban text not null,
  postal_iban text,
  cbill_code text,
  -- Where parents come back to from Checkout.
  portal_url text not null,
  -- The last base number given to a notice; the row's lock makes the next one unique.
  last_notice_base bigint not null default 0 check (last_notice_base < 10000000000000)
);
-- The node names a creditor by its fiscal code alone.
create unique index creditors_by_fiscal_code on creditors (fiscal_code);

create table top_up_rules (
  municipality_id bigint not null references creditors,
  service text not null,
  label text not null,
  minimum_cents bigint not null check (minimum_cents > 0),
  maximum_cents bigint not null,
  step_cents bigint not null check (step_cents > 0),
  taxonomy_code text not null,
  pending_days integer not null check (pending_days between 1 and 365),
  primary key (municipality_id, service),
  check (maximum_cents >= minimum_cents)
);

-- What pagoPA may ask us about: one notice number, one amount. The node holds the lock on a payment under way; nothing here says so.
create table positions (
  municipality_id bigint not null references creditors,
  position_id uuid not null,
  notice_number text not null check (notice_number ~ '^[0-9]{18}$'),
  kind text not null check (kind in ('top_up', 'instalment')),
  subject_id uuid not null,
  amount_cents bigint not null check (amount_cents > 0),
  -- Read by anybody who pays: never a person's data.
  description text not null,
  taxonomy_code text not null,
  -- JSON of the debtor's codice fiscale and name, sealed.
  debtor_sealed text not null,
  due_on date not null,
  state text not null check (state in ('open', 'paid', 'cancelled')),
  state_changed_at timestamptz not null,
  -- A cart of ours is under way until then: the position cannot enter another one.
  cart_id uuid,
  cart_until timestamptz,
  created_at timestamptz not null,
  primary key (municipality_id, position_id),
  unique (municipality_id, notice_number),
  unique (municipality_id, kind, subject_id),
  check ((cart_id is null) = (cart_until is null))
);
create index positions_by_cart on positions (municipality_id, cart_id) where cart_id is not null;

-- The wish to top up; the portal makes the id. It becomes a transfer when a receipt settles its position.
create table top_up_orders (
  municipality_id bigint not null,
  order_id uuid not null,
  pupil_id uuid not null,
  service text not null,
  badge_number text,
  amount_cents bigint not null,
  overdraft_cents bigint not null,
  ordered_by uuid not null,
  ordered_at timestamptz not null,
  expires_on date not null,
  state text not null check (state in ('pending', 'paid', 'credited', 'cancelled')),
  paid_at timestamptz,
  credited_at timestamptz,
  cancelled_at timestamptz,
  primary key (municipality_id, order_id)
);
create index top_up_orders_by_pupil on top_up_orders (municipality_id, pupil_id, ordered_at desc, order_id);
-- What is paid and not yet on its account: nearly empty, read at every look for work.
create index top_up_orders_paid on top_up_orders (municipality_id, paid_at) where state = 'paid';

-- Real money that has arrived, one row per payment and never edited: keyed by the receipt, not by the notice.
create table receipts (
  municipality_id bigint not null,
  receipt_id text not null,
  notice_number text not null,
  position_id uuid,
  -- What our own transfers of the payment sum to.
  paid_cents bigint not null check (paid_cents >= 0),
  paid_at timestamptz not null,
  psp_name text not null,
  handling text not null check (handling in ('settled', 'already_paid', 'cancelled', 'other_amount', 'unknown_notice')),
  -- The node's message as it came, sealed: it names payer and debtor.
  message_sealed text not null,
  received_at timestamptz not null,
  primary key (municipality_id, receipt_id)
);
create index receipts_by_position on receipts (municipality_id, position_id) where position_id is not null;
create index receipts_for_the_office on receipts (municipality_id, received_at desc) where handling <> 'settled';
