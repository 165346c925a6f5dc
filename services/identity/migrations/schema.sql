CREATE FUNCTION public.refuse_early_removal() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if old.occurred_at > now() - interval '24 months' + interval '1 day' then
    raise exception '% is kept for 24 months', tg_table_name;
  end if;
  return old;
end $$;

CREATE FUNCTION public.refuse_sign_in_log_edit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  raise exception 'sign_in_log is never edited';
end $$;

CREATE TABLE public.companies (
    municipality_id integer NOT NULL,
    company_id uuid NOT NULL,
    partita_iva text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    password_set_at timestamp with time zone NOT NULL,
    CONSTRAINT companies_partita_iva_check CHECK ((partita_iva ~ '^[0-9]{11}$'::text)),
    CONSTRAINT companies_state_check CHECK ((state = ANY (ARRAY['open'::text, 'shut'::text])))
);

CREATE TABLE public.login_attempts (
    municipality_id integer NOT NULL,
    key_hash bytea NOT NULL,
    attempts integer NOT NULL,
    window_ends_at timestamp with time zone NOT NULL
);

CREATE TABLE public.migration_checksums (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.migrations (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    run_on timestamp without time zone NOT NULL
);

CREATE SEQUENCE public.migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.migrations_id_seq OWNED BY public.migrations.id;

CREATE TABLE public.operators (
    municipality_id integer NOT NULL,
    codice_fiscale_hash bytea NOT NULL,
    role text NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    CONSTRAINT operators_role_check CHECK ((role = ANY (ARRAY['office'::text, 'school'::text, 'sre'::text])))
);

CREATE TABLE public.pending_sign_ins (
    municipality_id integer NOT NULL,
    state_hash bytea NOT NULL,
    sign_in_id uuid NOT NULL,
    provider text NOT NULL,
    redirect_uri text NOT NULL,
    secrets_sealed text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    issuer text,
    request_id text,
    presented_sealed text,
    code_hash bytea
);

CREATE TABLE public.persons (
    municipality_id integer NOT NULL,
    person_id uuid NOT NULL,
    codice_fiscale_hash bytea NOT NULL,
    codice_fiscale_sealed text NOT NULL,
    first_signed_in_at timestamp with time zone NOT NULL,
    last_signed_in_at timestamp with time zone NOT NULL,
    kind text DEFAULT 'citizen'::text NOT NULL,
    CONSTRAINT persons_kind_check CHECK ((kind = ANY (ARRAY['citizen'::text, 'company'::text])))
);

CREATE TABLE public.sign_in_log (
    municipality_id integer NOT NULL,
    entry_id uuid NOT NULL,
    sign_in_id uuid,
    provider text,
    outcome text NOT NULL,
    error_code text,
    acr text,
    person_id uuid,
    occurred_at timestamp with time zone NOT NULL,
    issuer text,
    request_id text,
    response_id text,
    source_address inet,
    CONSTRAINT sign_in_log_outcome_check CHECK ((outcome = ANY (ARRAY['signed_in'::text, 'cancelled'::text, 'expired'::text, 'provider_error'::text, 'provider_away'::text, 'no_codice_fiscale'::text, 'legal_person'::text, 'certificate_refused'::text, 'wrong_credentials'::text, 'natural_person'::text, 'too_many_attempts'::text, 'abandoned'::text])))
);

CREATE TABLE public.sign_in_messages (
    municipality_id integer NOT NULL,
    message_id uuid NOT NULL,
    sign_in_id uuid NOT NULL,
    kind text NOT NULL,
    message_sealed text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_messages_kind_check CHECK ((kind = ANY (ARRAY['trust_chain'::text, 'authentication_request'::text, 'authentication_response'::text, 'token_request'::text, 'token_response'::text, 'userinfo_request'::text, 'userinfo_response'::text, 'revocation_request'::text, 'revocation_response'::text])))
);

CREATE TABLE public.sign_ins (
    municipality_id integer NOT NULL,
    sign_in_id uuid NOT NULL,
    person_id uuid NOT NULL,
    provider text NOT NULL,
    id_token_sealed text,
    signed_in_at timestamp with time zone NOT NULL,
    issuer text,
    access_token_sealed text,
    access_token_expires_at timestamp with time zone
);

CREATE TABLE public.signing_keys (
    purpose text NOT NULL,
    kid text NOT NULL,
    alg text NOT NULL,
    public_jwk jsonb NOT NULL,
    private_jwk_sealed text NOT NULL,
    active_from timestamp with time zone NOT NULL,
    CONSTRAINT signing_keys_purpose_check CHECK ((purpose = ANY (ARRAY['token'::text, 'client'::text, 'federation'::text, 'encryption'::text])))
);

CREATE TABLE public.trust_chains (
    municipality_id integer NOT NULL,
    chain_hash bytea NOT NULL,
    statements jsonb NOT NULL,
    last_used_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.migrations ALTER COLUMN id SET DEFAULT nextval('public.migrations_id_seq'::regclass);

ALTER TABLE ONLY public.companies
    ADD CONSTRAINT companies_municipality_id_partita_iva_key UNIQUE (municipality_id, partita_iva);

ALTER TABLE ONLY public.companies
    ADD CONSTRAINT companies_pkey PRIMARY KEY (municipality_id, company_id);

ALTER TABLE ONLY public.login_attempts
    ADD CONSTRAINT login_attempts_pkey PRIMARY KEY (municipality_id, key_hash);

ALTER TABLE ONLY public.migration_checksums
    ADD CONSTRAINT migration_checksums_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_pkey PRIMARY KEY (municipality_id, codice_fiscale_hash);

ALTER TABLE ONLY public.pending_sign_ins
    ADD CONSTRAINT pending_sign_ins_pkey PRIMARY KEY (municipality_id, state_hash);

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_municipality_id_codice_fiscale_hash_key UNIQUE (municipality_id, codice_fiscale_hash);

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_pkey PRIMARY KEY (municipality_id, person_id);

ALTER TABLE ONLY public.sign_in_log
    ADD CONSTRAINT sign_in_log_pkey PRIMARY KEY (municipality_id, entry_id);

ALTER TABLE ONLY public.sign_in_messages
    ADD CONSTRAINT sign_in_messages_pkey PRIMARY KEY (municipality_id, message_id);

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_pkey PRIMARY KEY (municipality_id, sign_in_id);

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (purpose, kid);

ALTER TABLE ONLY public.trust_chains
    ADD CONSTRAINT trust_chains_pkey PRIMARY KEY (municipality_id, chain_hash);

CREATE INDEX login_attempts_window_ends_at ON public.login_attempts USING btree (window_ends_at);

CREATE INDEX pending_sign_ins_expires_at ON public.pending_sign_ins USING btree (expires_at);

CREATE INDEX sign_in_log_occurred_at ON public.sign_in_log USING btree (occurred_at);

CREATE INDEX sign_in_log_sign_in ON public.sign_in_log USING btree (municipality_id, sign_in_id);

CREATE INDEX sign_in_messages_occurred_at ON public.sign_in_messages USING btree (occurred_at);

CREATE INDEX sign_in_messages_sign_in ON public.sign_in_messages USING btree (municipality_id, sign_in_id);

CREATE INDEX sign_ins_person ON public.sign_ins USING btree (municipality_id, person_id);

CREATE INDEX sign_ins_signed_in_at ON public.sign_ins USING btree (signed_in_at);

CREATE INDEX trust_chains_last_used_at ON public.trust_chains USING btree (last_used_at);

CREATE TRIGGER sign_in_log_is_kept BEFORE DELETE ON public.sign_in_log FOR EACH ROW EXECUTE FUNCTION public.refuse_early_removal();

CREATE TRIGGER sign_in_log_is_never_edited BEFORE UPDATE ON public.sign_in_log FOR EACH ROW EXECUTE FUNCTION public.refuse_sign_in_log_edit();

CREATE TRIGGER sign_in_messages_are_kept BEFORE DELETE ON public.sign_in_messages FOR EACH ROW EXECUTE FUNCTION public.refuse_early_removal();

CREATE TRIGGER sign_in_messages_are_never_edited BEFORE UPDATE ON public.sign_in_messages FOR EACH ROW EXECUTE FUNCTION public.refuse_sign_in_log_edit();

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_municipality_id_person_id_fkey FOREIGN KEY (municipality_id, person_id) REFERENCES public.persons(municipality_id, person_id);
