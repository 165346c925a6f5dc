CREATE TABLE public.creditors (
    municipality_id bigint NOT NULL,
    fiscal_code text NOT NULL,
    company_name text NOT NULL,
    office_name text NOT NULL,
    broker_id text NOT NULL,
    station_id text NOT NULL,
    segregation_code text NOT NULL,
    iban text NOT NULL,
    postal_iban text,
    cbill_code text,
    portal_url text NOT NULL,
    last_notice_base bigint DEFAULT 0 NOT NULL,
    CONSTRAINT creditors_fiscal_code_check CHECK ((fiscal_code ~ '^[0-9]{11}$'::text)),
    CONSTRAINT creditors_last_notice_base_check CHECK ((last_notice_base < '10000000000000'::bigint)),
    CONSTRAINT creditors_municipality_id_check CHECK ((municipality_id > 0)),
    CONSTRAINT creditors_segregation_code_check CHECK ((segregation_code ~ '^[0-9]{2}$'::text))
);

CREATE TABLE public.document_counters (
    municipality_id bigint NOT NULL,
    year integer NOT NULL,
    last_number integer NOT NULL,
    CONSTRAINT document_counters_last_number_check CHECK ((last_number > 0))
);

CREATE TABLE public.documents (
    municipality_id bigint NOT NULL,
    document_id uuid NOT NULL,
    kind text NOT NULL,
    year integer NOT NULL,
    number integer NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL,
    description text NOT NULL,
    issued_on date NOT NULL,
    amount_cents bigint NOT NULL,
    vat text NOT NULL,
    vat_cents bigint NOT NULL,
    stamp_cents bigint NOT NULL,
    content text NOT NULL,
    handed_over_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT documents_amount_cents_check CHECK ((amount_cents > 0)),
    CONSTRAINT documents_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'payment_notice'::text]))),
    CONSTRAINT documents_stamp_cents_check CHECK ((stamp_cents >= 0)),
    CONSTRAINT documents_vat_cents_check CHECK ((vat_cents >= 0)),
    CONSTRAINT documents_vat_check CHECK ((vat = ANY (ARRAY['vat_4'::text, 'exempt'::text])))
);

CREATE TABLE public.instalments (
    municipality_id bigint NOT NULL,
    instalment_id uuid NOT NULL,
    document_id uuid NOT NULL,
    ordinal integer NOT NULL,
    amount_cents bigint NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL,
    paid_at timestamp with time zone,
    receipt_id text,
    CONSTRAINT instalments_amount_cents_check CHECK ((amount_cents > 0)),
    CONSTRAINT instalments_ordinal_check CHECK (((ordinal >= 1) AND (ordinal <= 12))),
    CONSTRAINT instalments_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'handed_over'::text])))
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

CREATE TABLE public.positions (
    municipality_id bigint NOT NULL,
    position_id uuid NOT NULL,
    notice_number text NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    amount_cents bigint NOT NULL,
    description text NOT NULL,
    taxonomy_code text NOT NULL,
    debtor_sealed text NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL,
    state_changed_at timestamp with time zone NOT NULL,
    cart_id uuid,
    cart_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT positions_amount_cents_check CHECK ((amount_cents > 0)),
    CONSTRAINT positions_check CHECK (((cart_id IS NULL) = (cart_until IS NULL))),
    CONSTRAINT positions_kind_check CHECK ((kind = ANY (ARRAY['top_up'::text, 'instalment'::text]))),
    CONSTRAINT positions_notice_number_check CHECK ((notice_number ~ '^[0-9]{18}$'::text)),
    CONSTRAINT positions_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'cancelled'::text])))
);

CREATE TABLE public.processed_messages (
    queue text NOT NULL,
    message_id uuid NOT NULL,
    processed_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.receipts (
    municipality_id bigint NOT NULL,
    receipt_id text NOT NULL,
    notice_number text NOT NULL,
    position_id uuid,
    paid_cents bigint NOT NULL,
    paid_at timestamp with time zone NOT NULL,
    psp_name text NOT NULL,
    handling text NOT NULL,
    message_sealed text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT receipts_handling_check CHECK ((handling = ANY (ARRAY['settled'::text, 'already_paid'::text, 'cancelled'::text, 'other_amount'::text, 'unknown_notice'::text]))),
    CONSTRAINT receipts_paid_cents_check CHECK ((paid_cents >= 0))
);

CREATE TABLE public.top_up_orders (
    municipality_id bigint NOT NULL,
    order_id uuid NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL,
    badge_number text,
    amount_cents bigint NOT NULL,
    overdraft_cents bigint NOT NULL,
    ordered_by uuid NOT NULL,
    ordered_at timestamp with time zone NOT NULL,
    expires_on date NOT NULL,
    state text NOT NULL,
    paid_at timestamp with time zone,
    credited_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    CONSTRAINT top_up_orders_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'paid'::text, 'credited'::text, 'cancelled'::text])))
);

CREATE TABLE public.top_up_rules (
    municipality_id bigint NOT NULL,
    service text NOT NULL,
    label text NOT NULL,
    minimum_cents bigint NOT NULL,
    maximum_cents bigint NOT NULL,
    step_cents bigint NOT NULL,
    taxonomy_code text NOT NULL,
    pending_days integer NOT NULL,
    CONSTRAINT top_up_rules_check CHECK ((maximum_cents >= minimum_cents)),
    CONSTRAINT top_up_rules_minimum_cents_check CHECK ((minimum_cents > 0)),
    CONSTRAINT top_up_rules_pending_days_check CHECK (((pending_days >= 1) AND (pending_days <= 365))),
    CONSTRAINT top_up_rules_step_cents_check CHECK ((step_cents > 0))
);

ALTER TABLE ONLY public.migrations ALTER COLUMN id SET DEFAULT nextval('public.migrations_id_seq'::regclass);

ALTER TABLE ONLY public.creditors
    ADD CONSTRAINT creditors_pkey PRIMARY KEY (municipality_id);

ALTER TABLE ONLY public.document_counters
    ADD CONSTRAINT document_counters_pkey PRIMARY KEY (municipality_id, year);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_municipality_id_year_number_key UNIQUE (municipality_id, year, number);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (municipality_id, document_id);

ALTER TABLE ONLY public.instalments
    ADD CONSTRAINT instalments_municipality_id_document_id_ordinal_key UNIQUE (municipality_id, document_id, ordinal);

ALTER TABLE ONLY public.instalments
    ADD CONSTRAINT instalments_pkey PRIMARY KEY (municipality_id, instalment_id);

ALTER TABLE ONLY public.migration_checksums
    ADD CONSTRAINT migration_checksums_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outbox_events
    ADD CONSTRAINT outbox_events_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT positions_municipality_id_kind_subject_id_key UNIQUE (municipality_id, kind, subject_id);

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT positions_municipality_id_notice_number_key UNIQUE (municipality_id, notice_number);

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT positions_pkey PRIMARY KEY (municipality_id, position_id);

ALTER TABLE ONLY public.processed_messages
    ADD CONSTRAINT processed_messages_pkey PRIMARY KEY (queue, message_id);

ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_pkey PRIMARY KEY (municipality_id, receipt_id);

ALTER TABLE ONLY public.top_up_orders
    ADD CONSTRAINT top_up_orders_pkey PRIMARY KEY (municipality_id, order_id);

ALTER TABLE ONLY public.top_up_rules
    ADD CONSTRAINT top_up_rules_pkey PRIMARY KEY (municipality_id, service);

CREATE UNIQUE INDEX creditors_by_fiscal_code ON public.creditors USING btree (fiscal_code);

CREATE INDEX documents_by_pupil ON public.documents USING btree (municipality_id, pupil_id, issued_on DESC, number DESC);

CREATE INDEX positions_by_cart ON public.positions USING btree (municipality_id, cart_id) WHERE (cart_id IS NOT NULL);

CREATE INDEX processed_messages_processed_at ON public.processed_messages USING btree (processed_at);

CREATE INDEX receipts_by_position ON public.receipts USING btree (municipality_id, position_id) WHERE (position_id IS NOT NULL);

CREATE INDEX receipts_for_the_office ON public.receipts USING btree (municipality_id, received_at DESC) WHERE (handling <> 'settled'::text);

CREATE INDEX top_up_orders_by_pupil ON public.top_up_orders USING btree (municipality_id, pupil_id, ordered_at DESC, order_id);

CREATE INDEX top_up_orders_paid ON public.top_up_orders USING btree (municipality_id, paid_at) WHERE (state = 'paid'::text);

ALTER TABLE ONLY public.document_counters
    ADD CONSTRAINT document_counters_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.instalments
    ADD CONSTRAINT instalments_municipality_id_document_id_fkey FOREIGN KEY (municipality_id, document_id) REFERENCES public.documents(municipality_id, document_id);

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT positions_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.top_up_rules
    ADD CONSTRAINT top_up_rules_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);
