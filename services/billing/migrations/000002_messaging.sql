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

-- Messages whose effect is in this database, stored in the transaction of the effect: a redelivery finds itself here.
create table processed_messages (
  queue text not null,
  message_id uuid not null,
  processed_at timestamptz not null default now(),
  primary key (queue, message_id)
);
create index processed_messages_processed_at on processed_messages (processed_at);
