\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE EXTENSION usercls;
SET search_path = public, usercls;
SET max_parallel_workers_per_gather = 0;
SET usercls.max_memory = '4GB';
CREATE TABLE behaviour AS SELECT u::bigint AS user_id, timestamptz '2024-12-30 12:00Z' + w * interval '364 days' / :rows AS ts,
	(300 + ((hashint8(u * 7) & 1023) / 512.0 - 1) * 0.4 * w * 52 / :rows + (hashint8(u * 1000 + w) & 31))::float8 AS spend, (hashint8(u * 1000 + w + 500) & 7)::float8 AS logins, timestamptz '2026-01-01' AS loaded_at
FROM generate_series(0, :rows - 1) w, generate_series(1, :users::bigint) u;
CREATE INDEX ON behaviour (user_id, ts) INCLUDE (spend, logins);
CREATE INDEX ON behaviour (ts);
CREATE INDEX ON behaviour (loaded_at);
VACUUM ANALYZE behaviour;
SELECT 1 FROM train_sequence('churn', 'behaviour', trend_of => 'spend', features => '{spend,logins}', window_periods => 52, horizon_periods => 0, as_of => '2025-12-29',
	hyperparams => '{"hidden_size": 64, "max_epochs": 1}', promote => 'always') \g /dev/null
CALL refresh_scores('churn', 'scores', class => 'high_risk', threshold => 0.5);
VACUUM ANALYZE scores;

-- CPU seconds of this session so far, to a microsecond: of its process, from the system.
CREATE FUNCTION cpu() RETURNS float8 LANGUAGE sql AS $$ SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e9 $$;
-- Runs a statement five times, each after another one that is not measured; the median of the CPU, and of the rows written.
CREATE TABLE measured (what text, written bigint, seconds float8);
CREATE PROCEDURE measure(called text, before text, statement text) LANGUAGE plpgsql AS $$
DECLARE started float8; moment timestamptz; spent float8;
BEGIN
	PERFORM setseed(0.5);
	FOR i IN 1 .. 5 LOOP
		EXECUTE before;
		COMMIT;
		moment := clock_timestamp();
		started := cpu();
		EXECUTE statement;
		COMMIT;
		spent := cpu() - started;
		INSERT INTO measured SELECT called, count(*), spent FROM scores WHERE scored_at >= moment;
	END LOOP;
END $$;
\set full 'CALL refresh_scores(''churn'', ''scores'', class => ''high_risk'', threshold => 0.5)'
CALL measure('all users, no score changes', 'SELECT 1', :'full');
CALL measure('all users, all scores change', 'UPDATE scores SET p_stable = 2', :'full');
VACUUM scores;

-- New rows of one user in a hundred, in the last period but one.
CREATE FUNCTION come(share float8) RETURNS void LANGUAGE sql AS $$
	DELETE FROM behaviour WHERE loaded_at > '2026-02-01';
	INSERT INTO behaviour SELECT user_id, '2025-12-02 12:00Z', 300 * random(), 3, '2026-02-02' FROM generate_series(1, (SELECT max(user_id) FROM scores)) user_id WHERE hashint8(user_id) & 1023 < share * 1024 $$;
\set some 'CALL refresh_scores(''churn'', ''scores'', class => ''high_risk'', threshold => 0.5, changed_since => ''2026-02-02'', changed_column => ''loaded_at'')'
CALL measure('all users, after new rows of 1 %', 'SELECT come(0.01)', :'full');
CALL measure('1 % of users', 'SELECT come(0.01)', :'some');
CALL measure('0.1 % of users', 'SELECT come(0.001)', :'some');
CALL measure('nobody', 'DELETE FROM behaviour WHERE loaded_at > ''2026-02-01''', :'some');
\pset format aligned
WITH medians AS (SELECT what, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds, percentile_disc(0.5) WITHIN GROUP (ORDER BY written) AS written FROM measured GROUP BY what)
SELECT what, round(seconds::numeric, 3) AS seconds, written, round((seconds / max(seconds) FILTER (WHERE what LIKE '%no score%') OVER ())::numeric, 3) AS of_no_change,
	round((seconds / max(seconds) FILTER (WHERE what LIKE '%after new%') OVER ())::numeric, 3) AS of_the_same,
	round((seconds / max(seconds) FILTER (WHERE what LIKE '%all scores%') OVER ())::numeric, 3) AS of_all_change FROM medians ORDER BY seconds DESC;
