-- compare(): two versions on the users that both held out.
SET search_path = public, usercls;
SET timezone = 'UTC';
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE TABLE cmp_rows AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (u % 3 * w + abs(hashint8(u * 100 + w)) % 40)::float8 AS spend, abs(hashint8(u * 77 + w)) % 10 AS noise, (ARRAY['low', 'mid', 'top'])[1 + u % 3] AS kind
FROM generate_series(1, 600) u, generate_series(0, 19) w;
-- Version 1 reads noise; 2 reads what tells; 3 was split by another seed; 4 reads up to a later moment.
SELECT version, rows_held_out FROM train_sequence('cmp', 'cmp_rows', features => '{noise}', label_column => 'kind', window_periods => 4, as_of => '2026-04-27', hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
SELECT version, rows_held_out FROM train_sequence('cmp', 'cmp_rows', features => '{spend}', label_column => 'kind', window_periods => 6, as_of => '2026-04-27', hyperparams => '{"hidden_size": 8, "max_epochs": 4}', decision => 'macro_f1', promote => 'always');
SELECT version, rows_held_out FROM train_sequence('cmp', 'cmp_rows', features => '{spend}', label_column => 'kind', window_periods => 4, as_of => '2026-04-27', hyperparams => '{"hidden_size": 4, "max_epochs": 2}', seed => 7, promote => 'always');
SELECT version, rows_held_out FROM train_sequence('cmp', 'cmp_rows', features => '{spend}', label_column => 'kind', window_periods => 4, as_of => '2026-05-18', hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'never');
CREATE TABLE cmp AS SELECT * FROM compare('cmp', 1, 2);
SELECT metric, n, difference = b - a AS difference, ci_low <= difference AND difference <= ci_high AS interval, metric = 'log_loss' OR ci_low > 0 AS surely_better FROM cmp WHERE metric NOT IN ('auc(mid)', 'ece') ORDER BY 1;
SELECT ci_high < 0 AS surely_better FROM cmp WHERE metric = 'log_loss';
-- Both held out the same users: each version's figures are those of evaluate().
SELECT bool_and(abs(c.a - e1.value) < 1e-9 AND abs(c.b - e2.value) < 1e-9) AS as_evaluate, count(*) AS metrics FROM cmp c JOIN evaluate('cmp', version => 1, replicates => 0) e1 USING (metric) JOIN evaluate('cmp', version => 2, replicates => 0) e2 USING (metric);
-- The difference of a version to itself is 0, surely; the other way round it is the negative.
SELECT bool_and(difference = 0 AND ci_low = 0 AND ci_high = 0) AS none FROM compare('cmp', 2, 2);
SELECT bool_and(abs(r.difference + c.difference) < 1e-12 AND abs(r.ci_low + c.ci_high) < 1e-12 AND abs(r.ci_high + c.ci_low) < 1e-12) AS negative FROM compare('cmp', 2, 1) r JOIN cmp c USING (metric);
-- The interval of the difference knows that the users are the same: it is narrower than of two samples.
SELECT metric, c.ci_high - c.ci_low < sqrt((e2.ci_high - e2.ci_low) ^ 2 + (e4.ci_high - e4.ci_low) ^ 2) AS narrower
FROM compare('cmp', 2, 4) c JOIN evaluate('cmp', version => 2, as_of => '2026-05-18') e2 USING (metric) JOIN evaluate('cmp', version => 4) e4 USING (metric) WHERE metric = 'log_loss';
-- Another seed: users that both held out. The promoted version; a later moment; a source.
SELECT DISTINCT n, n = (SELECT count(*) FROM predictions('cmp', 1) a JOIN predictions('cmp', 3) b USING (user_id)) AS common FROM compare('cmp', 1, 3);
SELECT bool_and(c.b = e.b) AS promoted_is_3 FROM compare('cmp', 1) c JOIN compare('cmp', 1, 3) e USING (metric);
SELECT bool_and(abs(c.a - e.value) < 1e-9) AS at_the_later FROM compare('cmp', 2, 4, replicates => 0) c JOIN evaluate('cmp', version => 2, as_of => '2026-05-18', replicates => 0) e USING (metric);
SELECT DISTINCT n, ci_low IS NULL AS without FROM compare('cmp', 1, 2, source => 'cmp_rows', replicates => 0);
-- Numbers; several cutoffs, whose rows are drawn by user.
SELECT version FROM train_sequence('cmp_num', 'cmp_rows', features => '{spend}', outcome => 'sum(spend)', window_periods => 4, horizon_periods => 1, cutoffs => '3', hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always');
CALL retrain('cmp_num', promote => 'never');
SELECT metric, n, difference IS NOT NULL AND ci_low <= difference AND difference <= ci_high AS interval FROM compare('cmp_num', 1, 2) ORDER BY 1;
-- An experiment: ranked by each version in its own order.
CREATE TABLE cmp_trial AS SELECT 'u' || u AS user_id, u % 7 / 7.0 AS x, u % 5 / 5.0 AS z, u % 2 AS treated, ((u * 7907 % 1000) < 300 + u % 2 * 400 * (u % 7 / 7.0))::int AS outcome FROM generate_series(1, 1000) u;
SELECT version FROM train_uplift('cmp_offer', 'cmp_trial', NULL, features => '{z}', hyperparams => '{"hidden_size": 4, "max_epochs": 8}', promote => 'always');
SELECT version FROM train_uplift('cmp_offer', 'cmp_trial', NULL, features => '{x}', hyperparams => '{"hidden_size": 4, "max_epochs": 8}', promote => 'always');
SELECT count(*) AS metrics, bool_and(abs(c.a - e1.value) < 1e-9 AND abs(c.b - e2.value) < 1e-9) AS as_evaluate, bool_and(ci_low <= difference AND difference <= ci_high) FILTER (WHERE metric <> 'calibration_error') AS intervals, bool_and(difference = 0) FILTER (WHERE metric = 'mean_effect') AS same_effect
FROM compare('cmp_offer', 1, 2) c JOIN (SELECT metric, value FROM evaluate('cmp_offer', version => 1, replicates => 0)) e1 USING (metric) JOIN (SELECT metric, value FROM evaluate('cmp_offer', version => 2, replicates => 0)) e2 USING (metric);
-- What cannot be measured has no interval: no group of these users has two of each arm, but one that is drawn twice counts as two.
CREATE TABLE cmp_few AS SELECT 'v' || u AS user_id, 0.5 AS x, (u % 3 = 0)::int AS treated, u % 2 AS outcome FROM generate_series(1, 30) u;
SELECT metric, value IS NULL AS unknown, ci_low, ci_high FROM evaluate('cmp_offer', 'cmp_few', version => 2) WHERE metric = 'calibration_error';
-- Errors.
\set VERBOSITY default
SELECT * FROM compare('cmp', 1, 9);
SELECT * FROM compare('cmp', 1, 2, replicates => -1);
SELECT version FROM train_sequence('cmp', 'cmp_rows', features => '{spend}', outcome => 'sum(spend) > 30', window_periods => 4, horizon_periods => 1, hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'never');
SELECT * FROM compare('cmp', 1, 5);
SELECT version FROM train_sequence('cmp', 'cmp_rows', features => '{spend}', outcome => 'sum(spend) > 50', window_periods => 4, horizon_periods => 1, hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'never');
SELECT * FROM compare('cmp', 5, 6);
SELECT drop_model(model) IS NOT NULL AS dropped FROM models WHERE model LIKE 'cmp%' ORDER BY model;
DROP TABLE cmp_rows, cmp, cmp_trial, cmp_few;
