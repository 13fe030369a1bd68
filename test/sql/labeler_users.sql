-- The bulk door: the trends that the aggregate gives, for every type of id, time and value; in bounded memory; errors.
SET timezone = 'Europe/Berlin';
SET search_path = public, usercls;
SELECT setseed(0.75);
CREATE TABLE labeler_events AS
SELECT (random() * 300)::int AS small_id, 0::bigint AS user_id, ''::text AS name,
       timestamptz '2026-02-01' + random() * interval '120 days' AS ts, (random() * 5000)::int / 100.0::float8 AS spend
FROM generate_series(1, 6000);
UPDATE labeler_events SET user_id = small_id::bigint * 1000000007, name = 'user ' || small_id;
UPDATE labeler_events SET spend = NULL WHERE random() < 0.05;
CREATE VIEW "Labeler's view" AS
SELECT user_id, ts AS "the time", ts::timestamp AS plain, ts::date AS day, extract(epoch FROM ts)::int / 3600 AS hour,
       spend::numeric(9, 2) AS cents, spend::real AS rough, round(spend)::smallint AS whole, spend > 20 AS much, spend
FROM labeler_events;

CREATE TEMP TABLE whole AS
SELECT user_id, trend_agg(ts, spend, '7 days', '2026-02-02', '2026-04-06') AS trend
FROM labeler_events WHERE ts >= '2026-02-02' AND ts < '2026-04-06' GROUP BY user_id;

-- Agreement, with users in one pass, in many, and one at a time.
SELECT count(*), count(*) FILTER (WHERE w.trend::text = u.trend::text) AS equal
FROM whole w FULL JOIN trend_users('labeler_events', 'user_id', 'ts', 'spend', '7 days', '2026-02-02', '2026-04-06') u USING (user_id);
SET usercls.max_memory = '128kB';
SELECT count(*), count(*) FILTER (WHERE w.trend::text = u.trend::text) AS equal
FROM whole w FULL JOIN trend_users('labeler_events', 'user_id', 'ts', 'spend', '7 days', '2026-02-02', '2026-04-06') u USING (user_id);
SELECT count(*), count(*) FILTER (WHERE w.trend::text = u.trend::text) AS equal
FROM (SELECT user_id, trend_agg(ts, spend, '12 hours') AS trend FROM labeler_events GROUP BY user_id) w
FULL JOIN trend_users('labeler_events', 'user_id', 'ts', 'spend', interval '12 hours') u USING (user_id);
SELECT count(*), count(*) FILTER (WHERE w.trend::text = u.trend::text) AS equal
FROM (SELECT name, trend_agg(ts, spend, '1 day', '2026-02-01', '2026-06-01') AS trend
      FROM labeler_events WHERE ts >= '2026-02-01' AND ts < '2026-06-01' GROUP BY name) w
FULL JOIN trend_users('labeler_events', 'name', 'ts', 'spend', '1 day', '2026-02-01', '2026-06-01', NULL::text) u ON w.name = u.user_id;
RESET usercls.max_memory;

-- Types of id: integers are bigints, others are named by the last argument.
SELECT pg_typeof(user_id), count(*) FROM trend_users('labeler_events', 'small_id', 'ts', 'spend', '7 days') GROUP BY 1;
SELECT pg_typeof(user_id), count(*) FROM trend_users('labeler_events', 'small_id', 'ts', 'spend', '7 days', NULL, NULL, id => NULL::int) GROUP BY 1;
SELECT pg_typeof(user_id), min(user_id), count(*) FROM trend_users('labeler_events', 'name', 'ts', 'spend', '7 days', NULL, NULL, id => NULL::text) GROUP BY 1;

-- Types of time and value, through a view with names that need quotes.
SELECT count(*), count(*) FILTER (WHERE a.trend::text = w.trend::text) AS timestamptz, count(*) FILTER (WHERE b.trend::text = e.plain::text) AS timestamp,
       count(*) FILTER (WHERE c.trend::text = e.day::text) AS date, count(*) FILTER (WHERE d.trend::text = e.hour::text) AS int,
       count(*) FILTER (WHERE d2.trend::text = e.hour::text) AS bigint
FROM whole w
JOIN (SELECT user_id, trend_agg(plain, cents, '7 days', '2026-02-02', '2026-04-06') AS plain,
             trend_agg(day, cents, interval '7 days', '2026-02-02', '2026-04-06') AS day,
             trend_agg(hour, cents, 100, 491500, 493000) FILTER (WHERE hour >= 491500 AND hour < 493000) AS hour
      FROM "Labeler's view" GROUP BY user_id) e USING (user_id)
JOIN trend_users('"Labeler''s view"', 'user_id', 'the time', 'cents', '7 days', '2026-02-02', '2026-04-06') a USING (user_id)
JOIN trend_users('"Labeler''s view"', 'user_id', 'plain', 'cents', interval '7 days', '2026-02-02', '2026-04-06') b USING (user_id)
JOIN trend_users('"Labeler''s view"', 'user_id', 'day', 'cents', '7 days', '2026-02-02', '2026-04-06') c USING (user_id)
JOIN trend_users('"Labeler''s view"', 'user_id', 'hour', 'cents', '100', '491500', '493000') d USING (user_id)
JOIN trend_users('"Labeler''s view"', 'user_id', 'hour', 'cents', 100, 491500, 493000) d2 USING (user_id);
SELECT value, (SELECT sum(v) FROM trend_users('"Labeler''s view"', 'user_id', 'the time', value, '1000 days', '2026-01-01', '2029-01-01') u,
                      unnest(period_values(u.trend)) v)::numeric(12, 1) = total::numeric(12, 1) AS equal
FROM (SELECT sum(rough::float8), sum(whole), sum(much::int) FROM "Labeler's view") s(rough, whole, much),
     LATERAL (VALUES ('rough', rough), ('whole', whole), ('much', much)) v(value, total);

-- Ids that lie close together, in three orders, some of them with others far away between them.
CREATE TABLE labeler_ids (part int, n int, user_id bigint);
INSERT INTO labeler_ids SELECT 1, x, CASE WHEN x < 6000 THEN x % 3000 WHEN x % 2 = 0 THEN x * 1000000007::bigint ELSE x - 50000 END
FROM generate_series(1, 20000) x;
INSERT INTO labeler_ids SELECT 2, x, 5000 - x FROM generate_series(1, 20000) x;
INSERT INTO labeler_ids SELECT 3, x, CASE WHEN x < 700 THEN x * 10 ELSE x * 7919 % 20011 END FROM generate_series(1, 20000) x;
INSERT INTO labeler_ids SELECT part, 20001, id FROM unnest('{9223372036854775807, -9223372036854775808, -1, 0}'::bigint[]) id, generate_series(1, 4) part;
INSERT INTO labeler_ids SELECT 4, n, user_id FROM labeler_ids WHERE part IN (1, 3);
CREATE TEMP TABLE labeler_part (user_id bigint, ts bigint, spend int);
DO $$
DECLARE
	users int;
	equal int;
BEGIN
	FOR p IN 1..4 LOOP
		TRUNCATE labeler_part;
		INSERT INTO labeler_part SELECT user_id, n % 10, n FROM labeler_ids WHERE part = p ORDER BY n, user_id;
		INSERT INTO labeler_part SELECT user_id, (n + 1) % 10, n % 7 FROM labeler_ids WHERE part = p ORDER BY n DESC, user_id;
		SELECT count(*), count(*) FILTER (WHERE w.trend::text = u.trend::text) INTO users, equal
		FROM (SELECT user_id, trend_agg(ts, spend, 5, 0, 10) AS trend FROM labeler_part GROUP BY user_id) w
		FULL JOIN trend_users('labeler_part', 'user_id', 'ts', 'spend', 5, 0, 10) u USING (user_id);
		RAISE NOTICE 'part %: % users, % of them equal', p, users, equal;
	END LOOP;
END $$;
DROP TABLE labeler_part, labeler_ids;

-- Users without a value in the window have a trend without values; users without a row have none.
CREATE TABLE labeler_few (user_id bigint, ts bigint, spend float8);
INSERT INTO labeler_few VALUES (1, 5, 1), (2, 5, NULL), (3, 50, 1), (4, NULL, 1), (5, NULL, NULL);
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', 5, 0, 10) ORDER BY user_id;
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', 5) ORDER BY user_id;
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', 5, 0, 0);
SELECT trend_users('labeler_few', 'user_id', 'ts', 'spend', 5, 0, 10) LIMIT 1;

-- A table is read off its pages: rows that are gone, changed or have fewer columns, columns dropped, added and behind text.
CREATE TABLE labeler_pages (gone int, note text, user_id bigint, ts bigint, spend float8);
INSERT INTO labeler_pages
SELECT x, repeat('x', x % 300), x % 7, nullif(x % 20, 3), nullif(x % 11, 5) / 4.0::float8 FROM generate_series(1, 3000) x;
ALTER TABLE labeler_pages DROP COLUMN gone;
ALTER TABLE labeler_pages ADD COLUMN late float8 DEFAULT 2.5;
UPDATE labeler_pages SET spend = spend + 1, late = NULL WHERE ts = 7;
DELETE FROM labeler_pages WHERE ts = 9 OR user_id = 3;
INSERT INTO labeler_pages VALUES ('', 8, 1, 4, 4), ('', 8, 2, NULL, NULL);
CREATE VIEW labeler_pages_view AS SELECT * FROM labeler_pages;
SELECT value, count(*), count(*) FILTER (WHERE p.trend::text = v.trend::text) AS equal
FROM (VALUES ('spend'::name), ('late')) q(value),
     LATERAL trend_users('labeler_pages', 'user_id', 'ts', value, 5, 0, 20) p
     JOIN LATERAL trend_users('labeler_pages_view', 'user_id', 'ts', value, 5, 0, 20) v USING (user_id) GROUP BY value;
SELECT count(*), count(*) FILTER (WHERE p.trend::text = v.trend::text) AS equal
FROM trend_users('labeler_pages', 'note', 'ts', 'late', 5, NULL, NULL, NULL::text) p
JOIN trend_users('labeler_pages_view', 'note', 'ts', 'late', 5, NULL, NULL, NULL::text) v USING (user_id);
SELECT user_id, period_values(trend) FROM trend_users('labeler_pages', 'user_id', 'ts', 'late', 5, 0, 20) WHERE user_id IN (3, 6, 8);
DROP VIEW labeler_pages_view;
DROP TABLE labeler_pages;

-- Columns of fixed length are read where they lie: every length, nulls behind them, and pages where one of them is null.
CREATE TABLE labeler_flat (much boolean, whole smallint, small int, day date, rough real, key uuid, user_id bigint, ts timestamptz, spend float8,
                           remark text);
INSERT INTO labeler_flat
SELECT x % 3 = 1, x % 100 - 50, x % 5, date '2026-03-01' + x % 50, x / 8.0, md5((x % 6)::text)::uuid, x % 7,
       timestamptz '2026-03-01' + x % 50 * interval '23 hours', x / 4.0, CASE WHEN x % 3 = 0 THEN 'remark' END
FROM generate_series(1, 3000) x;
INSERT INTO labeler_flat
SELECT much, CASE WHEN x % 9 <> 0 THEN whole END, small, CASE WHEN x % 8 <> 0 THEN day END, rough, key, user_id, CASE WHEN x % 7 <> 0 THEN ts END,
       CASE WHEN x % 5 <> 0 THEN spend END, remark
FROM (SELECT *, row_number() OVER () AS x FROM labeler_flat) f;
CREATE VIEW labeler_flat_view AS SELECT * FROM labeler_flat;
SELECT user_column, time_column, value_column, count(*), count(*) FILTER (WHERE p.trend::text = v.trend::text) AS equal
FROM (VALUES ('user_id'::name, 'ts'::name, 'spend'::name), ('user_id', 'day', 'rough'), ('small', 'day', 'whole'), ('small', 'ts', 'much')) q(user_column, time_column, value_column),
     LATERAL trend_users('labeler_flat', user_column, time_column, value_column, '7 days', '2026-03-02', '2026-04-10') p
     FULL JOIN LATERAL trend_users('labeler_flat_view', user_column, time_column, value_column, '7 days', '2026-03-02', '2026-04-10') v
         USING (user_id)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT count(*), count(*) FILTER (WHERE p.trend::text = v.trend::text) AS equal
FROM trend_users('labeler_flat', 'key', 'day', 'rough', '1 month', NULL, NULL, NULL::uuid) p
FULL JOIN trend_users('labeler_flat_view', 'key', 'day', 'rough', '1 month', NULL, NULL, NULL::uuid) v USING (user_id);
DROP VIEW labeler_flat_view;
DROP TABLE labeler_flat;

-- Errors.
SELECT * FROM trend_users('labeler_few', 'usr_id', 'ts', 'spend', 5);
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spent', 5);
SELECT * FROM trend_users('labeler_events', 'user_id', 'name', 'spend', '7 days');
SELECT * FROM trend_users('labeler_events', 'user_id', 'ts', 'name', '7 days');
SELECT * FROM trend_users('labeler_events', 'name', 'ts', 'spend', '7 days');
SELECT * FROM trend_users('labeler_events', 'user_id', 'ts', 'spend', 7);
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', interval '7 days');
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', '7 days');
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', 5, 0, NULL);
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', 0, 0, 10);
SELECT * FROM trend_users('labeler_few', NULL, 'ts', 'spend', 5);
CREATE INDEX labeler_few_index ON labeler_few (user_id);
SELECT * FROM trend_users('labeler_few_index', 'user_id', 'ts', 'spend', 5);
INSERT INTO labeler_few VALUES (NULL, 5, 1);
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', 5, 0, 10);
DELETE FROM labeler_few WHERE user_id IS NULL;
INSERT INTO labeler_few VALUES (42, 5, 'NaN');
SELECT * FROM trend_users('labeler_few', 'user_id', 'ts', 'spend', 5, 0, 10);
SET usercls.max_memory = '16kB';
\set VERBOSITY terse
SELECT * FROM trend_users('labeler_events', 'user_id', 'ts', 'spend', '7 days', '2026-02-02', '2026-04-06');
\set VERBOSITY default
RESET usercls.max_memory;

-- pg_stat counts the rows that were read.
BEGIN;
SELECT pg_stat_get_xact_tuples_returned('labeler_events'::regclass) AS before \gset
SELECT count(*) FROM trend_users('labeler_events', 'user_id', 'ts', 'spend', '7 days');
SELECT pg_stat_get_xact_tuples_returned('labeler_events'::regclass) - :before AS read;
COMMIT;

-- It can be cancelled between two rows.
CREATE VIEW labeler_endless AS
SELECT i % 1000 AS user_id, i AS ts, 1 AS spend FROM generate_series(0::bigint, 1000000000000) i;
SET statement_timeout = '50ms';
SELECT count(*) FROM trend_users('labeler_endless', 'user_id', 'ts', 'spend', 5, 0, 10);
RESET statement_timeout;
DROP VIEW labeler_endless;

-- Rights and row security are the invoker's.
CREATE ROLE regress_labeler;
GRANT SELECT ON labeler_few TO regress_labeler;
SET ROLE regress_labeler;
SELECT count(*) FROM usercls.trend_users('labeler_events', 'user_id', 'ts', 'spend', '7 days');
RESET ROLE;
DROP OWNED BY regress_labeler;
DROP ROLE regress_labeler;
DROP VIEW "Labeler's view";
DROP TABLE labeler_events, labeler_few;
