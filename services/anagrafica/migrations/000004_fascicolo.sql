-- 000004: the fascicolo (what it holds is in the document store, under the document's id), and who looked at a pupil's record. New tables only.
create table documents (
  municipality_id bigint not null,
  document_id uuid not null,
  pupil_id uuid not null,
  kind text not null check (kind in ('certification_730', 'form', 'letter', 'certificate', 'other')),
  title text not null,
  file_name text not null,
  media_type text not null check (media_type in ('application/pdf', 'image/jpeg', 'image/png')),
  byte_count bigint not null check (byte_count > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  added_at timestamptz not null,
  added_by text not null,
  removed_at timestamptz,
  removed_by text,
  primary key (municipality_id, document_id),
  foreign key (municipality_id, pupil_id) references pupils (municipality_id, pupil_id)
);
create index documents_by_pupil on documents (municipality_id, pupil_id, added_at desc, document_id desc)
  where removed_at is null;

-- One line per reader, pupil, what was read and hour: a page that asks again and again does not fill it.
create table record_reads (
  municipality_id bigint not null,
  pupil_id uuid not null,
  read_hour timestamptz not null,
  reader_id uuid not null,
  what text not null check (what in ('record', 'documents', 'document')),
  reader_role text not null check (reader_role in ('guardian', 'office', 'school', 'sre')),
  read_at timestamptz not null,
  primary key (municipality_id, pupil_id, read_hour, reader_id, what)
);
