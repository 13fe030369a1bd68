-- What reasons cost: of one user, by explain_user(), and of 10,000 at once, by classify_users() with top. Milliseconds of CPU a user, of
-- the one process that computes them. Run with psql as a superuser of a server with the extension:
--   psql -X -f bench/sequence/reasons.sql
\set QUIET on
\pset format unaligned
SET client_min_messages = error;
CREATE SCHEMA reasons_bench;
SET search_path = reasons_bench, usercls;
CREATE TABLE shop AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (5 + abs(hashint8(u * 1000 + w)) % 10)::float8 AS orders,
       (abs(hashint8(u * 77 + w)) % 4)::float8 AS visits, (abs(hashint8(u * 99 + w)) % 9 = 0)::int::float8 AS complaints, CASE WHEN w >= 26 THEN CASE WHEN u % 3 = 0 THEN 'leaves' ELSE 'stays' END END AS state
FROM generate_series(1, 10000) u, generate_series(0, 29) w WHERE w >= 26 OR (abs(hashint8(u * 10 + w)) % 2 = 0 AND (u % 3 <> 0 OR w < 12));
CREATE INDEX ON shop (user_id, ts);
CREATE INDEX ON shop (ts);
CREATE TABLE member AS SELECT u AS user_id, (ARRAY['basic', 'family', 'pro'])[1 + abs(hashint8(u * 3)) % 3] AS plan, abs(hashint8(u)) % 80 AS age FROM generate_series(1, 10000) u;
CREATE UNIQUE INDEX ON member (user_id);
ANALYZE shop, member;
CREATE FUNCTION cpu_ms() RETURNS float8 LANGUAGE sql VOLATILE AS $$
	SELECT 10 * (split_part(s, ' ', 12)::float8 + split_part(s, ' ', 13)::float8) FROM regexp_replace(pg_read_file('/proc/self/stat', 0, 1000), '^.*[)] ', '') s $$;
CREATE TABLE took (architecture text, what text, users int, ms float8, of_a_million float8);
CREATE PROCEDURE measure(architecture text, what text, users int, statement text) LANGUAGE plpgsql AS $$
DECLARE
	started float8 := cpu_ms();
BEGIN
	EXECUTE statement;
	INSERT INTO took VALUES (architecture, what, users, (cpu_ms() - started) / users, NULL);
END $$;
SELECT architecture, (train_sequence('bench_' || architecture, 'shop', features => '{orders,visits,complaints}', label_column => 'state', window_periods => 26, horizon_periods => 4, as_of => '2026-07-06', users => 'member', attributes => '{plan,age}',
	architecture => architecture, hyperparams => CASE WHEN architecture = 'minirocket' THEN '{}' ELSE '{"max_epochs": 1}' END::jsonb, promote => 'always')).version
FROM unnest('{gru,lstm,tcn,minirocket}'::text[]) architecture \g /dev/null
DO $$
DECLARE
	a text;
BEGIN
	FOREACH a IN ARRAY '{gru,lstm,tcn,minirocket}'::text[] LOOP
		CALL measure(a, 'explain_user(), as_of given', 200, format('SELECT count(*) FROM generate_series(1, 200) u, explain_user(%L, u, ''leaves'', 5, ''2026-07-06'')', 'bench_' || a));
		CALL measure(a, 'explain_user()', 200, format('SELECT count(*) FROM generate_series(1, 200) u, explain_user(%L, u)', 'bench_' || a));
		CALL measure(a, 'classify_users()', 10000, format('SELECT count(*) FROM classify_users(%L, ''2026-07-06'')', 'bench_' || a));
		CALL measure(a, 'classify_users(), 3 reasons', 10000, format('SELECT count(*) FROM classify_users(%L, ''2026-07-06'', NULL::bigint, false, 3, ''leaves'')', 'bench_' || a));
	END LOOP;
END $$;
SELECT architecture, what, users, round(ms::numeric, 3) AS "ms a user", round((ms * 1000 / 60)::numeric, 1) AS "minutes a million" FROM took;
SELECT drop_model(model) FROM models WHERE model LIKE 'bench_%' \g /dev/null
DROP SCHEMA reasons_bench CASCADE;
