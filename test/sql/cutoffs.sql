-- Several cutoffs: each user gives a sequence for each at which he is there.
\set VERBOSITY terse
SET timezone = 'UTC';
SET datestyle = iso;
SET client_min_messages = warning;
CREATE TABLE cut_rows AS -- users begin in different weeks; a quarter leaves after week 22
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (10 + abs(hashint8(u * 100 + w)) % 5)::float8 AS spend
FROM generate_series(1, 300) u, generate_series(0, 29) w WHERE NOT (u % 4 = 0 AND w > 22) AND w >= u % 20;
CREATE FUNCTION cut_train(OUT sequences bigint, OUT users bigint, OUT cutoffs int, OUT classes jsonb, cutoffs_in jsonb, every interval DEFAULT NULL, relation text DEFAULT 'cut_rows', label text DEFAULT 'count(*) = 0') LANGUAGE sql
AS $$ SELECT rows_train + rows_held_out, users, cutoffs, classes FROM usercls.train_sequence('cut', relation::regclass, features => '{spend}', outcome => label, cutoffs => cutoffs_in, cutoff_every => every, dry_run => true) $$;
-- What plain SQL counts.
CREATE FUNCTION cut_plain(OUT sequences bigint, OUT users bigint, OUT classes jsonb, cutoffs timestamptz[]) LANGUAGE sql AS $$
	WITH s AS (SELECT c, user_id AS u, count(*) FILTER (WHERE ts > c AND ts <= c + interval '28 days') = 0 AS gone
	           FROM unnest(cutoffs) c, cut_rows GROUP BY 1, 2 HAVING min(ts) <= c)
	SELECT count(*), count(DISTINCT u), (SELECT jsonb_object_agg(gone::text, n) FROM (SELECT gone, count(*) AS n FROM s GROUP BY 1) g) FROM s
$$;
SELECT t.*, t.classes = p.classes AND t.sequences = p.sequences AND t.users = p.users AS as_sql
FROM cut_train('3') t, cut_plain('{2026-06-29,2026-06-01,2026-05-04}') p;
SELECT t.*, t.classes = p.classes AND t.sequences = p.sequences AND t.users = p.users AS as_sql
FROM cut_train('10', '10 days') t, cut_plain((SELECT array_agg(timestamptz '2026-06-29' - i * interval '10 days') FROM generate_series(0, 9) i)) p;
-- Gaps, in any order, twice, before anybody is there.
SELECT t.*, t.classes = p.classes AND t.sequences = p.sequences AND t.users = p.users AS as_sql
FROM cut_train('["2026-06-15", "2025-12-01", "2026-02-02T13:00Z", "2026-06-29", "2026-06-15"]') t, cut_plain('{2026-06-15,2026-06-29,2026-02-02 13:00Z,2025-12-01}') p;
-- The same by a view, timestamps, and dates; a label column and a trend have cutoffs, too.
CREATE VIEW cut_view AS SELECT user_id, ts::timestamp AS ts, spend FROM cut_rows;
CREATE VIEW cut_days AS SELECT user_id::text AS user_id, ts::date AS ts, spend, user_id % 7 = 0 AS seventh FROM cut_rows;
SELECT relation, t.* FROM unnest('{cut_rows,cut_view,cut_days}'::text[]) relation, cut_train('3', '4 weeks', relation) t;
SELECT rows_train + rows_held_out AS sequences, users, cutoffs, classes FROM usercls.train_sequence('cut', 'cut_days', features => '{spend}', label_column => 'seventh', cutoffs => '["2026-06-01", "2026-07-20"]', dry_run => true);
SELECT rows_train + rows_held_out AS sequences, users, cutoffs FROM usercls.train_sequence('cut', 'cut_rows', features => '{spend}', trend_of => 'spend', trend_rule => '{"potential_at": 1, "high_risk_at": -1}', cutoffs => '4', dry_run => true);

-- A user is held out with all his sequences: those that are held out are of a fifth of the users, and evaluate() finds them again.
SELECT rows_train + rows_held_out AS sequences, rows_held_out, users, cutoffs, value < baseline AS better
FROM usercls.train_sequence('cut', 'cut_rows', features => '{spend}', outcome => 'count(*) = 0', cutoffs => '4', cutoff_every => '2 weeks', hyperparams => '{"hidden_size": 8, "max_epochs": 4}', promote => 'always');
SELECT n FROM usercls.evaluate('cut', replicates => 0) WHERE metric = 'log_loss';
SELECT n FROM usercls.evaluate('cut', as_of => '2026-06-29', replicates => 0) WHERE metric = 'log_loss';
SELECT n FROM usercls.evaluate('cut', 'cut_rows', replicates => 0) WHERE metric = 'log_loss';
SELECT n FROM usercls.evaluate('cut', 'cut_rows', as_of => '2026-06-22', replicates => 0) WHERE metric = 'log_loss';
SELECT sum(n) FROM usercls.confusion_matrix('cut');
SELECT count(*), count(DISTINCT user_id) FROM usercls.classify_users('cut');
SELECT n_then, n_now FROM usercls.drift('cut');
CALL usercls.refresh_scores('cut', 'cut_scores');
SELECT count(*) FROM cut_scores;
CALL usercls.retrain('cut', promote => 'always');
CALL usercls.retrain('cut', as_of => '2026-06-22', promote => 'never');
SELECT version, as_of, spec::jsonb ->> 'cutoffs' AS cutoffs, spec::jsonb ->> 'cutoff_every' AS every, rows_train + rows_held_out AS sequences FROM usercls.versions WHERE model = 'cut' ORDER BY 1;

-- Intervals are of users: three cutoffs an hour apart say the same thing three times, and no more than one of them.
SELECT rows_train + rows_held_out AS sequences, users FROM usercls.train_sequence('cut_hours', 'cut_rows', features => '{spend}', outcome => 'count(*) FILTER (WHERE spend > 12) > 1', cutoffs => '["2026-06-01 20:00Z", "2026-06-01 21:00Z", "2026-06-01 22:00Z"]', hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
SELECT metric, m.n = 3 * s.n AS three_times, abs(m.value - s.value) < 1e-9 AS value, (m.ci_low < m.ci_high OR metric LIKE 'auc%') AND abs(m.ci_low - s.ci_low) < 1e-9 AND abs(m.ci_high - s.ci_high) < 1e-9 AS interval
FROM usercls.evaluate('cut_hours') m JOIN usercls.evaluate('cut_hours', as_of => '2026-06-01 22:00Z') s USING (metric) WHERE metric IN ('accuracy', 'log_loss', 'auc(true)') ORDER BY 1;

-- So are the standard errors of calibration().
SELECT count(*) > 0 AS bins, bool_and(m.n = 3 * s.n) AS three_times, bool_and(abs(m.observed - s.observed) < 1e-9) AS observed,
       bool_and(m.standard_error IS NOT DISTINCT FROM s.standard_error OR abs(m.standard_error - s.standard_error) < 1e-9) AS standard_error
FROM usercls.calibration('cut_hours') m JOIN usercls.calibration('cut_hours', as_of => '2026-06-01 22:00Z') s USING (bin);

-- By time: the newest cutoffs are held out, of everybody, and learned is what was known at the first of these.
SET client_min_messages = notice;
SELECT rows_train, rows_held_out, users, cutoffs FROM usercls.train_sequence('cut_time', 'cut_rows', features => '{spend}', outcome => 'count(*) FILTER (WHERE spend > 12) > 1', cutoffs => '12', cutoff_every => '1 week',
	validation => '{"method": "time", "share": 0.2}', hyperparams => '{"hidden_size": 8, "max_epochs": 4}', promote => 'always');
SET client_min_messages = warning;
SELECT (SELECT sequences FROM cut_plain((SELECT array_agg(timestamptz '2026-06-29' - i * interval '7 days') FROM generate_series(0, 1) i))) AS newest_two,
       (SELECT sequences FROM cut_plain((SELECT array_agg(timestamptz '2026-06-29' - i * interval '7 days') FROM generate_series(5, 11) i))) AS known_by_then;
SELECT n FROM usercls.evaluate('cut_time', replicates => 0) WHERE metric = 'log_loss';
SELECT n FROM usercls.evaluate('cut_time', as_of => '2026-06-25', replicates => 0) WHERE metric = 'log_loss';
SELECT n FROM usercls.evaluate('cut_time', as_of => '2026-06-01', replicates => 0) WHERE metric = 'log_loss';
CALL usercls.retrain('cut_time', promote => 'if_better');
SELECT version, rows_train, rows_held_out, spec::jsonb -> 'split' ->> 'from' AS "from" FROM usercls.versions WHERE model = 'cut_time' ORDER BY 1;
SELECT reason ~ '^log_loss' AS compared FROM usercls.training_runs WHERE model = 'cut_time' ORDER BY run_id DESC LIMIT 1;
-- One method does not go on from the other.
SELECT usercls.train_sequence('cut_time', 'cut_rows', features => '{spend}', outcome => 'count(*) FILTER (WHERE spend > 12) > 1', hyperparams => '{"hidden_size": 8}', warm_start => 1);
-- Export and import.
SELECT usercls.import_model('cut_again', usercls.export_model('cut_time', 1), spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'cut_time' AND version = 1), promote => 'always');
SELECT (SELECT array_agg((user_id, label, rank) ORDER BY user_id) FROM usercls.classify_users('cut_time')) IS NOT NULL AS scores, count(*) AS users FROM usercls.classify_users('cut_again');

-- Errors.
\set VERBOSITY default
SELECT cut_train('0');
SELECT cut_train('2.5');
SELECT cut_train('"2026-01-01"');
SELECT cut_train('{"a": 1}');
SELECT cut_train('[]');
SELECT cut_train('[3]');
SELECT cut_train('["soon"]');
SELECT cut_train('["infinity"]');
SELECT cut_train('["2026-06-01"]', '1 week');
SELECT cut_train(NULL, '1 week');
SELECT cut_train('3', '-1 week');
SELECT cut_train('["2026-06-01", "2026-07-20"]');
SELECT usercls.train_sequence('cut', 'cut_rows', features => '{spend}', outcome => 'count(*) = 0', cutoffs => '["2026-06-01"]', as_of => '2026-06-01', dry_run => true);
SELECT usercls.train_sequence('cut', 'cut_rows', features => '{spend}', outcome => 'count(*) = 0', validation => '{"method": "time"}', dry_run => true);
SELECT usercls.train_sequence('cut', 'cut_rows', features => '{spend}', outcome => 'count(*) = 0', cutoffs => '3', cutoff_every => '1 week', validation => '{"method": "time"}', dry_run => true);
CALL usercls.retrain('cut_hours', as_of => '2026-06-22');

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'cut%' ORDER BY model;
DROP TABLE cut_rows, cut_scores CASCADE;
DROP FUNCTION cut_train, cut_plain;
