-- 000003: what is known already about the swipes of a micro-batch, in one round trip.
-- Rows come back for swipe ids that are stored (as presence or set aside) and for pupils who have a meal of that day.
-- The planner's settings are fixed: a plan made while the tables were empty must not scan them when they are full.
create function known_swipes(
  p_municipalities bigint[], p_swipes uuid[],
  p_meal_positions int[], p_meal_municipalities bigint[], p_pupils uuid[], p_services text[], p_days date[]
) returns table (
  "position" int, source text, answer text, swipe_id uuid,
  badge_number text, occurred_at_ms bigint, service_date text, service text, fingerprint text
)
language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off
as $$
  select w.n::int, 'swipe', p.charge, p.swipe_id, p.badge_number,
      (extract(epoch from p.occurred_at) * 1000)::bigint, p.service_date::text, p.service, null
    from unnest(p_municipalities, p_swipes) with ordinality w(m, s, n)
    join presences p on p.municipality_id = w.m and p.swipe_id = w.s
  union all
  select w.n::int, 'set_aside', a.reason, null, a.badge_number, a.occurred_at_ms, a.service_date, a.service, a.fingerprint
    from unnest(p_municipalities, p_swipes) with ordinality w(m, s, n)
    join set_aside_swipes a on a.municipality_id = w.m and a.swipe_id = w.s::text
  union all
  select w.n, 'day', p.charge, p.swipe_id, null, null, null, null, null
    from unnest(p_meal_positions, p_meal_municipalities, p_pupils, p_services, p_days) w(n, m, pupil, service, day)
    join presences p on p.municipality_id = w.m and p.pupil_id = w.pupil and p.service = w.service and p.service_date = w.day
$$;
