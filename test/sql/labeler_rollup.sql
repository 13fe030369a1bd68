-- Partial trends: merged, stored, shipped between workers, there and back in both forms.
SET timezone = 'America/New_York';
SET search_path = public, usercls;

-- Half a year with both changes of the clock, gaps, ties, negative values and cents.
SELECT setseed(0.25);
CREATE TABLE labeler_rows AS
SELECT (random() * 40)::int AS user_id, timestamptz '2026-01-31 00:00' + random() * interval '330 days' AS ts,
       (random() * 2000)::int / 100.0::float8 - 3 AS value
FROM generate_series(1, 6000)
WHERE random() < 0.9;
INSERT INTO labeler_rows SELECT user_id, ts + interval '7 days', value FROM labeler_rows WHERE user_id % 3 = 0;
ALTER TABLE labeler_rows SET (parallel_workers = 2);
ANALYZE labeler_rows;

CREATE VIEW labeler_whole AS
SELECT user_id,
       trend_agg(ts, value, '7 days', '2026-01-31', '2026-12-31') AS weeks,
       trend_agg(ts, value, '1 month', '2026-01-31', '2026-12-31') AS months,
       trend_agg(ts, value, '1 day') AS own_days,
       trend_agg(ts::timestamp, value, '1 month') AS own_months,
       trend_agg(ts::date, value, 10) AS own_ten_days
FROM labeler_rows GROUP BY user_id;
CREATE TEMP TABLE whole AS SELECT * FROM labeler_whole;

-- A parallel plan agrees with the serial one.
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    plan text;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan LIKE '%"Partial Mode": "Partial"%' AND plan LIKE '%"Workers Planned": 2%';
END $$;
SELECT pg_temp.is_parallel('SELECT * FROM labeler_whole');
CREATE TEMP TABLE parallel AS SELECT * FROM labeler_whole;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SELECT count(*) AS users, count(*) FILTER (WHERE w::text = p::text) AS equal
FROM whole w FULL JOIN parallel p USING (user_id);

-- So does any order of the rows,
SELECT setseed(0.5);
SELECT count(*) FILTER (WHERE w.weeks::text = o.weeks::text AND w.own_days::text = o.own_days::text) AS equal
FROM whole w
JOIN (SELECT user_id, trend_agg(ts, value, '7 days', '2026-01-31', '2026-12-31' ORDER BY random()) AS weeks,
             trend_agg(ts, value, '1 day' ORDER BY ts DESC) AS own_days
      FROM labeler_rows GROUP BY user_id) o USING (user_id);

-- and any split into partial trends.
CREATE TEMP TABLE parts AS
SELECT user_id, part, trend_agg(ts, value, '7 days', '2026-01-31', '2026-12-31') AS weeks,
       trend_agg(ts, value, '1 month', '2026-01-31', '2026-12-31') AS months,
       trend_agg(ts, value, '1 day') AS own_days,
       trend_agg(ts::timestamp, value, '1 month') AS own_months,
       trend_agg(ts::date, value, 10) AS own_ten_days
FROM (SELECT *, (random() * 5)::int AS part FROM labeler_rows) r
GROUP BY user_id, part;
CREATE TEMP VIEW merged AS
SELECT user_id, rollup(weeks ORDER BY part) AS weeks, rollup(months ORDER BY part DESC) AS months,
       rollup(own_days ORDER BY part DESC) AS own_days, rollup(own_months) AS own_months, rollup(own_ten_days) AS own_ten_days
FROM parts GROUP BY user_id;
SELECT count(*) FILTER (WHERE w::text = m::text) AS equal FROM whole w JOIN pg_temp.merged m USING (user_id);

-- Stored by month, each over its own window: the year is what a full scan gives. Periods that begin elsewhere are refused.
CREATE TEMP TABLE stored AS
SELECT user_id, month, trend_agg(ts, value, '1 day', month, month + interval '1 month') AS days,
       trend_agg(ts, value, '1 month', month, month + interval '1 month') AS months,
       trend_agg(ts, value, '7 days', month, month + interval '1 month') AS weeks,
       trend_agg(ts, value, '7 days') AS own_weeks
FROM (SELECT *, date_trunc('month', ts) AS month FROM labeler_rows) r
GROUP BY user_id, month;
WITH span AS (SELECT user_id, min(month) AS a, max(month) + interval '1 month' AS b FROM stored GROUP BY user_id),
full_scan AS (
    SELECT user_id, trend_agg(ts, value, '1 day', a, b) AS days, trend_agg(ts, value, '1 month', a, b) AS months,
           trend_agg(ts, value, '7 days') AS own_weeks
    FROM labeler_rows JOIN span USING (user_id) GROUP BY user_id),
rolled AS (
    SELECT user_id, rollup(days ORDER BY md5(month::text)) AS days, rollup(months) AS months, rollup(own_weeks) AS own_weeks
    FROM stored GROUP BY user_id)
SELECT count(*) FILTER (WHERE f::text = r::text) AS equal FROM full_scan f JOIN rolled r USING (user_id);
SELECT rollup(weeks) FROM stored;
SELECT rollup(t) FROM (SELECT weeks FROM whole UNION ALL SELECT months FROM whole) q(t);
SELECT rollup(t) FROM (SELECT own_days FROM whole UNION ALL SELECT trend_agg(now(), 1, '1 day', now(), now() + interval '1 day')) q(t);
SELECT rollup(t) FROM (VALUES (trend('{1,2}', 1)), (trend('{1,2}', 2))) q(t);

-- Windows that overlap, touch, or end within a period.
SELECT rollup(t), period_values(rollup(t))
FROM (SELECT trend_agg(x, 1, 10, 0, 25) FROM generate_series(0, 24) x UNION ALL
      SELECT trend_agg(x, 100, 10, 20, 45) FROM generate_series(20, 44) x UNION ALL
      SELECT trend_agg(x, 1000, 10, -30, -20) FROM generate_series(-30, -21) x) q(t);
SELECT rollup(t) FROM (VALUES (NULL::trend), (trend('{1,2}', 1)), (NULL)) q(t);
SELECT rollup(t) FROM (VALUES (NULL::trend)) q(t);
SELECT rollup(t) FROM generate_series(1, 0), trend('{1,2}', 1) t;

-- Text and binary, there and back.
CREATE TABLE labeler_copy AS SELECT * FROM whole;
\copy labeler_copy TO 'results/labeler_copy.bin' (FORMAT binary)
TRUNCATE labeler_copy;
\copy labeler_copy FROM 'results/labeler_copy.bin' (FORMAT binary)
SELECT count(*) FILTER (WHERE w::text = c::text) AS binary_equal,
       count(*) FILTER (WHERE usercls_private.trend_send(w.weeks) = usercls_private.trend_send(w.weeks::text::trend)
                          AND usercls_private.trend_send(w.own_days) = usercls_private.trend_send(w.own_days::text::trend)) AS text_equal
FROM whole w JOIN labeler_copy c USING (user_id);

-- More values in a period than 16 bits count.
SELECT t, period_values(t, 'mean') FROM (SELECT trend_agg(x % 2, x % 2, 1) AS t FROM generate_series(1, 400001) x) q;
SELECT rollup(t) FROM (SELECT trend_agg(x % 2, x % 2, 1, 0, 2) FROM generate_series(1, 200001) x, generate_series(1, 3) part GROUP BY part) q(t);

-- What rounding takes of large sums comes to half of their last digit: the result is a trend that can be read.
SELECT count(*) AS rows, count(DISTINCT t::text) > 1 AS read
FROM (SELECT rollup(trend('{1e15,254,376,316,279,4.9e-324,165,1,1,314,71.3,1e15,239}'::float8[], 2)) FILTER (WHERE g % 2 = 0)
             OVER (ORDER BY g ROWS BETWEEN UNBOUNDED PRECEDING AND 2 FOLLOWING) AS t
      FROM generate_series(1, 20) g) q;

-- A state that leaves the aggregate without its final function is a trend as well.
CREATE AGGREGATE pg_temp.bare(bigint, float8, bigint) (SFUNC = usercls_private.trend_accum, STYPE = usercls.trend);
SELECT bare::text = own::text AS equal, period_values(bare)
FROM (SELECT pg_temp.bare(x, x, 5), trend_agg(x, x, 5) AS own FROM generate_series(-7, 17) x) q;
SELECT usercls_private.trend_accum(NULL, 1, 1, 1);
SELECT usercls_private.trend_combine(NULL, NULL);

DROP VIEW labeler_whole;
DROP TABLE labeler_rows, labeler_copy;
