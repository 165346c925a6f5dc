-- Sign-in by provider of a federation, by card and by company; what the rules ask to keep; operators.
-- Locks: brief ACCESS EXCLUSIVE on small tables, no rewrite (nullable columns without default). Older code ignores the columns.

alter table persons add column kind text not null default 'citizen' check (kind in ('citizen', 'company'));

-- Which of a method's providers, and who the citizen is where a card was shown: sealed, with the hash of the one-time code that the
-- browser carries back.
alter table pending_sign_ins add column issuer text;
alter table pending_sign_ins add column request_id text;
alter table pending_sign_ins add column presented_sealed text;
alter table pending_sign_ins add column code_hash bytea;

-- The access token, to be revoked when the person leaves. A card or a company has no token of a provider.
alter table sign_ins add column issuer text;
alter table sign_ins add column access_token_sealed text;
alter table sign_ins add column access_token_expires_at timestamptz;
alter table sign_ins alter column id_token_sealed drop not null;
create index sign_ins_person on sign_ins (municipality_id, person_id);

alter table sign_in_log add column issuer text;
alter table sign_in_log add column request_id text;
alter table sign_in_log add column response_id text;
alter table sign_in_log add column source_address inet;
alter table sign_in_log drop constraint sign_in_log_outcome_check;
alter table sign_in_log add constraint sign_in_log_outcome_check check (outcome in
  ('signed_in', 'cancelled', 'expired', 'provider_error', 'provider_away', 'no_codice_fiscale', 'legal_person', 'certificate_refused',
   'wrong_credentials', 'natural_person', 'too_many_attempts', 'abandoned'));
create index sign_in_log_sign_in on sign_in_log (municipality_id, sign_in_id);

-- The messages exchanged with a provider, sealed: the rules of SPID and CIE have both sides keep them for 24 months (log management).
-- Read by the command sign-in-log alone.
create table sign_in_messages (
  municipality_id integer not null,
  message_id uuid not null,
  sign_in_id uuid not null,
  kind text not null check (kind in
    ('trust_chain', 'authentication_request', 'authentication_response', 'token_request', 'token_response', 'userinfo_request',
     'userinfo_response', 'revocation_request', 'revocation_response')),
  message_sealed text not null,
  occurred_at timestamptz not null,
  primary key (municipality_id, message_id)
);
create index sign_in_messages_sign_in on sign_in_messages (municipality_id, sign_in_id);
create index sign_in_messages_occurred_at on sign_in_messages (occurred_at);
create trigger sign_in_messages_are_never_edited before update on sign_in_messages
  for each row execute function refuse_sign_in_log_edit();

-- The trust chain under which a sign-in happened: the same for thousands of them, so it is kept once and the messages name it.
-- Public statements, not sealed. Goes when no message is left that could name it.
create table trust_chains (
  municipality_id integer not null,
  chain_hash bytea not null,
  statements jsonb not null,
  last_used_at timestamptz not null,
  primary key (municipality_id, chain_hash)
);
create index trust_chains_last_used_at on trust_chains (last_used_at);

-- What is kept for 24 months goes after 24 months and not before, whoever asks: a day of tolerance for clocks.
create function refuse_early_removal() returns trigger language plpgsql as $$
begin
  if old.occurred_at > now() - interval '24 months' + interval '1 day' then
    raise exception '% is kept for 24 months', tg_table_name;
  end if;
  return old;
end $$;
create trigger sign_in_log_is_kept before delete on sign_in_log
  for each row execute function refuse_early_removal();
create trigger sign_in_messages_are_kept before delete on sign_in_messages
  for each row execute function refuse_early_removal();

-- Companies that sign in by password. The partita IVA is public; the password is an argon2id hash.
create table companies (
  municipality_id integer not null,
  company_id uuid not null,
  partita_iva text not null check (partita_iva ~ '^[0-9]{11}$'),
  name text not null,
  password_hash text not null,
  state text not null default 'open' check (state in ('open', 'shut')),
  password_set_at timestamptz not null,
  primary key (municipality_id, company_id),
  unique (municipality_id, partita_iva)
);

-- Failures to sign in by password, per account and per address, known by a keyed hash: an unknown account counts like a known one.
create table login_attempts (
  municipality_id integer not null,
  key_hash bytea not null,
  attempts integer not null,
  window_ends_at timestamptz not null,
  primary key (municipality_id, key_hash)
);
create index login_attempts_window_ends_at on login_attempts (window_ends_at);

-- Roles beyond that of a guardian, granted to a codice fiscale before or after its first sign-in.
create table operators (
  municipality_id integer not null,
  codice_fiscale_hash bytea not null,
  role text not null check (role in ('office', 'school', 'sre')),
  granted_at timestamptz not null,
  primary key (municipality_id, codice_fiscale_hash)
);

-- 'federation' signs what we say of ourselves to SPID and CIE; 'encryption' opens what their providers tell us.
alter table signing_keys drop constraint signing_keys_purpose_check;
alter table signing_keys add constraint signing_keys_purpose_check
  check (purpose in ('token', 'client', 'federation', 'encryption'));
