-- thresholds(), threshold(), roc_curve(), lift_curve(), confusion_matrix() at a threshold, calibration() of each class.
\getenv dir PG_ABS_SRCDIR
\set tiny_model :dir '/tiny_model.sql'
\set ECHO none
\i :tiny_model
\set ECHO all
SET timezone = 'UTC';
\set VERBOSITY terse
SET client_min_messages = warning;

-- Committed vectors with ties, ranked by a model whose probability rises with the score: what scikit-learn says of them is
-- in curves.csv (test/fixtures/make_metric_fixtures.py).
CREATE TABLE thr_vector (name text, user_id serial, y int, t int, u float8);
\copy thr_vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n40_ties.csv' (FORMAT csv)
UPDATE thr_vector SET name = 'n40_ties' WHERE name IS NULL;
\copy thr_vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n60_ties.csv' (FORMAT csv)
UPDATE thr_vector SET name = 'n60_ties' WHERE name IS NULL;
\copy thr_vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n60_distinct.csv' (FORMAT csv)
UPDATE thr_vector SET name = 'n60_distinct' WHERE name IS NULL;
\copy thr_vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n1000_ties.csv' (FORMAT csv)
UPDATE thr_vector SET name = 'n1000_ties' WHERE name IS NULL;
CREATE TABLE thr_reference (name text, place int, tn int, fp int, fn int, tp int, precision float8, recall float8, false_positive_rate float8);
\copy thr_reference FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/curves.csv' (FORMAT csv)
CREATE VIEW thr_rows AS SELECT name, user_id, timestamptz '2026-01-05' AS ts, u AS spend, 0::float8 AS logins, CASE y WHEN 1 THEN 'high_risk' ELSE 'stable' END AS kind FROM thr_vector;
SELECT format('CREATE VIEW thr_%1$s AS SELECT * FROM thr_rows WHERE name = %1$L', name) FROM thr_reference GROUP BY name ORDER BY 1 \gexec
SELECT version FROM usercls.train_sequence('thr', 'thr_rows', features => '{spend,logins}', label_column => 'kind', hyperparams => '{"hidden_size": 2, "max_epochs": 1}', promote => 'always');
SELECT usercls.import_model('thr', pg_temp.tiny_model(0, slope => 2), spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'thr'), promote => 'always') AS version;
CREATE VIEW thr_found AS
SELECT r.*, t.threshold, t.users, t.precision AS precision_found, t.recall AS recall_found, t.false_positive_rate AS rate_found, t.lift
FROM (SELECT n.name, row_number() OVER (PARTITION BY n.name ORDER BY threshold DESC) AS place, t.* FROM (SELECT DISTINCT name FROM thr_reference) n, usercls.thresholds('thr', 'high_risk', source => ('thr_' || n.name)::regclass, points => NULL) t) t
FULL JOIN thr_reference r USING (name, place);
SELECT name, count(*) AS thresholds, bool_and(users = tp + fp) AS users, bool_and(abs(precision - precision_found) < 1e-9) AS precision, bool_and(abs(recall - recall_found) < 1e-9) AS recall,
       bool_and(abs(false_positive_rate - rate_found) < 1e-9) AS rate, bool_and(abs(lift - precision * (tn + fp + fn + tp) / (fn + tp)) < 1e-9) AS lift
FROM thr_found GROUP BY name ORDER BY name;
SELECT name, count(*) AS points, bool_and(abs(c.true_positive_rate - coalesce(r.recall, 0)) < 1e-9 AND abs(c.false_positive_rate - coalesce(r.false_positive_rate, 0)) < 1e-9) AS roc, count(threshold) AS thresholds
FROM (SELECT n.name, row_number() OVER (PARTITION BY n.name ORDER BY true_positive_rate, false_positive_rate) - 1 AS place, c.* FROM (SELECT DISTINCT name FROM thr_reference) n, usercls.roc_curve('thr', 'high_risk', source => ('thr_' || n.name)::regclass, points => NULL) c) c
LEFT JOIN thr_reference r USING (name, place) GROUP BY name ORDER BY name;
SELECT name, count(*) AS cells, bool_and(n = CASE WHEN actual = 'high_risk' THEN CASE WHEN predicted = 'high_risk' THEN tp ELSE fn END WHEN predicted = 'high_risk' THEN fp ELSE tn END) AS confusion
FROM thr_found f, usercls.confusion_matrix('thr', source => ('thr_' || name)::regclass, class => 'high_risk', threshold => f.threshold) WHERE place IN (1, 3, 7) GROUP BY name ORDER BY name;
SELECT actual, predicted, n FROM usercls.confusion_matrix('thr', source => 'thr_n40_ties', class => 'high_risk', threshold => 2);
SELECT abs(usercls.auc(probabilities[1], actual = 'high_risk') - (SELECT sum((c.false_positive_rate - before) * (c.true_positive_rate + true_before) / 2) FROM (SELECT *, lag(false_positive_rate) OVER w AS before, lag(true_positive_rate) OVER w AS true_before
	FROM usercls.roc_curve('thr', 'high_risk', source => 'thr_n1000_ties', points => NULL) WINDOW w AS (ORDER BY true_positive_rate, false_positive_rate)) c)) < 1e-9 AS area_is_auc FROM usercls.predictions('thr', source => 'thr_n1000_ties');
SELECT count(*) AS rows, min(share) AS first, max(share) AS last, bool_and(abs(captured - lift * share) < 1e-9 OR share = 0) AS agree FROM usercls.lift_curve('thr', 'high_risk', source => 'thr_n1000_ties', points => NULL);

-- A model that learned, on its held-out users.
CREATE TABLE thr_shop AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (u % 3 * w + abs(hashint8(u * 100 + w)) % 60)::float8 AS spend, (ARRAY['low', 'mid', 'top'])[1 + u % 3] AS kind
FROM generate_series(1, 900) u, generate_series(0, 9) w;
SELECT rows_held_out FROM usercls.train_sequence('thr_shop', 'thr_shop', features => '{spend}', label_column => 'kind', window_periods => 4, hyperparams => '{"hidden_size": 8, "max_epochs": 4}', promote => 'always');
CREATE TABLE thr_all AS SELECT * FROM usercls.thresholds('thr_shop', 'top', points => NULL);
CREATE TABLE thr_pred AS SELECT actual = 'top' AS top, probabilities[3] AS p, probabilities, actual FROM usercls.predictions('thr_shop');
SELECT bool_and(t.users = s.users AND t.recall = s.ones / 60.0) AS as_predicted, count(*) = (SELECT count(DISTINCT p) FROM thr_pred) AS all_of_them
FROM thr_all t, LATERAL (SELECT count(*) AS users, count(*) FILTER (WHERE top) AS ones FROM thr_pred WHERE p >= threshold) s;
-- Fewer points are some of these.
SELECT count(*) BETWEEN 10 AND 12 AS about_ten, max(users) AS last, count(*) = (SELECT count(*) FROM thr_all a JOIN usercls.thresholds('thr_shop', 'top', points => 10) t USING (threshold, users)) AS of_these FROM usercls.thresholds('thr_shop', 'top', points => 10);
-- The goals, by plain SQL over the thresholds.
CREATE VIEW thr_goals AS
SELECT 'min_precision' AS goal, t.*, (SELECT min(threshold) FROM thr_all WHERE precision >= 0.8) AS want FROM usercls.threshold('thr_shop', 'top', min_precision => 0.8) t
UNION ALL SELECT 'min_recall', t.*, (SELECT max(threshold) FROM thr_all WHERE recall >= 0.6) FROM usercls.threshold('thr_shop', 'top', min_recall => 0.6) t
UNION ALL SELECT 'users', t.*, (SELECT max(threshold) FROM thr_all WHERE users >= 100 / 5) FROM usercls.threshold('thr_shop', 'top', users => 100) t
UNION ALL SELECT 'value', t.*, (SELECT threshold FROM thr_all ORDER BY 10 * precision * users - 4 * users DESC, threshold DESC LIMIT 1) FROM usercls.threshold('thr_shop', 'top', value => 10, cost => 4) t;
SELECT goal, g.threshold = want AS threshold, g.marked = a.users AND g.precision = a.precision AND g.recall = a.recall AS marked, ci_low <= g.threshold AND g.threshold <= ci_high AND ci_low < ci_high AS interval FROM thr_goals g JOIN thr_all a USING (threshold) ORDER BY 1;
SELECT ci_low IS NULL AND ci_high IS NULL AND threshold IS NOT NULL AS without FROM usercls.threshold('thr_shop', 'top', min_recall => 0.6, replicates => 0);
SELECT a.ci_low = b.ci_low AS same_seed, a.ci_low <> c.ci_low OR a.ci_high <> c.ci_high AS other_seed FROM usercls.threshold('thr_shop', 'top', min_recall => 0.6) a, usercls.threshold('thr_shop', 'top', min_recall => 0.6) b, usercls.threshold('thr_shop', 'top', min_recall => 0.6, seed => 7) c;
-- None does: null, which marks nobody. Everybody is worth it: all of the class are marked.
SELECT * FROM usercls.threshold('thr_shop', 'top', value => 10, cost => 11);
SELECT recall FROM usercls.threshold('thr_shop', 'top', value => 10, cost => 1e-9);
-- It marks the users of a table of scores.
CALL usercls.refresh_scores('thr_shop', 'thr_scores', class => 'top', threshold => (usercls.threshold('thr_shop', 'top', users => 100)).threshold);
SELECT count(*) FILTER (WHERE marked) BETWEEN 50 AND 150 AS about_a_hundred FROM thr_scores;
-- Each class is calibrated as the rows say; together with the share of each bin they make the class's share.
SELECT class, sum(n) AS users, abs(sum(n * observed) - 60) < 1e-9 AS observed, abs(sum(n * predicted) - (SELECT sum(probabilities[array_position(ARRAY['low', 'mid', 'top'], c.class)]) FROM thr_pred)) < 1e-9 AS predicted,
       abs(sum(n * abs(observed - predicted)) / sum(n) - (SELECT usercls.expected_calibration_error(probabilities[array_position(ARRAY['low', 'mid', 'top'], c.class)], actual = c.class) FROM thr_pred)) < 1e-9 AS as_the_aggregate
FROM usercls.calibration('thr_shop', by_class => true) c GROUP BY class ORDER BY class;
SELECT count(class) AS classes, sum(n) AS users FROM usercls.calibration('thr_shop');

-- Errors.
\set VERBOSITY default
SELECT * FROM usercls.threshold('thr_shop', 'top');
SELECT * FROM usercls.threshold('thr_shop', 'top', min_recall => 0.6, users => 5);
SELECT * FROM usercls.threshold('thr_shop', 'top', value => 5);
SELECT * FROM usercls.threshold('thr_shop', 'top', min_precision => 80);
SELECT * FROM usercls.threshold('thr_shop', 'top', users => 901);
SELECT * FROM usercls.threshold('thr_shop', 'top', value => 'Infinity', cost => 1);
SELECT * FROM usercls.threshold('thr_shop', 'topp', users => 9);
SELECT * FROM usercls.threshold('thr_shop', NULL, users => 9);
SELECT * FROM usercls.threshold('thr_shop', 'top', users => 9, replicates => -1);
SELECT * FROM usercls.thresholds('thr_shop', 'top', points => 0);
SELECT * FROM usercls.confusion_matrix('thr_shop', class => 'top');
SELECT * FROM usercls.confusion_matrix('thr_shop', class => 'top', threshold => 'NaN');
SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'thr%' ORDER BY model;
\set VERBOSITY terse
DROP TABLE thr_vector, thr_reference, thr_shop, thr_all, thr_pred, thr_scores CASCADE;
