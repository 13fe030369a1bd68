-- The question in one line: an aggregate expression over the rows to come.
\set VERBOSITY terse
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE TYPE out_kind AS ENUM ('visit', 'order', 'cancel');
CREATE TABLE out_rows AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (10 + abs(hashint8(u * 100 + w)) % 5)::float8 AS spend,
       CASE WHEN u % 5 = 0 AND w = 27 THEN 'cancel' WHEN w % 2 = 0 THEN 'order' ELSE 'visit' END::out_kind AS kind, u % 5 = 0 AS fifth
FROM generate_series(1, 300) u, generate_series(0, 29) w WHERE NOT (u % 4 = 0 AND w > 22);

-- What the expression gives is what plain SQL counts: users without rows in the horizon are users, too.
CREATE FUNCTION out_classes(outcome text, relation text DEFAULT 'out_rows', until timestamptz DEFAULT NULL, horizon int DEFAULT 4) RETURNS jsonb LANGUAGE sql
AS $$ SELECT classes FROM usercls.train_sequence('out', relation::regclass, features => '{spend}', outcome => outcome, as_of => until, horizon_periods => horizon, dry_run => true) $$;
CREATE TABLE out_plain AS
SELECT u AS user_id, count(r) AS n, count(r) FILTER (WHERE spend > 12) AS large, bool_or(kind = 'cancel') AS cancelled
FROM generate_series(1, 300) u LEFT JOIN out_rows r ON r.user_id = u AND ts > '2026-06-29' AND ts <= '2026-07-27' GROUP BY u;
SELECT outcome, out_classes(outcome) = (SELECT jsonb_object_agg(v, n) FROM (SELECT v, count(*) AS n FROM (SELECT CASE i WHEN 1 THEN (n = 0)::text WHEN 2 THEN n::text WHEN 3 THEN (large > 1)::text
	WHEN 4 THEN CASE WHEN n = 0 THEN 'gone' WHEN cancelled THEN 'cancelled' ELSE 'there' END END AS v FROM out_plain) p GROUP BY v) c) AS as_sql
FROM (VALUES (1, 'count(*) = 0'), (2, 'count(*)'), (3, 'count(*) FILTER (WHERE spend > 12) > 1'), (4, 'CASE WHEN count(*) = 0 THEN ''gone'' WHEN bool_or(kind = ''cancel'') THEN ''cancelled'' ELSE ''there'' END')) x(i, outcome);
-- An outcome that is null is not known: of users without rows, here.
SELECT out_classes('max(kind)') AS kinds, out_classes('max(kind)::text') AS texts, out_classes('bool_or(fifth)') AS booleans;

-- The horizon is (as_of, as_of + horizon]: rows at its two ends, and a microsecond later.
CREATE TABLE out_edges AS
SELECT u AS user_id, t.ts, t.what, (u % 2)::float8 AS spend FROM generate_series(1, 40) u,
       (VALUES (timestamptz '2026-03-01', 'before'), ('2026-05-01', 'at'), ('2026-05-01 00:00:00.000001Z', 'after'), ('2026-05-29', 'last'), ('2026-05-29 00:00:00.000001Z', 'beyond'), ('2026-06-15', 'far')) t(ts, what)
WHERE t.what IN ('before', 'far') OR u % 2 = 0;
SELECT out_classes('coalesce(string_agg(what, '','' ORDER BY ts), ''nothing'')', 'out_edges', '2026-05-01') AS rows_of_the_horizon;
CREATE VIEW out_stamps AS SELECT user_id, ts::timestamp AS ts, what, spend FROM out_edges;
SELECT out_classes('coalesce(string_agg(what, '','' ORDER BY ts), ''nothing'')', 'out_stamps', '2026-05-01') AS rows_of_the_horizon;
CREATE TABLE out_days AS SELECT user_id, d::date AS ts, what, spend FROM out_edges,
       LATERAL (VALUES (CASE what WHEN 'before' THEN date '2026-03-01' WHEN 'at' THEN '2026-05-01' WHEN 'after' THEN '2026-05-02' WHEN 'last' THEN '2026-05-29' WHEN 'beyond' THEN '2026-05-30' ELSE '2026-06-15' END)) x(d);
SELECT out_classes('coalesce(string_agg(what, '','' ORDER BY ts), ''nothing'')', 'out_days', '2026-05-01') AS rows_of_the_horizon;

-- The leak test. The answer itself is a feature, written at some moment: up to the cutoff it is seen (and named as telling); a second, and a
-- microsecond, later it is not, at no door that reads tables.
CREATE TABLE out_leak AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (abs(hashint8(u * 31 + w)) % 7)::float8 AS noise, NULL::float8 AS answer, hashint8(u) & 1 AS truth
FROM generate_series(1, 400) u, generate_series(0, 20) w
UNION ALL SELECT u, timestamptz '2026-05-10 12:00Z', 1, NULL, hashint8(u) & 1 FROM generate_series(1, 400) u WHERE hashint8(u) & 1 = 1;
CREATE FUNCTION out_leaks_from(written timestamptz) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	found text[];
BEGIN
	CREATE TEMP TABLE out_planted AS SELECT * FROM out_leak UNION ALL SELECT u, written, NULL, hashint8(u) & 1, NULL FROM generate_series(1, 400) u;
	CREATE TEMP VIEW out_planted_view AS SELECT * FROM out_planted;
	SELECT array_agg(r || ' ' || array_to_string(t.telling, ',') ORDER BY r) INTO found FROM unnest('{out_planted,out_planted_view}'::text[]) r, LATERAL usercls.train_sequence('out', r::regclass, features => '{noise,answer}',
		outcome => 'bool_or(noise = 1 AND truth = 1)', as_of => '2026-05-04', horizon_periods => 1, window_periods => 8, dry_run => true) t;
	DROP TABLE out_planted CASCADE;
	RETURN found;
END $$;
SET client_min_messages = error;
SELECT w AS written, out_leaks_from(w) AS seen FROM unnest('{2026-05-03 23:59:59Z,2026-05-04,2026-05-04 00:00:00.000001Z,2026-05-04 00:00:01Z}'::timestamptz[]) w;

-- Every door: train, dry run, retrain, scores, evaluate, calibration, drift, explain, export and import; without as_of the latest horizon that is complete.
SELECT rows_train, rows_held_out, classes, value < baseline AS better FROM usercls.train_sequence('out', 'out_rows', features => '{spend}', outcome => 'count(*) = 0', hyperparams => '{"hidden_size": 8, "max_epochs": 4}');
SELECT as_of, spec::jsonb ->> 'outcome' AS outcome, spec::jsonb ->> 'horizon_periods' AS horizon, classes FROM usercls.versions WHERE model = 'out';
SELECT argument, source, state FROM usercls.sources WHERE model = 'out' ORDER BY 1;
SELECT count(*) AS users, count(*) FILTER (WHERE label = 'true' AND user_id % 4 = 0) AS gone FROM usercls.classify_users('out');
SELECT n FROM usercls.evaluate('out', replicates => 0) WHERE metric = 'log_loss';
SELECT n FROM usercls.evaluate('out', 'out_rows', as_of => '2026-06-22', replicates => 0) WHERE metric = 'log_loss';
SELECT actual, sum(n) FROM usercls.confusion_matrix('out', 'out_rows', as_of => '2026-06-22') GROUP BY 1 ORDER BY 1;
SELECT sum(n) FROM usercls.calibration('out');
SELECT feature, psi IS NOT NULL AS measured FROM usercls.drift('out');
CALL usercls.refresh_scores('out', 'out_scores', class => 'true');
SELECT count(*), bool_and(p_true = score) AS scored FROM out_scores;
CALL usercls.retrain('out', promote => 'never');
CALL usercls.retrain('out', as_of => '2026-06-22', promote => 'never');
SELECT version, as_of, rows_train + rows_held_out AS users FROM usercls.versions WHERE model = 'out' ORDER BY version;
SELECT usercls.import_model('out_again', usercls.export_model('out', 1), spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'out' AND version = 1), promote => 'always');
SELECT (SELECT array_agg((user_id, label, rank) ORDER BY user_id) FROM usercls.classify_users('out')) = (SELECT array_agg((user_id, label, rank) ORDER BY user_id) FROM usercls.classify_users('out_again')) AS same;
-- A version of another question is compared with: both read up to the same moment.
SELECT reason ~ '^log_loss' AS compared FROM usercls.train_sequence('out', 'out_rows', features => '{spend}', outcome => 'bool_or(kind = ''order'') IS NOT TRUE', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');

-- Row security hides nothing from a training, in the horizon neither.
ALTER TABLE out_edges ENABLE ROW LEVEL SECURITY;
CREATE ROLE regress_out;
GRANT SELECT ON out_edges TO regress_out;
SET ROLE regress_out;
SELECT usercls.train_sequence('out_rls', 'out_edges', features => '{spend}', outcome => 'count(*) > 1', as_of => '2026-05-01', dry_run => true);
RESET ROLE;

-- Errors, before anything is read but the last one of values.
CREATE VIEW out_many AS SELECT u AS user_id, t AS ts, u AS spend, u FROM generate_series(1, 1100) u, unnest('{2026-04-01,2026-05-20,2026-06-10}'::timestamptz[]) t;
\set VERBOSITY default
SELECT out_classes('count(*), 1');
SELECT out_classes('count(*');
SELECT out_classes('count(*) FROM out_edges -- ');
SELECT out_classes('1) FROM out_edges; DROP TABLE out_edges; SELECT (1');
SELECT out_classes('1) UNION SELECT (2');
SELECT out_classes('spend > 3');
SELECT out_classes('bool_or(spent > 3)');
SELECT out_classes('out_classes(''count(*)'') IS NULL');
SELECT out_classes('NULL::text || max(kind)::text');
SELECT out_classes('md5(string_agg(spend::text || u, '','')) ', 'out_many', '2026-05-01');
SELECT out_classes('count(*)', horizon => 0);
SELECT usercls.train_sequence('out', 'out_rows', outcome => 'count(*)', trend_of => 'spend', dry_run => true);
SELECT usercls.train_sequence('out', 'out_rows', dry_run => true);

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'out%' ORDER BY model;
DROP TABLE out_rows, out_plain, out_edges, out_days, out_leak, out_scores CASCADE;
DROP FUNCTION out_leaks_from;
DROP FUNCTION out_classes;
DROP TYPE out_kind;
DROP ROLE regress_out;
