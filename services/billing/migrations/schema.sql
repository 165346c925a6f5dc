CREATE FUNCTION public.append_position_load() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  insert into position_loads (municipality_id, position_id, amount_cents, due_on, state)
  values (new.municipality_id, new.position_id, new.amount_cents, new.due_on, new.state);
  return null;
end
$$;

CREATE TABLE public.billing_rules (
    municipality_id bigint NOT NULL,
    service text NOT NULL,
    label text NOT NULL,
    kind text NOT NULL,
    vat text NOT NULL,
    series text NOT NULL,
    taxonomy_code text NOT NULL,
    instalment_count integer NOT NULL,
    instalment_least_cents bigint NOT NULL,
    due_days integer NOT NULL,
    days_apart integer NOT NULL,
    CONSTRAINT billing_rules_days_apart_check CHECK (((days_apart >= 1) AND (days_apart <= 365))),
    CONSTRAINT billing_rules_due_days_check CHECK (((due_days >= 0) AND (due_days <= 365))),
    CONSTRAINT billing_rules_instalment_count_check CHECK (((instalment_count >= 1) AND (instalment_count <= 12))),
    CONSTRAINT billing_rules_instalment_least_cents_check CHECK ((instalment_least_cents >= 0)),
    CONSTRAINT billing_rules_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'payment_notice'::text]))),
    CONSTRAINT billing_rules_series_check CHECK ((series ~ '^[A-Z0-9]{0,10}$'::text)),
    CONSTRAINT billing_rules_vat_check CHECK ((vat = ANY (ARRAY['vat_4'::text, 'exempt'::text])))
);

CREATE TABLE public.certifications (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    year integer NOT NULL,
    ordinal integer NOT NULL,
    payer_sealed text NOT NULL,
    amount_cents bigint NOT NULL,
    document_id uuid NOT NULL,
    filed_at timestamp with time zone NOT NULL,
    CONSTRAINT certifications_amount_cents_check CHECK ((amount_cents >= 0)),
    CONSTRAINT certifications_ordinal_check CHECK ((ordinal > 0))
);

CREATE TABLE public.credit_checks (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL
);

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
    refuses_late_payments boolean DEFAULT false NOT NULL,
    positions_at text DEFAULT 'aca'::text NOT NULL,
    CONSTRAINT creditors_fiscal_code_check CHECK ((fiscal_code ~ '^[0-9]{11}$'::text)),
    CONSTRAINT creditors_last_notice_base_check CHECK ((last_notice_base < '10000000000000'::bigint)),
    CONSTRAINT creditors_municipality_id_check CHECK ((municipality_id > 0)),
    CONSTRAINT creditors_positions_at_check CHECK ((positions_at = ANY (ARRAY['aca'::text, 'gpd'::text]))),
    CONSTRAINT creditors_segregation_code_check CHECK ((segregation_code ~ '^[0-9]{2}$'::text))
);

CREATE TABLE public.document_charges (
    municipality_id bigint NOT NULL,
    service text NOT NULL,
    pupil_id uuid NOT NULL,
    service_date date NOT NULL,
    document_id uuid NOT NULL,
    amount_cents bigint NOT NULL,
    credit_note_id uuid,
    CONSTRAINT document_charges_amount_cents_check CHECK ((amount_cents > 0))
);

CREATE TABLE public.document_counters (
    municipality_id bigint NOT NULL,
    year integer NOT NULL,
    last_number integer NOT NULL,
    CONSTRAINT document_counters_last_number_check CHECK ((last_number > 0))
);

CREATE TABLE public.document_series (
    municipality_id bigint NOT NULL,
    series text NOT NULL,
    year integer NOT NULL,
    last_number integer NOT NULL,
    CONSTRAINT document_series_last_number_check CHECK ((last_number > 0)),
    CONSTRAINT document_series_series_check CHECK ((series <> ''::text))
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
    series text DEFAULT ''::text NOT NULL,
    corrects_id uuid,
    credited_cents bigint DEFAULT 0 NOT NULL,
    reminded_at timestamp with time zone,
    refunded_at timestamp with time zone,
    CONSTRAINT documents_amount_cents_check CHECK ((amount_cents > 0)),
    CONSTRAINT documents_corrects_check CHECK (((kind = 'credit_note'::text) = (corrects_id IS NOT NULL))),
    CONSTRAINT documents_credited_check CHECK (((credited_cents >= 0) AND (credited_cents <= amount_cents))),
    CONSTRAINT documents_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'payment_notice'::text, 'credit_note'::text]))),
    CONSTRAINT documents_series_check CHECK ((series ~ '^[A-Z0-9]{0,10}$'::text)),
    CONSTRAINT documents_stamp_cents_check CHECK ((stamp_cents >= 0)),
    CONSTRAINT documents_vat_cents_check CHECK ((vat_cents >= 0)),
    CONSTRAINT documents_vat_check CHECK ((vat = ANY (ARRAY['vat_4'::text, 'exempt'::text])))
);

CREATE TABLE public.instalment_credits (
    municipality_id bigint NOT NULL,
    credit_note_id uuid NOT NULL,
    instalment_id uuid NOT NULL,
    credited_cents bigint NOT NULL,
    credited_at timestamp with time zone NOT NULL,
    CONSTRAINT instalment_credits_credited_cents_check CHECK ((credited_cents > 0))
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
    credited_cents bigint DEFAULT 0 NOT NULL,
    CONSTRAINT instalments_amount_cents_check CHECK ((amount_cents > 0)),
    CONSTRAINT instalments_cancelled_check CHECK (((state = 'cancelled'::text) = (credited_cents = amount_cents))),
    CONSTRAINT instalments_credited_check CHECK (((credited_cents >= 0) AND (credited_cents <= amount_cents))),
    CONSTRAINT instalments_ordinal_check CHECK (((ordinal >= 1) AND (ordinal <= 12))),
    CONSTRAINT instalments_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'handed_over'::text, 'cancelled'::text])))
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

CREATE TABLE public.notifications (
    municipality_id bigint NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    channel text NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL,
    state text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone NOT NULL,
    reason text,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT notifications_channel_check CHECK ((channel = ANY (ARRAY['mail'::text, 'app_io'::text]))),
    CONSTRAINT notifications_kind_check CHECK ((kind = ANY (ARRAY['top_up_credited'::text, 'document_issued'::text, 'document_overdue'::text, 'low_credit'::text]))),
    CONSTRAINT notifications_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'nowhere'::text, 'parked'::text])))
);

CREATE TABLE public.office_case_lines (
    municipality_id bigint NOT NULL,
    case_id uuid NOT NULL,
    ordinal integer NOT NULL,
    outcome text NOT NULL,
    note text NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT office_case_lines_outcome_check CHECK ((outcome = ANY (ARRAY['refunded'::text, 'credited'::text, 'accounted'::text, 'reopened'::text])))
);

CREATE TABLE public.office_cases (
    municipality_id bigint NOT NULL,
    case_id uuid NOT NULL,
    class text NOT NULL,
    subject_id text NOT NULL,
    notice_number text NOT NULL,
    amount_cents bigint NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    CONSTRAINT office_cases_class_check CHECK ((class = ANY (ARRAY['late'::text, 'already_paid'::text, 'cancelled'::text, 'other_amount'::text, 'unknown_notice'::text])))
);

CREATE TABLE public.office_edits (
    municipality_id bigint NOT NULL,
    edit_id uuid NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    editor text NOT NULL,
    source text NOT NULL,
    action text NOT NULL,
    subject_id text NOT NULL,
    CONSTRAINT office_edits_source_check CHECK ((source = ANY (ARRAY['office'::text, 'command'::text])))
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

CREATE TABLE public.position_loads (
    municipality_id bigint NOT NULL,
    load bigint NOT NULL,
    position_id uuid NOT NULL,
    amount_cents bigint NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL,
    appended_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.position_loads ALTER COLUMN load ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.position_loads_load_seq
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
    CONSTRAINT receipts_handling_check CHECK ((handling = ANY (ARRAY['settled'::text, 'late'::text, 'already_paid'::text, 'cancelled'::text, 'other_amount'::text, 'unknown_notice'::text]))),
    CONSTRAINT receipts_paid_cents_check CHECK ((paid_cents >= 0))
);

CREATE TABLE public.run_lines (
    municipality_id bigint NOT NULL,
    run_id uuid NOT NULL,
    outcome text NOT NULL,
    subject_id uuid NOT NULL,
    amount_cents bigint NOT NULL
);

CREATE TABLE public.runs (
    municipality_id bigint NOT NULL,
    run_id uuid NOT NULL,
    kind text NOT NULL,
    scope text NOT NULL,
    settings jsonb NOT NULL,
    state text NOT NULL,
    prepared_by text NOT NULL,
    prepared_at timestamp with time zone NOT NULL,
    confirmed_by text,
    confirmed_at timestamp with time zone,
    ended_at timestamp with time zone,
    next_after text,
    preview jsonb NOT NULL,
    report jsonb NOT NULL,
    claimed_until timestamp with time zone,
    CONSTRAINT runs_check CHECK ((confirmed_by <> prepared_by)),
    CONSTRAINT runs_check1 CHECK (((confirmed_by IS NOT NULL) OR (state = ANY (ARRAY['previewing'::text, 'prepared'::text, 'discarded'::text])))),
    CONSTRAINT runs_kind_check CHECK ((kind = ANY (ARRAY['billing'::text, 'reminder'::text, 'ruolo'::text, 'certification_730'::text]))),
    CONSTRAINT runs_state_check CHECK ((state = ANY (ARRAY['previewing'::text, 'prepared'::text, 'issuing'::text, 'done'::text, 'discarded'::text])))
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
    low_credit_cents bigint,
    CONSTRAINT top_up_rules_check CHECK ((maximum_cents >= minimum_cents)),
    CONSTRAINT top_up_rules_low_credit_cents_check CHECK (((low_credit_cents >= 0) AND (low_credit_cents <= 100000))),
    CONSTRAINT top_up_rules_minimum_cents_check CHECK ((minimum_cents > 0)),
    CONSTRAINT top_up_rules_pending_days_check CHECK (((pending_days >= 1) AND (pending_days <= 365))),
    CONSTRAINT top_up_rules_step_cents_check CHECK ((step_cents > 0))
);

ALTER TABLE ONLY public.migrations ALTER COLUMN id SET DEFAULT nextval('public.migrations_id_seq'::regclass);

ALTER TABLE ONLY public.billing_rules
    ADD CONSTRAINT billing_rules_pkey PRIMARY KEY (municipality_id, service);

ALTER TABLE ONLY public.certifications
    ADD CONSTRAINT certifications_pkey PRIMARY KEY (municipality_id, pupil_id, year, ordinal);

ALTER TABLE ONLY public.credit_checks
    ADD CONSTRAINT credit_checks_pkey PRIMARY KEY (municipality_id, pupil_id, service);

ALTER TABLE ONLY public.creditors
    ADD CONSTRAINT creditors_pkey PRIMARY KEY (municipality_id);

ALTER TABLE ONLY public.document_charges
    ADD CONSTRAINT document_charges_pkey PRIMARY KEY (municipality_id, service, pupil_id, service_date);

ALTER TABLE ONLY public.document_counters
    ADD CONSTRAINT document_counters_pkey PRIMARY KEY (municipality_id, year);

ALTER TABLE ONLY public.document_series
    ADD CONSTRAINT document_series_pkey PRIMARY KEY (municipality_id, series, year);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_number_key UNIQUE (municipality_id, year, series, number);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (municipality_id, document_id);

ALTER TABLE ONLY public.instalment_credits
    ADD CONSTRAINT instalment_credits_pkey PRIMARY KEY (municipality_id, credit_note_id, instalment_id);

ALTER TABLE ONLY public.instalments
    ADD CONSTRAINT instalments_municipality_id_document_id_ordinal_key UNIQUE (municipality_id, document_id, ordinal);

ALTER TABLE ONLY public.instalments
    ADD CONSTRAINT instalments_pkey PRIMARY KEY (municipality_id, instalment_id);

ALTER TABLE ONLY public.migration_checksums
    ADD CONSTRAINT migration_checksums_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (municipality_id, kind, subject_id, channel);

ALTER TABLE ONLY public.office_case_lines
    ADD CONSTRAINT office_case_lines_pkey PRIMARY KEY (municipality_id, case_id, ordinal);

ALTER TABLE ONLY public.office_cases
    ADD CONSTRAINT office_cases_municipality_id_subject_id_class_key UNIQUE (municipality_id, subject_id, class);

ALTER TABLE ONLY public.office_cases
    ADD CONSTRAINT office_cases_pkey PRIMARY KEY (municipality_id, case_id);

ALTER TABLE ONLY public.office_edits
    ADD CONSTRAINT office_edits_pkey PRIMARY KEY (municipality_id, edit_id);

ALTER TABLE ONLY public.outbox_events
    ADD CONSTRAINT outbox_events_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.position_loads
    ADD CONSTRAINT position_loads_pkey PRIMARY KEY (municipality_id, load);

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

ALTER TABLE ONLY public.run_lines
    ADD CONSTRAINT run_lines_pkey PRIMARY KEY (municipality_id, run_id, outcome, subject_id);

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (municipality_id, run_id);

ALTER TABLE ONLY public.top_up_orders
    ADD CONSTRAINT top_up_orders_pkey PRIMARY KEY (municipality_id, order_id);

ALTER TABLE ONLY public.top_up_rules
    ADD CONSTRAINT top_up_rules_pkey PRIMARY KEY (municipality_id, service);

CREATE UNIQUE INDEX creditors_by_fiscal_code ON public.creditors USING btree (fiscal_code);

CREATE INDEX document_charges_by_credit_note ON public.document_charges USING btree (municipality_id, credit_note_id, service_date) WHERE (credit_note_id IS NOT NULL);

CREATE INDEX document_charges_by_document ON public.document_charges USING btree (municipality_id, document_id, service_date);

CREATE INDEX documents_by_pupil ON public.documents USING btree (municipality_id, pupil_id, issued_on DESC, number DESC);

CREATE INDEX documents_credits_left ON public.documents USING btree (municipality_id, pupil_id, service) WHERE ((kind = 'credit_note'::text) AND (credited_cents < amount_cents) AND (refunded_at IS NULL));

CREATE INDEX instalments_open ON public.instalments USING btree (municipality_id, document_id, due_on) WHERE (state = 'open'::text);

CREATE INDEX notifications_parked ON public.notifications USING btree (municipality_id, ended_at DESC) WHERE (state = 'parked'::text);

CREATE INDEX notifications_waiting ON public.notifications USING btree (municipality_id, next_at) WHERE (state = 'waiting'::text);

CREATE INDEX office_cases_open ON public.office_cases USING btree (municipality_id, opened_at, case_id) WHERE (resolved_at IS NULL);

CREATE INDEX office_cases_resolved ON public.office_cases USING btree (municipality_id, resolved_at DESC, case_id) WHERE (resolved_at IS NOT NULL);

CREATE INDEX position_loads_by_age ON public.position_loads USING btree (appended_at);

CREATE INDEX position_loads_by_position ON public.position_loads USING btree (municipality_id, position_id, load);

CREATE INDEX position_loads_due ON public.position_loads USING btree (next_at, load);

CREATE INDEX positions_by_cart ON public.positions USING btree (municipality_id, cart_id) WHERE (cart_id IS NOT NULL);

CREATE INDEX processed_messages_processed_at ON public.processed_messages USING btree (processed_at);

CREATE INDEX receipts_by_position ON public.receipts USING btree (municipality_id, position_id) WHERE (position_id IS NOT NULL);

CREATE INDEX receipts_for_the_office ON public.receipts USING btree (municipality_id, received_at DESC) WHERE (handling <> 'settled'::text);

CREATE INDEX runs_billed ON public.runs USING btree (municipality_id, scope, ((settings ->> 'month'::text)) DESC, prepared_at DESC) WHERE ((kind = 'billing'::text) AND (state = 'done'::text));

CREATE INDEX runs_by_time ON public.runs USING btree (municipality_id, prepared_at DESC, run_id DESC);

CREATE INDEX runs_to_work_on ON public.runs USING btree (municipality_id, prepared_at) WHERE (state = ANY (ARRAY['previewing'::text, 'issuing'::text]));

CREATE UNIQUE INDEX runs_under_way ON public.runs USING btree (municipality_id, kind, scope) WHERE (state = ANY (ARRAY['previewing'::text, 'prepared'::text, 'issuing'::text]));

CREATE INDEX top_up_orders_by_pupil ON public.top_up_orders USING btree (municipality_id, pupil_id, ordered_at DESC, order_id);

CREATE INDEX top_up_orders_paid ON public.top_up_orders USING btree (municipality_id, paid_at) WHERE (state = 'paid'::text);

CREATE TRIGGER position_changed AFTER UPDATE OF amount_cents, due_on, state ON public.positions FOR EACH ROW WHEN ((((old.amount_cents IS DISTINCT FROM new.amount_cents) OR (old.due_on IS DISTINCT FROM new.due_on)) OR (old.state IS DISTINCT FROM new.state))) EXECUTE FUNCTION public.append_position_load();

CREATE TRIGGER position_made AFTER INSERT ON public.positions FOR EACH ROW EXECUTE FUNCTION public.append_position_load();

ALTER TABLE ONLY public.billing_rules
    ADD CONSTRAINT billing_rules_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.document_charges
    ADD CONSTRAINT document_charges_municipality_id_document_id_fkey FOREIGN KEY (municipality_id, document_id) REFERENCES public.documents(municipality_id, document_id);

ALTER TABLE ONLY public.document_counters
    ADD CONSTRAINT document_counters_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.document_series
    ADD CONSTRAINT document_series_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.instalment_credits
    ADD CONSTRAINT instalment_credits_municipality_id_credit_note_id_fkey FOREIGN KEY (municipality_id, credit_note_id) REFERENCES public.documents(municipality_id, document_id);

ALTER TABLE ONLY public.instalment_credits
    ADD CONSTRAINT instalment_credits_municipality_id_instalment_id_fkey FOREIGN KEY (municipality_id, instalment_id) REFERENCES public.instalments(municipality_id, instalment_id);

ALTER TABLE ONLY public.instalments
    ADD CONSTRAINT instalments_municipality_id_document_id_fkey FOREIGN KEY (municipality_id, document_id) REFERENCES public.documents(municipality_id, document_id);

ALTER TABLE ONLY public.office_case_lines
    ADD CONSTRAINT office_case_lines_municipality_id_case_id_fkey FOREIGN KEY (municipality_id, case_id) REFERENCES public.office_cases(municipality_id, case_id);

ALTER TABLE ONLY public.position_loads
    ADD CONSTRAINT position_loads_municipality_id_position_id_fkey FOREIGN KEY (municipality_id, position_id) REFERENCES public.positions(municipality_id, position_id);

ALTER TABLE ONLY public.positions
    ADD CONSTRAINT positions_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.run_lines
    ADD CONSTRAINT run_lines_municipality_id_run_id_fkey FOREIGN KEY (municipality_id, run_id) REFERENCES public.runs(municipality_id, run_id);

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);

ALTER TABLE ONLY public.top_up_rules
    ADD CONSTRAINT top_up_rules_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES public.creditors(municipality_id);
