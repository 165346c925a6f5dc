-- Who signed in, who is signing in, and what became of every attempt.

-- A person is a codice fiscale within a municipality, known outside by an opaque id only. The hash (keyed, so that a copy of the
-- table cannot be searched by trying codes) finds the row; the sealed text is what anagrafica is asked with.
create table persons (
  municipality_id integer not null,
  person_id uuid not null,
  codice_fiscale_hash bytea not null,
  codice_fiscale_sealed text not null,
  first_signed_in_at timestamptz not null,
  last_signed_in_at timestamptz not null,
  primary key (municipality_id, person_id),
  unique (municipality_id, codice_fiscale_hash)
);

-- A sign-in that has begun and not come back. The row is deleted by the first answer that names its state: single use.
create table pending_sign_ins (
  municipality_id integer not null,
  state_hash bytea not null,
  sign_in_id uuid not null,
  provider text not null,
  redirect_uri text not null,
  -- The code verifier and the nonce, sealed: with them and an intercepted code one could finish another's sign-in.
  secrets_sealed text not null,
  expires_at timestamptz not null,
  primary key (municipality_id, state_hash)
);
create index pending_sign_ins_expires_at on pending_sign_ins (expires_at);

-- A sign-in that succeeded, kept as long as a session can last, so that it can be ended at the provider.
create table sign_ins (
  municipality_id integer not null,
  sign_in_id uuid not null,
  person_id uuid not null,
  provider text not null,
  id_token_sealed text not null,
  signed_in_at timestamptz not null,
  primary key (municipality_id, sign_in_id),
  foreign key (municipality_id, person_id) references persons (municipality_id, person_id)
);
create index sign_ins_signed_in_at on sign_ins (signed_in_at);

-- One row per attempt, kept 24 months, never edited. No attribute of the person: an opaque id where the attempt succeeded.
create table sign_in_log (
  municipality_id integer not null,
  entry_id uuid not null,
  -- Null where the answer named no sign-in that we know.
  sign_in_id uuid,
  provider text,
  outcome text not null check (outcome in
    ('signed_in', 'cancelled', 'expired', 'provider_error', 'provider_away', 'no_codice_fiscale', 'abandoned')),
  error_code text,
  acr text,
  person_id uuid,
  occurred_at timestamptz not null,
  primary key (municipality_id, entry_id)
);
create index sign_in_log_occurred_at on sign_in_log (occurred_at);

create function refuse_sign_in_log_edit() returns trigger language plpgsql as $$
begin
  raise exception 'sign_in_log is never edited';
end $$;
create trigger sign_in_log_is_never_edited before update on sign_in_log
  for each row execute function refuse_sign_in_log_edit();
