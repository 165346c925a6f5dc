-- 000002: the outbox. Anagrafica consumes nothing, so it has no table of processed messages.
-- Events that a transaction has decided and the broker has not confirmed. The relay deletes what is confirmed, so the table stays small.
create table outbox_events (
  position bigint generated always as identity primary key,
  municipality_id bigint not null,
  message_id uuid not null default gen_random_uuid(),
  routing_key text not null,
  body bytea not null,
  traceparent text,
  appended_at timestamptz not null default now()
);
