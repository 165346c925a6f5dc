CREATE FUNCTION public.known_swipes(p_municipalities bigint[], p_swipes uuid[], p_meal_positions integer[], p_meal_municipalities bigint[], p_pupils uuid[], p_services text[], p_days date[]) RETURNS TABLE("position" integer, source text, answer text, swipe_id uuid, badge_number text, occurred_at_ms bigint, service_date text, service text, fingerprint text)
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
  select w.n::int, 'swipe', p.charge, p.swipe_id, p.badge_number,
      (extract(epoch from p.occurred_at) * 1000)::bigint, p.service_date::text, p.service, null
    from unnest(p_municipalities, p_swipes) with ordinality w(m, s, n)
    join presences p on p.municipality_id = w.m and p.swipe_id = w.s
  union all
  select w.n::int, 'set_aside', a.reason, null, a.badge_number, a.occurred_at_ms, a.service_date, a.service, a.fingerprint
    from unnest(p_municipalities, p_swipes) with ordinality w(m, s, n)
    join set_aside_swipes a on a.municipality_id = w.m and a.swipe_id = w.s::text
  union all
  select w.n, 'day', p.charge, p.swipe_id, null, null, null, null, null
    from unnest(p_meal_positions, p_meal_municipalities, p_pupils, p_services, p_days) w(n, m, pupil, service, day)
    join presences p on p.municipality_id = w.m and p.pupil_id = w.pupil and p.service = w.service and p.service_date = w.day
$$;

CREATE TABLE public.absence_requests (
    municipality_id bigint NOT NULL,
    request_id uuid NOT NULL,
    pupil_id uuid NOT NULL,
    content text NOT NULL,
    answer jsonb NOT NULL,
    answered_at timestamp with time zone NOT NULL
);

CREATE TABLE public.absence_rules (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    service_days_before integer NOT NULL,
    cut_off_time text NOT NULL,
    types jsonb NOT NULL,
    late_until_time text,
    is_late_charged boolean DEFAULT true NOT NULL,
    CONSTRAINT absence_rules_cut_off_time_check CHECK ((cut_off_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'::text)),
    CONSTRAINT absence_rules_late_until_time_check CHECK ((late_until_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'::text)),
    CONSTRAINT absence_rules_service_days_before_check CHECK (((service_days_before >= 0) AND (service_days_before <= 10)))
);

CREATE TABLE public.absences (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL,
    request_id uuid NOT NULL,
    school_id uuid NOT NULL,
    type_code text NOT NULL,
    communicated_by uuid NOT NULL,
    communicated_at timestamp with time zone NOT NULL,
    is_late boolean DEFAULT false NOT NULL,
    cancels_charge boolean DEFAULT true NOT NULL
);

CREATE TABLE public.availability_beats (
    beat_at timestamp with time zone NOT NULL
);

CREATE TABLE public.booked_charges (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL,
    school_id uuid NOT NULL,
    charge text NOT NULL,
    amount_cents bigint NOT NULL,
    transfer_id uuid,
    charged_at timestamp with time zone NOT NULL,
    CONSTRAINT booked_charges_amount_cents_check CHECK ((amount_cents >= 0)),
    CONSTRAINT booked_charges_charge_check CHECK ((charge = ANY (ARRAY['debited'::text, 'invoiced'::text, 'over_limit'::text, 'not_charged'::text]))),
    CONSTRAINT booked_charges_check CHECK (((transfer_id IS NOT NULL) = (charge = 'debited'::text)))
);

CREATE TABLE public.booked_days (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL,
    charged_at timestamp with time zone NOT NULL
);

CREATE TABLE public.calendar_edits (
    municipality_id bigint NOT NULL,
    edit_id uuid NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    editor text NOT NULL,
    source text NOT NULL,
    what text NOT NULL,
    school_id uuid,
    service text,
    files text[] NOT NULL,
    CONSTRAINT calendar_edits_source_check CHECK ((source = ANY (ARRAY['office'::text, 'command'::text, 'import'::text, 'service'::text])))
);

CREATE TABLE public.charging_policies (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    policy text NOT NULL,
    since date NOT NULL,
    CONSTRAINT charging_policies_policy_check CHECK ((policy = ANY (ARRAY['on_swipe'::text, 'booked'::text])))
);

CREATE TABLE public.closed_days (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL,
    class_name text NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT closed_days_kind_check CHECK ((kind = ANY (ARRAY['closure'::text, 'strike'::text, 'trip'::text])))
);

CREATE TABLE public.cut_off_extensions (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL,
    cut_off_at timestamp with time zone NOT NULL,
    reason text NOT NULL
);

CREATE TABLE public.directories (
    municipality_id bigint NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    generation bigint DEFAULT 0 NOT NULL,
    name text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.directory_pupils (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    version bigint NOT NULL,
    removed boolean NOT NULL,
    display_name text NOT NULL,
    school_id uuid,
    class_name text NOT NULL,
    diet_sealed text NOT NULL,
    badges jsonb NOT NULL,
    enrolments jsonb NOT NULL
);

CREATE TABLE public.directory_schools (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    name text NOT NULL
);

CREATE TABLE public.ledger_accounts (
    municipality_id bigint NOT NULL,
    service text NOT NULL,
    owner_id uuid NOT NULL,
    account_id bigint NOT NULL
);

CREATE TABLE public.meal_corrections (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL,
    correction_id uuid NOT NULL,
    reason text NOT NULL,
    reversal_id uuid,
    corrected_by text NOT NULL,
    corrected_at timestamp with time zone NOT NULL
);

CREATE TABLE public.menu_rotations (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    starts_on date NOT NULL,
    weeks smallint NOT NULL,
    days jsonb NOT NULL,
    CONSTRAINT menu_rotations_days_check CHECK ((jsonb_typeof(days) = 'array'::text)),
    CONSTRAINT menu_rotations_starts_on_check CHECK ((EXTRACT(isodow FROM starts_on) = (1)::numeric)),
    CONSTRAINT menu_rotations_weeks_check CHECK (((weeks >= 1) AND (weeks <= 12)))
);

CREATE TABLE public.menus (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL,
    text text NOT NULL,
    courses jsonb,
    CONSTRAINT menus_courses_check CHECK ((jsonb_typeof(courses) = 'array'::text))
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

CREATE TABLE public.presences (
    municipality_id bigint NOT NULL,
    pupil_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL,
    swipe_id uuid NOT NULL,
    terminal_id uuid NOT NULL,
    school_id uuid NOT NULL,
    badge_number text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    charge text NOT NULL,
    amount_cents bigint NOT NULL,
    transfer_id uuid,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT presences_amount_cents_check CHECK ((amount_cents >= 0)),
    CONSTRAINT presences_charge_check CHECK ((charge = ANY (ARRAY['debited'::text, 'invoiced'::text, 'over_limit'::text, 'not_charged'::text]))),
    CONSTRAINT presences_check CHECK (((transfer_id IS NOT NULL) = (charge = 'debited'::text)))
);

CREATE TABLE public.processed_messages (
    queue text NOT NULL,
    message_id uuid NOT NULL,
    processed_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.service_days (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    service_date date NOT NULL
);

CREATE TABLE public.set_aside_swipes (
    municipality_id bigint NOT NULL,
    swipe_id text NOT NULL,
    fingerprint text NOT NULL,
    reason text NOT NULL,
    terminal_id uuid NOT NULL,
    school_id uuid NOT NULL,
    badge_number text NOT NULL,
    occurred_at_ms bigint NOT NULL,
    service_date text NOT NULL,
    service text NOT NULL,
    set_aside_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.sittings (
    municipality_id bigint NOT NULL,
    school_id uuid NOT NULL,
    service text NOT NULL,
    class_name text NOT NULL,
    sitting smallint NOT NULL,
    CONSTRAINT sittings_sitting_check CHECK (((sitting >= 1) AND (sitting <= 2)))
);

CREATE TABLE public.terminals (
    municipality_id bigint NOT NULL,
    terminal_id uuid NOT NULL,
    school_id uuid NOT NULL,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    disabled_at timestamp with time zone
);

ALTER TABLE ONLY public.migrations ALTER COLUMN id SET DEFAULT nextval('public.migrations_id_seq'::regclass);

ALTER TABLE ONLY public.absence_requests
    ADD CONSTRAINT absence_requests_pkey PRIMARY KEY (municipality_id, request_id);

ALTER TABLE ONLY public.absence_rules
    ADD CONSTRAINT absence_rules_pkey PRIMARY KEY (municipality_id, school_id, service);

ALTER TABLE ONLY public.absences
    ADD CONSTRAINT absences_pkey PRIMARY KEY (municipality_id, pupil_id, service, service_date);

ALTER TABLE ONLY public.availability_beats
    ADD CONSTRAINT availability_beats_pkey PRIMARY KEY (beat_at);

ALTER TABLE ONLY public.booked_charges
    ADD CONSTRAINT booked_charges_pkey PRIMARY KEY (municipality_id, pupil_id, service, service_date);

ALTER TABLE ONLY public.booked_days
    ADD CONSTRAINT booked_days_pkey PRIMARY KEY (municipality_id, school_id, service, service_date);

ALTER TABLE ONLY public.calendar_edits
    ADD CONSTRAINT calendar_edits_pkey PRIMARY KEY (municipality_id, edit_id);

ALTER TABLE ONLY public.charging_policies
    ADD CONSTRAINT charging_policies_pkey PRIMARY KEY (municipality_id, school_id, service);

ALTER TABLE ONLY public.closed_days
    ADD CONSTRAINT closed_days_pkey PRIMARY KEY (municipality_id, school_id, service, service_date, class_name);

ALTER TABLE ONLY public.cut_off_extensions
    ADD CONSTRAINT cut_off_extensions_pkey PRIMARY KEY (municipality_id, school_id, service, service_date);

ALTER TABLE ONLY public.directories
    ADD CONSTRAINT directories_pkey PRIMARY KEY (municipality_id);

ALTER TABLE ONLY public.directory_pupils
    ADD CONSTRAINT directory_pupils_pkey PRIMARY KEY (municipality_id, pupil_id);

ALTER TABLE ONLY public.directory_schools
    ADD CONSTRAINT directory_schools_pkey PRIMARY KEY (municipality_id, school_id);

ALTER TABLE ONLY public.ledger_accounts
    ADD CONSTRAINT ledger_accounts_pkey PRIMARY KEY (municipality_id, owner_id, service);

ALTER TABLE ONLY public.meal_corrections
    ADD CONSTRAINT meal_corrections_pkey PRIMARY KEY (municipality_id, pupil_id, service, service_date);

ALTER TABLE ONLY public.menu_rotations
    ADD CONSTRAINT menu_rotations_pkey PRIMARY KEY (municipality_id, school_id, service, starts_on);

ALTER TABLE ONLY public.menus
    ADD CONSTRAINT menus_pkey PRIMARY KEY (municipality_id, school_id, service, service_date);

ALTER TABLE ONLY public.migration_checksums
    ADD CONSTRAINT migration_checksums_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outbox_events
    ADD CONSTRAINT outbox_events_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT presences_by_swipe UNIQUE (municipality_id, swipe_id);

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT presences_pkey PRIMARY KEY (municipality_id, pupil_id, service, service_date);

ALTER TABLE ONLY public.processed_messages
    ADD CONSTRAINT processed_messages_pkey PRIMARY KEY (queue, message_id);

ALTER TABLE ONLY public.service_days
    ADD CONSTRAINT service_days_pkey PRIMARY KEY (municipality_id, school_id, service, service_date);

ALTER TABLE ONLY public.set_aside_swipes
    ADD CONSTRAINT set_aside_swipes_pkey PRIMARY KEY (municipality_id, swipe_id, fingerprint);

ALTER TABLE ONLY public.sittings
    ADD CONSTRAINT sittings_pkey PRIMARY KEY (municipality_id, school_id, service, class_name);

ALTER TABLE ONLY public.terminals
    ADD CONSTRAINT terminals_pkey PRIMARY KEY (municipality_id, terminal_id);

CREATE INDEX absences_by_communication ON public.absences USING btree (municipality_id, pupil_id, service, communicated_at DESC, service_date DESC);

CREATE INDEX absences_by_day ON public.absences USING btree (municipality_id, school_id, service, service_date);

CREATE INDEX booked_charges_by_day ON public.booked_charges USING btree (municipality_id, school_id, service, service_date);

CREATE INDEX directory_pupils_by_school ON public.directory_pupils USING btree (municipality_id, school_id);

CREATE INDEX directory_pupils_by_version ON public.directory_pupils USING btree (municipality_id, version);

CREATE UNIQUE INDEX meal_corrections_by_id ON public.meal_corrections USING btree (municipality_id, correction_id);

CREATE INDEX presences_by_day ON public.presences USING btree (municipality_id, school_id, service, service_date);

CREATE INDEX processed_messages_processed_at ON public.processed_messages USING btree (processed_at);

CREATE INDEX set_aside_swipes_by_day ON public.set_aside_swipes USING btree (municipality_id, school_id, service, service_date);

CREATE INDEX set_aside_swipes_by_time ON public.set_aside_swipes USING btree (municipality_id, set_aside_at);

CREATE UNIQUE INDEX terminals_by_id ON public.terminals USING btree (terminal_id);
