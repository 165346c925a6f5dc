-- 000005: who changed which record, and the order in which the office looks people up. A new table and an index; building the index blocks writers
-- of pupils for seconds at the most.
create table record_edits (
  municipality_id bigint not null,
  edit_id uuid not null,
  edited_at timestamptz not null,
  -- A person's id, or the name that was given to the command.
  editor text not null,
  source text not null check (source in ('office', 'command', 'import')),
  record_kind text not null,
  -- Empty for an import: its line stands for all its records.
  record_id text not null,
  is_new boolean not null,
  -- Names of what changed, never their values.
  fields text[] not null,
  primary key (municipality_id, edit_id)
);
create index record_edits_by_record on record_edits (municipality_id, record_id, edit_id desc);

create index pupils_by_name on pupils (municipality_id, lower(family_name) text_pattern_ops, lower(given_name), pupil_id);
