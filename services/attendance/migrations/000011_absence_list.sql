-- 000011: the absences of a pupil as guardians list them, newest first.
-- Lock: SHARE on absences while the index is built: communications wait, for seconds at the most.
create index absences_by_communication on absences (municipality_id, pupil_id, service, communicated_at desc, service_date desc);
