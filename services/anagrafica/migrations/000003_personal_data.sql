-- 000003: birth and residence of a pupil, as the registry of the population tells them. Brief lock, no rewrite: nullable, no default; older code ignores them.
alter table pupils
  add column birth jsonb check (jsonb_typeof(birth) = 'object'),
  add column residence jsonb check (jsonb_typeof(residence) = 'object');
