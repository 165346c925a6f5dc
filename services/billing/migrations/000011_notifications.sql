-- 000011: what guardians are told, stored with the fact and sent afterwards. A new table only.
create table notifications (
  municipality_id bigint not null,
  kind text not null check (kind in ('top_up_credited', 'document_issued', 'document_overdue', 'low_credit')),
  -- The order, the document, or the payment that armed it.
  subject_id uuid not null,
  channel text not null check (channel in ('mail', 'app_io')),
  pupil_id uuid not null,
  service text not null,
  -- nowhere: there is no address, or the citizen does not receive; parked: it cannot be sent, and waits for people.
  state text not null check (state in ('waiting', 'sent', 'nowhere', 'parked')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  reason text,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (municipality_id, kind, subject_id, channel)
);
-- What is to be sent: nearly empty, read at every look for work.
create index notifications_waiting on notifications (municipality_id, next_at) where state = 'waiting';
create index notifications_parked on notifications (municipality_id, ended_at desc) where state = 'parked';
