CREATE TABLE public.badge_changes (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    change_id uuid NOT NULL,
    badge_id uuid NOT NULL,
    kind text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    replaced_by_badge_id uuid,
    CONSTRAINT badge_changes_kind_check CHECK ((kind = ANY (ARRAY['assigned'::text, 'blocked'::text, 'unblocked'::text, 'replaced'::text, 'validity_changed'::text])))
);

CREATE TABLE public.badges (
    municipality_id bigint NOT NULL,
    badge_id uuid NOT NULL,
    pupil_id uuid NOT NULL,
    badge_number text NOT NULL,
    blocked boolean NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    replaces_badge_id uuid,
    CONSTRAINT badges_badge_number_check CHECK ((badge_number ~ '^[0-9A-Z-]{4,64}$'::text)),
    CONSTRAINT badges_check CHECK ((valid_until >= valid_from))
);

CREATE TABLE public.classes (
    municipality_id bigint NOT NULL,
    class_id uuid NOT NULL,
    school_id uuid NOT NULL,
    school_year_id uuid NOT NULL,
    name text NOT NULL
);

CREATE TABLE public.documents (
    municipality_id bigint NOT NULL,
    document_id uuid NOT NULL,
    pupil_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    byte_count bigint NOT NULL,
    sha256 text NOT NULL,
    added_at timestamp with time zone NOT NULL,
    added_by text NOT NULL,
    removed_at timestamp with time zone,
    removed_by text,
    CONSTRAINT documents_byte_count_check CHECK ((byte_count > 0)),
    CONSTRAINT documents_kind_check CHECK ((kind = ANY (ARRAY['certification_730'::text, 'form'::text, 'letter'::text, 'certificate'::text, 'other'::text]))),
    CONSTRAINT documents_media_type_check CHECK ((media_type = ANY (ARRAY['application/pdf'::text, 'image/jpeg'::text, 'image/png'::text]))),
    CONSTRAINT documents_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE public.enrolments (
    municipality_id bigint NOT NULL,
    enrolment_id uuid NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL,
    school_year_id uuid NOT NULL,
    guardian_id uuid NOT NULL,
    tariff_id uuid NOT NULL,
    payment_mode text NOT NULL,
    overdraft_cents bigint NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    reductions jsonb DEFAULT '[]'::jsonb NOT NULL,
    invoice_email text DEFAULT ''::text NOT NULL,
    invoice_address jsonb,
    CONSTRAINT enrolments_check CHECK ((valid_until >= valid_from)),
    CONSTRAINT enrolments_invoice_address_check CHECK ((jsonb_typeof(invoice_address) = 'object'::text)),
    CONSTRAINT enrolments_overdraft_cents_check CHECK (((overdraft_cents >= 0) AND (overdraft_cents <= 100000))),
    CONSTRAINT enrolments_payment_mode_check CHECK ((payment_mode = ANY (ARRAY['prepaid'::text, 'invoiced'::text]))),
    CONSTRAINT enrolments_reductions_check CHECK ((jsonb_typeof(reductions) = 'array'::text))
);

CREATE TABLE public.guardians (
    municipality_id bigint NOT NULL,
    guardian_id uuid NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    codice_fiscale text NOT NULL
);

CREATE TABLE public.household_guardians (
    municipality_id bigint NOT NULL,
    household_id uuid NOT NULL,
    guardian_id uuid NOT NULL
);

CREATE TABLE public.household_pupils (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    household_id uuid NOT NULL
);

CREATE TABLE public.households (
    municipality_id bigint NOT NULL,
    household_id uuid NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL COLLATE pg_catalog."C",
    isee_sealed text
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

CREATE TABLE public.municipalities (
    municipality_id bigint NOT NULL,
    name text NOT NULL,
    website_url text NOT NULL,
    office_contact text NOT NULL,
    directory_version bigint DEFAULT 0 NOT NULL,
    light_diet_days_max integer DEFAULT 3 NOT NULL,
    CONSTRAINT municipalities_light_diet_days_max_check CHECK (((light_diet_days_max >= 1) AND (light_diet_days_max <= 31))),
    CONSTRAINT municipalities_municipality_id_check CHECK ((municipality_id > 0))
);

CREATE TABLE public.outbox_events (
    "position" bigint NOT NULL,
    municipality_id bigint NOT NULL,
    message_id uuid DEFAULT gen_random_uuid() NOT NULL,
    routing_key text NOT NULL,
    body bytea NOT NULL,
    traceparent text,
    appended_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.outbox_events ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_events_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pupils (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    codice_fiscale text NOT NULL,
    class_id uuid NOT NULL,
    diet_sealed text NOT NULL,
    closed boolean NOT NULL,
    directory_version bigint NOT NULL,
    birth jsonb,
    residence jsonb,
    diets_sealed text,
    CONSTRAINT pupils_birth_check CHECK ((jsonb_typeof(birth) = 'object'::text)),
    CONSTRAINT pupils_residence_check CHECK ((jsonb_typeof(residence) = 'object'::text))
);

CREATE TABLE public.record_edits (
    municipality_id bigint NOT NULL,
    edit_id uuid NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    editor text NOT NULL,
    source text NOT NULL,
    record_kind text NOT NULL,
    record_id text NOT NULL,
    is_new boolean NOT NULL,
    fields text[] NOT NULL,
    CONSTRAINT record_edits_source_check CHECK ((source = ANY (ARRAY['office'::text, 'command'::text, 'import'::text])))
);

CREATE TABLE public.record_reads (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    read_hour timestamp with time zone NOT NULL,
    reader_id uuid NOT NULL,
    what text NOT NULL,
    reader_role text NOT NULL,
    read_at timestamp with time zone NOT NULL,
    CONSTRAINT record_reads_reader_role_check CHECK ((reader_role = ANY (ARRAY['guardian'::text, 'office'::text, 'school'::text, 'sre'::text]))),
    CONSTRAINT record_reads_what_check CHECK ((what = ANY (ARRAY['record'::text, 'documents'::text, 'document'::text])))
);

CREATE TABLE public.school_years (
    municipality_id bigint NOT NULL,
    school_year_id uuid NOT NULL,
    name text NOT NULL,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    CONSTRAINT school_years_check CHECK ((valid_until >= valid_from))
);

CREATE TABLE public.schools (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    name text NOT NULL
);

CREATE TABLE public.services (
    municipality_id bigint NOT NULL,
    service text NOT NULL,
    name text NOT NULL
);

CREATE TABLE public.tariff_prices (
    municipality_id bigint NOT NULL,
    tariff_id uuid NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    price_cents bigint NOT NULL,
    bands jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT tariff_prices_bands_check CHECK ((jsonb_typeof(bands) = 'array'::text)),
    CONSTRAINT tariff_prices_check CHECK ((valid_until >= valid_from)),
    CONSTRAINT tariff_prices_price_cents_check CHECK (((price_cents >= 0) AND (price_cents <= 100000)))
);

CREATE TABLE public.tariffs (
    municipality_id bigint NOT NULL,
    tariff_id uuid NOT NULL,
    service text NOT NULL,
    name text NOT NULL
);

ALTER TABLE ONLY public.migrations ALTER COLUMN id SET DEFAULT nextval('public.migrations_id_seq'::regclass);

ALTER TABLE ONLY public.badge_changes
    ADD CONSTRAINT badge_changes_pkey PRIMARY KEY (municipality_id, pupil_id, change_id);

ALTER TABLE ONLY public.badges
    ADD CONSTRAINT badges_pkey PRIMARY KEY (municipality_id, badge_id);

ALTER TABLE ONLY public.classes
    ADD CONSTRAINT classes_pkey PRIMARY KEY (municipality_id, class_id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (municipality_id, document_id);

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_pkey PRIMARY KEY (municipality_id, enrolment_id);

ALTER TABLE ONLY public.guardians
    ADD CONSTRAINT guardians_municipality_id_codice_fiscale_key UNIQUE (municipality_id, codice_fiscale) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.guardians
    ADD CONSTRAINT guardians_pkey PRIMARY KEY (municipality_id, guardian_id);

ALTER TABLE ONLY public.household_guardians
    ADD CONSTRAINT household_guardians_pkey PRIMARY KEY (municipality_id, household_id, guardian_id);

ALTER TABLE ONLY public.household_pupils
    ADD CONSTRAINT household_pupils_pkey PRIMARY KEY (municipality_id, pupil_id);

ALTER TABLE ONLY public.households
    ADD CONSTRAINT households_pkey PRIMARY KEY (municipality_id, household_id);

ALTER TABLE ONLY public.migration_checksums
    ADD CONSTRAINT migration_checksums_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.municipalities
    ADD CONSTRAINT municipalities_pkey PRIMARY KEY (municipality_id);

ALTER TABLE ONLY public.outbox_events
    ADD CONSTRAINT outbox_events_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.pupils
    ADD CONSTRAINT pupils_municipality_id_codice_fiscale_key UNIQUE (municipality_id, codice_fiscale) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.pupils
    ADD CONSTRAINT pupils_pkey PRIMARY KEY (municipality_id, pupil_id);

ALTER TABLE ONLY public.record_edits
    ADD CONSTRAINT record_edits_pkey PRIMARY KEY (municipality_id, edit_id);

ALTER TABLE ONLY public.record_reads
    ADD CONSTRAINT record_reads_pkey PRIMARY KEY (municipality_id, pupil_id, read_hour, reader_id, what);

ALTER TABLE ONLY public.school_years
    ADD CONSTRAINT school_years_pkey PRIMARY KEY (municipality_id, school_year_id);

ALTER TABLE ONLY public.schools
    ADD CONSTRAINT schools_pkey PRIMARY KEY (municipality_id, school_id);

ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_pkey PRIMARY KEY (municipality_id, service);

ALTER TABLE ONLY public.tariff_prices
    ADD CONSTRAINT tariff_prices_pkey PRIMARY KEY (municipality_id, tariff_id, valid_from);

ALTER TABLE ONLY public.tariffs
    ADD CONSTRAINT tariffs_pkey PRIMARY KEY (municipality_id, tariff_id);

CREATE INDEX badges_by_number ON public.badges USING btree (municipality_id, badge_number);

CREATE INDEX badges_by_pupil ON public.badges USING btree (municipality_id, pupil_id);

CREATE UNIQUE INDEX badges_by_replaced ON public.badges USING btree (municipality_id, replaces_badge_id) WHERE (replaces_badge_id IS NOT NULL);

CREATE UNIQUE INDEX badges_in_use_by_number ON public.badges USING btree (municipality_id, badge_number) WHERE (NOT blocked);

CREATE INDEX documents_by_pupil ON public.documents USING btree (municipality_id, pupil_id, added_at DESC, document_id DESC) WHERE (removed_at IS NULL);

CREATE INDEX enrolments_by_guardian ON public.enrolments USING btree (municipality_id, guardian_id);

CREATE INDEX enrolments_by_pupil ON public.enrolments USING btree (municipality_id, pupil_id);

CREATE INDEX enrolments_by_tariff ON public.enrolments USING btree (municipality_id, tariff_id);

CREATE INDEX household_pupils_by_household ON public.household_pupils USING btree (municipality_id, household_id);

CREATE UNIQUE INDEX households_by_name ON public.households USING btree (municipality_id, name_key);

CREATE INDEX pupils_by_class ON public.pupils USING btree (municipality_id, class_id);

CREATE UNIQUE INDEX pupils_by_directory_version ON public.pupils USING btree (municipality_id, directory_version);

CREATE INDEX pupils_by_name ON public.pupils USING btree (municipality_id, lower(family_name) text_pattern_ops, lower(given_name), pupil_id);

CREATE INDEX pupils_in_order ON public.pupils USING btree (municipality_id, lower(family_name), lower(given_name), pupil_id);

CREATE INDEX pupils_without_diets ON public.pupils USING btree (municipality_id, pupil_id) WHERE (diets_sealed IS NULL);

CREATE INDEX record_edits_by_record ON public.record_edits USING btree (municipality_id, record_id, edit_id DESC);

ALTER TABLE ONLY public.badge_changes
    ADD CONSTRAINT badge_changes_municipality_id_badge_id_fkey FOREIGN KEY (municipality_id, badge_id) REFERENCES public.badges(municipality_id, badge_id);

ALTER TABLE ONLY public.badges
    ADD CONSTRAINT badges_municipality_id_pupil_id_fkey FOREIGN KEY (municipality_id, pupil_id) REFERENCES public.pupils(municipality_id, pupil_id);

ALTER TABLE ONLY public.badges
    ADD CONSTRAINT badges_municipality_id_replaces_badge_id_fkey FOREIGN KEY (municipality_id, replaces_badge_id) REFERENCES public.badges(municipality_id, badge_id);

ALTER TABLE ONLY public.classes
    ADD CONSTRAINT classes_municipality_id_school_id_fkey FOREIGN KEY (municipality_id, school_id) REFERENCES public.schools(municipality_id, school_id);

ALTER TABLE ONLY public.classes
    ADD CONSTRAINT classes_municipality_id_school_year_id_fkey FOREIGN KEY (municipality_id, school_year_id) REFERENCES public.school_years(municipality_id, school_year_id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_municipality_id_pupil_id_fkey FOREIGN KEY (municipality_id, pupil_id) REFERENCES public.pupils(municipality_id, pupil_id);

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_municipality_id_guardian_id_fkey FOREIGN KEY (municipality_id, guardian_id) REFERENCES public.guardians(municipality_id, guardian_id);

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_municipality_id_pupil_id_fkey FOREIGN KEY (municipality_id, pupil_id) REFERENCES public.pupils(municipality_id, pupil_id);

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_municipality_id_school_year_id_fkey FOREIGN KEY (municipality_id, school_year_id) REFERENCES public.school_years(municipality_id, school_year_id);

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_municipality_id_service_fkey FOREIGN KEY (municipality_id, service) REFERENCES public.services(municipality_id, service);

ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_municipality_id_tariff_id_fkey FOREIGN KEY (municipality_id, tariff_id) REFERENCES public.tariffs(municipality_id, tariff_id);

ALTER TABLE ONLY public.guardians
    ADD CONSTRAINT guardians_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.municipalities(municipality_id);

ALTER TABLE ONLY public.household_guardians
    ADD CONSTRAINT household_guardians_municipality_id_guardian_id_fkey FOREIGN KEY (municipality_id, guardian_id) REFERENCES public.guardians(municipality_id, guardian_id);

ALTER TABLE ONLY public.household_guardians
    ADD CONSTRAINT household_guardians_municipality_id_household_id_fkey FOREIGN KEY (municipality_id, household_id) REFERENCES public.households(municipality_id, household_id);

ALTER TABLE ONLY public.household_pupils
    ADD CONSTRAINT household_pupils_municipality_id_household_id_fkey FOREIGN KEY (municipality_id, household_id) REFERENCES public.households(municipality_id, household_id);

ALTER TABLE ONLY public.household_pupils
    ADD CONSTRAINT household_pupils_municipality_id_pupil_id_fkey FOREIGN KEY (municipality_id, pupil_id) REFERENCES public.pupils(municipality_id, pupil_id);

ALTER TABLE ONLY public.households
    ADD CONSTRAINT households_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.municipalities(municipality_id);

ALTER TABLE ONLY public.pupils
    ADD CONSTRAINT pupils_municipality_id_class_id_fkey FOREIGN KEY (municipality_id, class_id) REFERENCES public.classes(municipality_id, class_id);

ALTER TABLE ONLY public.school_years
    ADD CONSTRAINT school_years_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.municipalities(municipality_id);

ALTER TABLE ONLY public.schools
    ADD CONSTRAINT schools_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.municipalities(municipality_id);

ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.municipalities(municipality_id);

ALTER TABLE ONLY public.tariff_prices
    ADD CONSTRAINT tariff_prices_municipality_id_tariff_id_fkey FOREIGN KEY (municipality_id, tariff_id) REFERENCES public.tariffs(municipality_id, tariff_id);

ALTER TABLE ONLY public.tariffs
    ADD CONSTRAINT tariffs_municipality_id_service_fkey FOREIGN KEY (municipality_id, service) REFERENCES public.services(municipality_id, service);
