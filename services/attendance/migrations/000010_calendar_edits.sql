-- 000010: who changed calendars, menus and rules.
-- Lock: none, the table is new. Older code ignores it.
create table calendar_edits (
  municipality_id bigint not null,
  -- In the order of time (UUIDv7).
  edit_id uuid not null,
  edited_at timestamptz not null,
  -- A person's id, or the name that was given to the command.
  editor text not null,
  source text not null check (source in ('office', 'command', 'import', 'service')),
  -- What was put: service_days, menus, …, or import; never what it says.
  what text not null,
  -- Null for an import: its line stands for all schools.
  school_id uuid,
  service text,
  -- Of an import, those that changed something.
  files text[] not null,
  primary key (municipality_id, edit_id)
);
