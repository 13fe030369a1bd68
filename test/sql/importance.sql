-- How much a model needs each feature: what it loses when the feature is shuffled among users that it has not learned from.
\set VERBOSITY terse
SET client_min_messages = error;
SET timezone = 'UTC';
SET search_path = public, usercls;
-- Who buys twice as much in spring leaves, and who is old does; noise says nothing.
CREATE TABLE imp AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (5 + abs(hashint8(u * 1000 + w)) % 5) * CASE WHEN u % 3 = 0 AND w > 6 THEN 2 ELSE 1 END AS orders,
	(abs(hashint8(u * 77 + w)) % 10)::float8 AS noise, CASE WHEN w >= 12 THEN CASE WHEN u % 3 = 0 OR abs(hashint8(u)) % 100 > 70 THEN 'leaves' ELSE 'stays' END END AS state
FROM generate_series(1, 800) u, generate_series(0, 15) w;
CREATE TABLE imp_members AS SELECT u AS user_id, abs(hashint8(u)) % 100 AS age, 'city ' || abs(hashint8(u * 5)) % 4 AS city FROM generate_series(1, 800) u;
SELECT model, (train_sequence(model, 'imp', features => '{orders,noise}', label_column => 'state', window_periods => 12, horizon_periods => 4, as_of => '2026-03-30', users => 'imp_members', attributes => '{age,city}',
	architecture => architecture, hyperparams => hyperparams, promote => 'always')).value < 0.5 AS learned
FROM (VALUES ('imp', 'gru', '{"max_epochs": 10, "hidden_size": 16}'::jsonb), ('imp_rocket', 'minirocket', '{"num_features": 840}')) v(model, architecture, hyperparams);
SELECT m AS model, feature, count(*) AS metrics, bool_and(ci_low > 0) AS needed, bool_and(abs(importance) < 0.05) AS not_needed, bool_and(ci_low <= importance AND importance <= ci_high) AS within, min(n) AS n
FROM unnest('{imp,imp_rocket}'::text[]) m, LATERAL importance(m) GROUP BY 1, 2 ORDER BY 1, 2;
-- The rows: features in the model's order, then attributes; a version; the same every time; another seed shuffles otherwise.
SELECT array_agg(feature || ' ' || metric) AS rows FROM importance('imp', 1, replicates => 0);
CREATE TABLE imp_again AS SELECT s, i.* FROM (VALUES (42), (42), (43)) v(s), LATERAL importance('imp', seed => s, replicates => 20) i;
SELECT count(DISTINCT (feature, metric, importance, ci_low, ci_high)) FILTER (WHERE s = 42) = 8 AS the_same, count(DISTINCT importance) FILTER (WHERE feature = 'orders') > 2 AS otherwise FROM imp_again;
SELECT count(*) AS rows, count(ci_low) AS intervals, bool_and(n = 30) AS of_thirty FROM importance('imp', users => 30, replicates => 0);
-- Where all values are alike nothing is lost, whoever gives his to whom.
UPDATE imp_members SET city = 'city 1';
SELECT metric, abs(importance) < 1e-9 AS zero, ci_low = 0 AND ci_high = 0 AS always FROM importance('imp') WHERE feature = 'city' ORDER BY metric;
UPDATE imp_members SET city = 'city ' || abs(hashint8(user_id * 5)) % 4;
-- Several cutoffs: users are drawn with all their rows; a number: by its absolute error.
SELECT (train_sequence('imp_cut', 'imp', features => '{orders,noise}', outcome => 'sum(orders) > 30', cutoffs => '3', window_periods => 6, horizon_periods => 2, hyperparams => '{"max_epochs": 3, "hidden_size": 8}', promote => 'always')).cutoffs;
SELECT feature, metric, ci_low > 0 AS needed FROM importance('imp_cut') ORDER BY 1, 2;
SELECT (train_sequence('imp_number', 'imp', features => '{orders,noise}', outcome => 'sum(orders)::numeric', window_periods => 6, horizon_periods => 2, hyperparams => '{"max_epochs": 6, "hidden_size": 8}', promote => 'always')).cutoffs;
SELECT feature, metric, ci_low > 0 AS needed FROM importance('imp_number') ORDER BY 1, 2;
-- Uplift: by Qini. A text is one feature, whatever inputs its values are.
CREATE TABLE imp_trial AS
SELECT u AS user_id, abs(hashint8(u * 3)) % 2 AS treated, (ARRAY['web', 'shop', 'phone'])[1 + u % 3] AS place, abs(hashint8(u * 5)) % 50 AS age,
	(abs(hashint8(u * 7)) % 100 < CASE WHEN u % 3 = 0 AND hashint8(u * 3) % 2 <> 0 THEN 70 ELSE 20 END)::int AS outcome
FROM generate_series(1, 3000) u;
CREATE TABLE imp_edges AS SELECT 1 + abs(hashint8(e)) % 3000 AS src, 1 + abs(hashint8(e * 11)) % 3000 AS dst FROM generate_series(1, 4000) e;
SELECT (train_uplift('imp_uplift', 'imp_trial', 'imp_edges', features => '{place,age}', hyperparams => '{"hidden_size": 8, "max_epochs": 30}', promote => 'always')).version;
SELECT feature, metric, ci_low > 0 AS needed, importance > 0.02 AS much, n FROM importance('imp_uplift') ORDER BY 1;
-- Errors.
SELECT * FROM importance('imp', users => 1);
SELECT * FROM importance('imp', replicates => -1);
SELECT * FROM importance('imp', 7);
SELECT * FROM importance('nobody');
SELECT (train_sequence('imp_all', 'imp', features => '{orders}', outcome => 'sum(orders) > 30', window_periods => 6, horizon_periods => 2, validation => '{"method": "user", "share": 0}', hyperparams => '{"max_epochs": 1, "hidden_size": 8}', promote => 'always')).version;
SELECT * FROM importance('imp_all');
SELECT drop_model(model) IS NOT NULL AS dropped FROM models WHERE model LIKE 'imp%' ORDER BY model;
DROP TABLE imp, imp_members, imp_again, imp_trial, imp_edges;
