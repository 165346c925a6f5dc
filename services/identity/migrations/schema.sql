CREATE FUNCTION public.refuse_sign_in_log_edit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  raise exception 'sign_in_log is never edited';
end $$;

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

CREATE TABLE public.pending_sign_ins (
    municipality_id integer NOT NULL,
    state_hash bytea NOT NULL,
    sign_in_id uuid NOT NULL,
    provider text NOT NULL,
    redirect_uri text NOT NULL,
    secrets_sealed text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.persons (
    municipality_id integer NOT NULL,
    person_id uuid NOT NULL,
    codice_fiscale_hash bytea NOT NULL,
    codice_fiscale_sealed text NOT NULL,
    first_signed_in_at timestamp with time zone NOT NULL,
    last_signed_in_at timestamp with time zone NOT NULL
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
    CONSTRAINT sign_in_log_outcome_check CHECK ((outcome = ANY (ARRAY['signed_in'::text, 'cancelled'::text, 'expired'::text, 'provider_error'::text, 'provider_away'::text, 'no_codice_fiscale'::text, 'abandoned'::text])))
);

CREATE TABLE public.sign_ins (
    municipality_id integer NOT NULL,
    sign_in_id uuid NOT NULL,
    person_id uuid NOT NULL,
    provider text NOT NULL,
    id_token_sealed text NOT NULL,
    signed_in_at timestamp with time zone NOT NULL
);

CREATE TABLE public.signing_keys (
    purpose text NOT NULL,
    kid text NOT NULL,
    alg text NOT NULL,
    public_jwk jsonb NOT NULL,
    private_jwk_sealed text NOT NULL,
    active_from timestamp with time zone NOT NULL,
    CONSTRAINT signing_keys_purpose_check CHECK ((purpose = ANY (ARRAY['token'::text, 'client'::text])))
);

ALTER TABLE ONLY public.migrations ALTER COLUMN id SET DEFAULT nextval('public.migrations_id_seq'::regclass);

ALTER TABLE ONLY public.migration_checksums
    ADD CONSTRAINT migration_checksums_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pending_sign_ins
    ADD CONSTRAINT pending_sign_ins_pkey PRIMARY KEY (municipality_id, state_hash);

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_municipality_id_codice_fiscale_hash_key UNIQUE (municipality_id, codice_fiscale_hash);

ALTER TABLE ONLY public.persons
    ADD CONSTRAINT persons_pkey PRIMARY KEY (municipality_id, person_id);

ALTER TABLE ONLY public.sign_in_log
    ADD CONSTRAINT sign_in_log_pkey PRIMARY KEY (municipality_id, entry_id);

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_pkey PRIMARY KEY (municipality_id, sign_in_id);

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (purpose, kid);

CREATE INDEX pending_sign_ins_expires_at ON public.pending_sign_ins USING btree (expires_at);

CREATE INDEX sign_in_log_occurred_at ON public.sign_in_log USING btree (occurred_at);

CREATE INDEX sign_ins_signed_in_at ON public.sign_ins USING btree (signed_in_at);

CREATE TRIGGER sign_in_log_is_never_edited BEFORE UPDATE ON public.sign_in_log FOR EACH ROW EXECUTE FUNCTION public.refuse_sign_in_log_edit();

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_municipality_id_person_id_fkey FOREIGN KEY (municipality_id, person_id) REFERENCES public.persons(municipality_id, person_id);
