-- trend_agg over more users than fit the cache: their rows wait for their slots, and must all be in when a state is read.
SET search_path = usercls, public;
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;
SET enable_sort = off;
SET work_mem = '64MB';

-- 6,000 users, rows shuffled; some without a time or a value, some before or after the window.
CREATE TEMP TABLE visits AS
SELECT (i * 7919::bigint) % 6000 AS user_id,
       CASE WHEN i % 97 <> 0 THEN timestamptz '2026-01-01' + ((i * 104729::bigint + i / 6000 * 29) % 400 - 10) * interval '1 day' END AS ts,
       CASE WHEN i % 89 <> 0 THEN i * 31 % 1009 / 10.0::float8 END AS spend
FROM generate_series(1, 90000) i;
INSERT INTO visits SELECT 77, '2026-03-01', 1 FROM generate_series(1, 70000); -- more than a slot's count holds
ANALYZE visits;

CREATE FUNCTION pg_temp.counted(t trend) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT sum(c) FROM unnest(period_values(t, 'count')) c $$;
CREATE TEMP VIEW hashed AS
SELECT user_id, trend_agg(ts, spend, '7 days', '2026-01-01', '2026-12-31') AS t FROM visits GROUP BY user_id;
EXPLAIN (COSTS off) SELECT * FROM hashed;
CREATE TEMP TABLE labelled AS SELECT * FROM hashed;
SELECT count(*), sum(pg_temp.counted(t)) FROM labelled;

-- As the bulk door says, and as sorted groups say.
SELECT count(*) FILTER (WHERE l.t::text IS DISTINCT FROM u.trend::text) AS differ, count(*)
FROM labelled l FULL JOIN trend_users('visits', 'user_id', 'ts', 'spend', interval '7 days', '2026-01-01', '2026-12-31') u USING (user_id);
SET enable_hashagg = off;
SELECT count(*) FILTER (WHERE l.t::text IS DISTINCT FROM s.t::text) AS differ, count(*) FROM labelled l FULL JOIN (SELECT * FROM hashed OFFSET 0) s USING (user_id);
RESET enable_hashagg;

-- In several batches, one after the other.
SET work_mem = '2MB';
SELECT count(*) FILTER (WHERE l.t::text IS DISTINCT FROM s.t::text) AS differ, count(*) FROM labelled l FULL JOIN (SELECT * FROM hashed OFFSET 0) s USING (user_id);
SET work_mem = '64MB';

-- Two windows and the user's own in one query; a window per user, so that all states differ in shape.
SELECT count(*) FILTER (WHERE l.t::text IS DISTINCT FROM q.year::text) AS differ,
       sum(pg_temp.counted(q.half)) - sum((SELECT sum(c) FROM unnest(period_values(l.t, 'count')) WITH ORDINALITY p(c, k) WHERE k <= 26)) AS half,
       count(*) FILTER (WHERE label(q.own) IS NULL) AS none
FROM labelled l JOIN (
    SELECT user_id, trend_agg(ts, spend, '7 days', '2026-01-01', '2026-12-31') AS year,
           trend_agg(ts, spend, '7 days', '2026-01-01', '2026-07-02') AS half, trend_agg(ts, spend, '7 days') AS own
    FROM visits GROUP BY user_id) q USING (user_id);
SELECT count(*) FILTER (WHERE pg_temp.counted(q.t) <> (
    SELECT count(spend) FROM visits v
    WHERE v.user_id = q.user_id AND v.ts >= timestamptz '2026-01-01' + q.user_id % 1000 * interval '1 minute'
      AND v.ts < timestamptz '2026-05-28' + q.user_id % 1000 * interval '1 minute')) AS differ, count(*)
FROM (SELECT user_id, trend_agg(ts, spend, '7 days', timestamptz '2026-01-01' + user_id % 1000 * interval '1 minute',
                                timestamptz '2026-05-28' + user_id % 1000 * interval '1 minute') AS t
      FROM visits GROUP BY user_id OFFSET 0) q
WHERE user_id < 100;

-- Rows that wait when an error comes, or that are the error, leave nothing behind.
SELECT count(t) FROM (SELECT trend_agg(ts, CASE WHEN user_id = 5999 THEN 'NaN' ELSE spend END, '7 days', '2026-01-01', '2026-12-31') AS t FROM visits GROUP BY user_id OFFSET 0) q;
SELECT count(t) FROM (SELECT trend_agg(ts, 1 / (user_id - 3000)::float8, '7 days', '2026-01-01', '2026-12-31') AS t FROM visits GROUP BY user_id OFFSET 0) q;
SELECT count(*) FILTER (WHERE l.t::text IS DISTINCT FROM s.t::text) AS differ, count(*) FROM labelled l FULL JOIN (SELECT * FROM hashed OFFSET 0) s USING (user_id);

-- Partial states of two workers.
CREATE TABLE visits_all AS SELECT * FROM visits;
ANALYZE visits_all;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS off) SELECT user_id, trend_agg(ts, spend, '7 days', '2026-01-01', '2026-12-31') AS t FROM visits_all GROUP BY user_id;
SELECT count(*) FILTER (WHERE l.t::text IS DISTINCT FROM s.t::text) AS differ, count(*)
FROM labelled l FULL JOIN (SELECT user_id, trend_agg(ts, spend, '7 days', '2026-01-01', '2026-12-31') AS t FROM visits_all GROUP BY user_id OFFSET 0) s USING (user_id);
DROP TABLE visits_all;
