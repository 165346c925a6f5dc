-- 000007: what was recorded of each pupil's diets, whole, and the longest light diet of a municipality.
-- Brief lock, no rewrite: nullable or a constant default; older code ignores both.
alter table pupils
  -- Every version with its days, kind, certificate and who recorded it, sealed and padded like diet_sealed. Null: not sealed since the
  -- column came (or by an older release): diet_sealed tells the only diet, one from always. The service fills it in after its start.
  -- diet_sealed keeps the code in force when the row was written, for older releases that run beside this one.
  add column diets_sealed text;
-- Empty once every row is sealed: what the service looks for after its start costs nothing then.
create index pupils_without_diets on pupils (municipality_id, pupil_id) where diets_sealed is null;

alter table municipalities
  add column light_diet_days_max integer not null default 3 check (light_diet_days_max between 1 and 31);
