-- Features that are the answer: named in the result and in a warning, at every door; what they reach bars no honest version.
SET timezone = 'UTC';
CREATE TABLE tell_trial AS
SELECT g AS user_id, abs(hashint8(g * 13)) % 50 AS age, 1 + (hashint8(g) & 1) AS arm, hashint8(g) & 1 AS treated,
       (abs(hashint8(g * 7)) % 100 < 30 + 20 * (hashint8(g) & 1))::int AS outcome FROM generate_series(1, 3000) AS g;
CREATE TABLE tell_edges (src int, dst int);

-- All numeric columns are taken: a second name of the treatment is one of them.
SELECT features, telling, notices, version IS NULL AS dry FROM usercls.train_uplift('tell', 'tell_trial', 'tell_edges', dry_run => true);
SET client_min_messages = error;
SELECT features, telling, promoted, reason
FROM usercls.train_uplift('tell', 'tell_trial', 'tell_edges', hyperparams => '{"max_epochs": 20}');
SELECT notices FROM usercls.training_runs WHERE model = 'tell';
-- The honest version is not measured against it, and the other way round.
SELECT telling, promoted, reason FROM usercls.train_uplift('tell', 'tell_trial', 'tell_edges', features => '{age}', hyperparams => '{"max_epochs": 3}');
SELECT telling, promoted, reason FROM usercls.train_uplift('tell', 'tell_trial', 'tell_edges', hyperparams => '{"max_epochs": 20}');
SELECT promoted, reason ~ '^qini .* against .* of version 2$' AS compared FROM usercls.train_uplift('tell', 'tell_trial', 'tell_edges', features => '{age}', hyperparams => '{"max_epochs": 3}', seed => 42);
-- retrain() says it, too.
SELECT usercls.promote('tell', 1);
CALL usercls.retrain('tell');
SELECT notices IS NOT NULL AS said, error FROM usercls.training_runs WHERE model = 'tell' ORDER BY run_id DESC LIMIT 1;

-- A copy of the outcome, of an amount, as a text, and one that is only known for those who were treated.
RESET client_min_messages;
\set VERBOSITY terse
CREATE VIEW tell_copies AS
SELECT user_id, age, treated, outcome, 7 - 3 * outcome AS points, CASE WHEN treated = 1 THEN age END AS offer, 'arm ' || arm AS branch,
       CASE WHEN user_id % 3 = 0 THEN NULL ELSE outcome END AS partly, age + 20 * outcome AS strong FROM tell_trial;
SELECT features, telling FROM usercls.train_uplift('tell_copies', 'tell_copies', 'tell_edges', features => '{age,points,offer,branch,partly,strong}', dry_run => true);
CREATE VIEW tell_amounts AS SELECT user_id, age, treated, outcome * (age + 1) * 1.5 AS outcome, outcome * (age + 1) AS paid FROM tell_trial;
SELECT telling FROM usercls.train_uplift('tell_amounts', 'tell_amounts', 'tell_edges', hyperparams => '{"estimator": "class_transform"}', dry_run => true);

-- Sequences: a copy of the label in some rows, its number, when it is missing; ordinary features with an AUC of 0.8 and 0.9 are none.
CREATE TABLE tell_events AS
SELECT u AS user_id, timestamptz '2026-01-05' + w * interval '7 days' AS ts, k AS label, (k = 'left')::int * (w = 2)::int AS gone, (k = 'left')::int + 1 AS code,
       CASE WHEN k = 'left' THEN 3.5 END AS refund, ((hashint8(u * 3) & 1023) / 1024.0 + (k = 'left')::int * 0.37)::float8 AS ordinary,
       ((hashint8(u * 5) & 1023) / 1024.0 + (k = 'left')::int * 0.56)::float8 AS strong, (hashint8(u * 100 + w) & 15)::float8 AS noise
FROM generate_series(1, 1000) AS u, generate_series(0, 3) AS w, LATERAL (SELECT CASE WHEN hashint8(u * 11) & 3 = 0 THEN 'left' ELSE 'stayed' END) AS x (k);
SELECT round(usercls.auc(ordinary, label = 'left')::numeric, 1) AS ordinary, round(usercls.auc(strong, label = 'left')::numeric, 1) AS strong FROM tell_events WHERE ts < '2026-01-06';
SELECT features, telling FROM usercls.train_sequence('tell_seq', 'tell_events', label_column => 'label', horizon_periods => 0, window_periods => 4, as_of => '2026-02-02', dry_run => true);
\set VERBOSITY default
SELECT telling, notices FROM usercls.train_sequence('tell_seq', 'tell_events', label_column => 'label', horizon_periods => 0, window_periods => 4, as_of => '2026-02-02',
	features => '{noise,gone}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT features, telling, promoted, reason FROM usercls.train_sequence('tell_seq', 'tell_events', label_column => 'label', horizon_periods => 0, window_periods => 4, as_of => '2026-02-02',
	features => '{noise,ordinary,strong}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
-- What is forecast may be read: its own past is no copy of its future.
SELECT telling FROM usercls.train_sequence('tell_trend', 'tell_events', trend_of => 'noise', features => '{noise}', horizon_periods => 0, window_periods => 4, as_of => '2026-02-02', dry_run => true);

SET client_min_messages = error;
SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'tell%' ORDER BY model;
DROP TABLE tell_trial, tell_edges, tell_events CASCADE;
