-- 000009: when the platform could take absences.
-- Lock: none, the table is new. Older code ignores it.

-- A row for each minute in which some replica could take absences: minutes that are missing between two rows were an outage. Of the
-- installation, not of a municipality. Kept for a month.
create table availability_beats (
  beat_at timestamptz primary key
);
