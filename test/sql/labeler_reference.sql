-- The labeler against plain SQL on random rows: gaps, ties, negative values, daylight saving, month ends.
SET search_path = public, usercls;
SELECT setseed(0.125);

-- Every value is a multiple of 1/4, so that any order of addition gives the same sum.
CREATE TEMP TABLE behaviour AS
SELECT (random() * 9)::int AS user_id,
       timestamptz '2024-01-01 00:00+00' + (random() * 800)::int * interval '1 day' + (random() * 96)::int * interval '15 minutes' AS ts,
       ((random() * 40)::int - 15) / 4.0::float8 AS value
FROM generate_series(1, 1200);
UPDATE behaviour SET value = NULL WHERE random() < 0.02;

-- Sums, counts and signs of the complete periods of a window, one row a user, from operators of PostgreSQL alone.
CREATE FUNCTION pg_temp.reference(period interval, window_start timestamptz, window_end timestamptz)
RETURNS TABLE (user_id int, sums float8[], counts float8[], signs int[], mean_signs int[], net int)
LANGUAGE sql AS $$
    WITH periods AS (
        SELECT k, window_start + k * period AS a, window_start + (k + 1) * period AS b
        FROM generate_series(0, 1000) k WHERE window_start + (k + 1) * period <= window_end),
    users AS (SELECT DISTINCT user_id FROM behaviour WHERE ts >= window_start AND ts < window_end),
    cells AS (
        SELECT u.user_id, k, coalesce(sum(value), 0) AS s, count(value) AS n, avg(value) AS m
        FROM users u CROSS JOIN periods p
        LEFT JOIN behaviour r ON r.user_id = u.user_id AND ts >= a AND ts < b
        GROUP BY u.user_id, k),
    differences AS (
        SELECT *, sign(s - lag(s) OVER (PARTITION BY user_id ORDER BY k)) AS d FROM cells),
    means AS (
        SELECT user_id, k, sign(m - lag(m) OVER (PARTITION BY user_id ORDER BY k)) AS d FROM cells WHERE n > 0)
    SELECT d.user_id, array_agg(s ORDER BY k), array_agg(n::float8 ORDER BY k),
           coalesce(array_agg(d::int ORDER BY k) FILTER (WHERE d IS NOT NULL), '{}'),
           coalesce((SELECT array_agg(m.d::int ORDER BY m.k) FILTER (WHERE m.d IS NOT NULL) FROM means m WHERE m.user_id = d.user_id), '{}'),
           coalesce(sum(d), 0)::int
    FROM differences d GROUP BY d.user_id
$$;

CREATE FUNCTION pg_temp.agree(zone text, period interval, a text, b text, OUT users bigint, OUT agree bigint)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('timezone', zone, true);
    SELECT count(*), count(*) FILTER (
        WHERE period_values(t) = r.sums AND period_values(t, 'count') = r.counts AND signs(t) = r.signs
          AND signs(t, 'mean') = r.mean_signs AND net_sign(t) = r.net
          AND period_values(bulk.trend) = r.sums AND period_values(bulk.trend, 'count') = r.counts
          AND (zone <> 'UTC' OR period_values(u) = r.sums AND period_values(v) = r.sums))
    INTO users, agree
    FROM pg_temp.reference(period, a::timestamptz, b::timestamptz) r
    FULL JOIN (SELECT user_id, trend_agg(ts, value, period, a::timestamptz, b::timestamptz) AS t,
                      trend_agg(ts::timestamp, value, period, a::timestamp, b::timestamp) AS u,
                      trend_agg(ts, value, period, a::timestamptz, b::timestamptz ORDER BY random()) AS v
               FROM behaviour WHERE ts >= a::timestamptz AND ts < b::timestamptz GROUP BY user_id) q USING (user_id)
    FULL JOIN trend_users('pg_temp.behaviour', 'user_id', 'ts', 'value', period, a::timestamptz, b::timestamptz) bulk USING (user_id);
END $$;

SELECT zone, period, a, b, (pg_temp.agree(zone, period::interval, a, b)).*
FROM (VALUES ('UTC', '7 days', '2024-01-03', '2026-01-01'),
             ('UTC', '1 month', '2024-01-31', '2026-02-01'),
             ('UTC', '1 mon 1 day 01:00', '2024-02-29', '2025-12-24'),
             ('UTC', '36 hours', '2024-05-05 13:15', '2024-09-09 09:09:09.5'),
             ('UTC', '1 year', '2024-02-29', '2026-03-01'),
             ('UTC', '15 minutes', '2024-02-29', '2024-03-07 00:01'),
             ('UTC', '300 days', '2024-01-01', '2026-01-01'),
             ('Europe/Berlin', '1 day', '2024-03-25', '2024-11-04'),
             ('Europe/Berlin', '7 days', '2024-01-01', '2026-01-03'),
             ('America/New_York', '1 month', '2024-01-31', '2026-01-31'),
             ('America/Sao_Paulo', '2 weeks', '2024-01-03', '2026-01-14'),
             ('Australia/Lord_Howe', '1 day', '2024-03-31', '2024-10-31'),
             ('Pacific/Apia', '3 mons', '2024-05-31', '2026-01-01')) w(zone, period, a, b);

-- The user's own window: periods from a fixed start, from the first to the last that has a value.
CREATE FUNCTION pg_temp.agree_own(zone text, period interval, origin text, OUT users bigint, OUT agree bigint)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('timezone', zone, true);
    WITH periods AS MATERIALIZED (
        SELECT k, origin::timestamptz + k * period AS a, origin::timestamptz + (k + 1) * period AS b
        FROM generate_series(-20, 2000) k),
    numbered AS (SELECT user_id, k, value FROM behaviour JOIN periods ON ts >= a AND ts < b WHERE value IS NOT NULL),
    spans AS (SELECT user_id, min(k) AS low, max(k) AS high FROM numbered GROUP BY user_id),
    expected AS (
        SELECT user_id, array_agg(s ORDER BY k) AS sums
        FROM (SELECT user_id, k, coalesce(sum(value), 0) AS s
              FROM spans CROSS JOIN LATERAL generate_series(low, high) k LEFT JOIN numbered USING (user_id, k)
              GROUP BY user_id, k) c
        GROUP BY user_id)
    SELECT count(*), count(*) FILTER (WHERE period_values(t) = sums AND period_values(bulk.trend) = sums)
    INTO users, agree
    FROM expected
    FULL JOIN (SELECT user_id, trend_agg(ts, value, period) AS t FROM behaviour GROUP BY user_id) q USING (user_id)
    FULL JOIN trend_users('pg_temp.behaviour', 'user_id', 'ts', 'value', period) bulk USING (user_id);
END $$;

SELECT zone, period, (pg_temp.agree_own(zone, period::interval, origin)).*
FROM (VALUES ('UTC', '7 days', '2000-01-03'), ('Europe/Berlin', '10 days', '2000-01-03'),
             ('America/New_York', '1 month', '2000-01-01'), ('Asia/Kathmandu', '1 year', '2000-01-01'),
             ('Asia/Kathmandu', '20 days 05:00', '2000-01-03')) w(zone, period, origin);
