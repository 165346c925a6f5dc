-- 000008: absences after the cut-off.
-- Lock: brief ACCESS EXCLUSIVE on absence_rules and absences, no rewrite (constant defaults). Older code ignores the columns.

-- Until when, on the service day itself, an absence is still noted after the cut-off, and whether the meal costs what it would; null: not at all.
alter table absence_rules add column late_until_time text check (late_until_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$');
alter table absence_rules add column is_late_charged boolean not null default true;

-- Communicated after the cut-off: the meal was cooked.
alter table absences add column is_late boolean not null default false;
-- Whether the day costs nothing, by the rules when the absence was taken. Not so where a meal is served instead, or a late one is charged.
alter table absences add column cancels_charge boolean not null default true;
