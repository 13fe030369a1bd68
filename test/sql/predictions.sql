-- predictions(): the rows behind the figures of evaluate(), which are made of them again here, in plain SQL.
SET search_path = public, usercls;
SET timezone = 'UTC';
SET datestyle = iso;
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE TABLE pred_rows AS -- three kinds of users, told by noise
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (u % 3 * w + abs(hashint8(u * 100 + w)) % 40)::float8 AS spend, (ARRAY['low', 'mid', 'top'])[1 + u % 3] AS kind
FROM generate_series(1, 300) u, generate_series(0, 19) w WHERE NOT (u % 4 = 0 AND w > 14);
SELECT rows_held_out FROM train_sequence('pred', 'pred_rows', features => '{spend}', label_column => 'kind', window_periods => 4, hyperparams => '{"hidden_size": 8, "max_epochs": 4}', decision => 'macro_f1', promote => 'always');
CREATE TABLE pred AS SELECT * FROM predictions('pred');

-- One row for each held-out user, with a probability for each class; what is not of its kind is null.
SELECT count(*) AS users, count(DISTINCT user_id) AS once, bool_and(held_out) AS held_out, count(DISTINCT cutoff) AS cutoffs, bool_and(actual = kind) AS true, bool_and(abs((SELECT sum(p) FROM unnest(probabilities) p) - 1) < 1e-6) AS sums, bool_and(probability = probabilities[array_position(ARRAY['low', 'mid', 'top'], label)]) AS of_label, count(outcome) + count(treated) + count(uplift) AS others
FROM pred JOIN (SELECT DISTINCT user_id, kind FROM pred_rows) k USING (user_id);
CREATE VIEW pred_figures AS
SELECT 'accuracy' AS metric, avg((label = actual)::int)::float8 AS value FROM pred
UNION ALL SELECT 'log_loss', avg(-ln(probabilities[array_position(ARRAY['low', 'mid', 'top'], actual)])) FROM pred
UNION ALL SELECT 'auc(' || c || ')', auc(probabilities[array_position(ARRAY['low', 'mid', 'top'], c)], actual = c) FROM pred, unnest(ARRAY['low', 'mid', 'top']) c GROUP BY c
UNION ALL SELECT 'ece', sum(gap) / (SELECT count(*) FROM pred) FROM (SELECT abs(sum((m = probabilities[array_position(ARRAY['low', 'mid', 'top'], actual)])::int - m)) AS gap FROM pred, LATERAL (SELECT max(p) AS m FROM unnest(probabilities) p) x GROUP BY ceil(m * 15)) g;
SELECT metric, abs(e.value - f.value) < 1e-9 AS same FROM evaluate('pred', replicates => 0) e JOIN pred_figures f USING (metric) ORDER BY 1;
SELECT bool_and(n = m) AS confusion FROM confusion_matrix('pred') JOIN (SELECT actual, label AS predicted, count(*) AS m FROM pred GROUP BY 1, 2) p USING (actual, predicted);
-- The users that were learned from, too; and everybody of another table, of whom it is not known.
SELECT held_out, count(*), count(*) FILTER (WHERE user_id IN (SELECT user_id FROM pred)) AS the_same FROM predictions('pred', held_out => false) GROUP BY 1 ORDER BY 1;
SELECT rows_train, rows_held_out FROM versions WHERE model = 'pred';
CREATE TABLE pred_others AS SELECT user_id + 1000 AS user_id, ts, spend, kind FROM pred_rows WHERE user_id <= 60;
SELECT held_out, count(*), bool_and(user_id > 1000) AS others FROM predictions('pred', source => 'pred_others') GROUP BY 1;
SELECT DISTINCT cutoff FROM predictions('pred', as_of => '2026-05-04');
-- A version by number, by position; ids of another type.
SELECT count(*) FROM predictions('pred', 1);
SELECT count(*) AS same FROM predictions('pred', NULL::text) p JOIN pred ON p.user_id = pred.user_id::text AND p.probabilities = pred.probabilities;
SELECT pg_typeof(user_id) AS type, count(*) FROM predictions('pred', id => NULL::int, version => 1) GROUP BY 1;
SELECT * FROM predictions('pred', NULL::uuid);
-- A training that held out nobody has only users that it learned from.
SELECT rows_held_out FROM train_sequence('pred_none', 'pred_rows', features => '{spend}', label_column => 'kind', window_periods => 4, hyperparams => '{"hidden_size": 8, "max_epochs": 1}', validation => '{"method": "none"}', promote => 'always');
SELECT * FROM predictions('pred_none');
SELECT held_out, count(*) FROM predictions('pred_none', held_out => false) GROUP BY 1;
SELECT * FROM predictions('pred', held_out => NULL);

-- Several cutoffs: a row for each at which a user is there. By time the newest are held out, of everybody.
SELECT rows_held_out FROM train_sequence('pred_cut', 'pred_rows', features => '{spend}', outcome => 'count(*) = 0', window_periods => 4, horizon_periods => 1, cutoffs => '4', hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always');
SELECT count(*) AS rows, count(DISTINCT user_id) AS users, count(DISTINCT cutoff) AS cutoffs FROM predictions('pred_cut');
SELECT actual, bool_and(user_id % 4 = 0) AS gone FROM predictions('pred_cut') WHERE cutoff > '2026-04-20 13:00Z' GROUP BY 1 ORDER BY 1;
SELECT rows_held_out FROM train_sequence('pred_time', 'pred_rows', features => '{spend}', outcome => 'count(*) = 0', window_periods => 4, horizon_periods => 1, cutoffs => '8', validation => '{"method": "time", "share": 0.25}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always');
SELECT held_out, count(DISTINCT cutoff) AS cutoffs, count(DISTINCT user_id) AS users FROM predictions('pred_time', held_out => false) GROUP BY 1 ORDER BY 1;

-- A number: outcome is it, and forecast() says what the probabilities mean.
SELECT rows_held_out FROM train_sequence('pred_num', 'pred_rows', features => '{spend}', outcome => 'coalesce(sum(spend), 0)', window_periods => 4, horizon_periods => 1, hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
SELECT metric, abs(value - CASE metric WHEN 'mae' THEN mae WHEN 'rmse' THEN rmse ELSE coverage END) < 1e-9 AS same
FROM evaluate('pred_num', replicates => 0), (SELECT avg(abs(outcome - median)) AS mae, sqrt(avg((outcome - mean) ^ 2)) AS rmse, avg((outcome BETWEEN low AND high)::int) AS coverage FROM predictions('pred_num') p, forecast('pred_num', p.probabilities)) f WHERE metric <> 'log_loss' ORDER BY 1;
SELECT bool_and(p.outcome = t.spend) AS true FROM predictions('pred_num') p JOIN (SELECT user_id, coalesce(sum(spend) FILTER (WHERE ts > c.cutoff AND ts <= c.cutoff + interval '7 days'), 0) AS spend FROM pred_rows, (SELECT max(cutoff) AS cutoff FROM predictions('pred_num')) c GROUP BY 1) t USING (user_id);

-- One array a row: there are no times.
CREATE TABLE pred_arrays AS SELECT user_id, kind, array_agg(spend ORDER BY ts) AS seq FROM pred_rows GROUP BY 1, 2;
SELECT rows_held_out FROM train_sequence('pred_arrays', 'pred_arrays', sequence_column => 'seq', architecture => 'gru', label_column => 'kind', hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always');
SELECT count(*), count(cutoff) AS cutoffs FROM predictions('pred_arrays');

-- An experiment, with ids that are texts.
CREATE TABLE pred_trial AS SELECT 'u' || u AS user_id, u % 7 / 7.0 AS x, nullif(u % 5, 4) % 2 AS treated, ((u * 7907 % 1000) < 300 + u % 2 * 200)::int AS outcome FROM generate_series(1, 400) u;
SELECT rows_held_out FROM train_uplift('pred_offer', 'pred_trial', NULL, hyperparams => '{"hidden_size": 4, "max_epochs": 4}', promote => 'always');
SELECT * FROM predictions('pred_offer');
CREATE TABLE pred_up AS SELECT * FROM predictions('pred_offer', NULL::text);
SELECT count(*) AS users, bool_and(p.treated = (t.treated = 1) AND p.outcome = t.outcome) AS true, count(label) + count(actual) + count(probabilities) + count(cutoff) AS others FROM pred_up p JOIN pred_trial t USING (user_id);
SELECT metric, abs(value - CASE metric WHEN 'qini' THEN (SELECT qini(uplift, treated, outcome) FROM pred_up) WHEN 'auuc' THEN (SELECT auuc(uplift, treated, outcome) FROM pred_up) WHEN 'mean_predicted' THEN (SELECT avg(uplift) FROM pred_up)
	ELSE (SELECT avg(outcome) FILTER (WHERE treated) - avg(outcome) FILTER (WHERE NOT treated) FROM pred_up) END) < 1e-9 AS same FROM evaluate('pred_offer', replicates => 0) WHERE metric IN ('qini', 'auuc', 'mean_predicted', 'mean_effect');
SELECT held_out, count(*) FROM predictions('pred_offer', NULL::text, held_out => false) GROUP BY 1 ORDER BY 1;
SELECT held_out, count(*) FROM predictions('pred_offer', NULL::text, source => 'pred_trial') GROUP BY 1;

-- Who may score a model reads its tables as himself: without a right on them he sees nobody, and of rows what row security shows.
CREATE ROLE regress_pred;
GRANT USAGE ON SCHEMA usercls TO regress_pred;
SET ROLE regress_pred;
SELECT count(*) FROM predictions('pred');
RESET ROLE;
SELECT grant_model('pred', 'regress_pred', 'score');
SET ROLE regress_pred;
SELECT count(*) FROM predictions('pred');
RESET ROLE;
GRANT SELECT ON pred_rows TO regress_pred;
ALTER TABLE pred_rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY hundred ON pred_rows USING (user_id <= 100);
SET ROLE regress_pred;
SELECT count(*) > 0 AS some, max(user_id) <= 100 AS of_these FROM predictions('pred', held_out => false);
RESET ROLE;
SELECT revoke_model('pred', 'regress_pred', 'score');
DROP TABLE pred_rows CASCADE;
DROP TABLE pred_others, pred_arrays, pred_trial, pred_up;
DROP TABLE pred CASCADE;
SELECT drop_model(model) IS NOT NULL AS dropped FROM models WHERE model LIKE 'pred%' ORDER BY model;
DROP OWNED BY regress_pred;
DROP ROLE regress_pred;
