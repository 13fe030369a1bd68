-- MiniRocket: an architecture like the others, at every door.
SET client_min_messages = warning;
SET timezone = 'UTC';

-- When in the window a user is active decides the label; how much does not.
CREATE TABLE rocket_log AS
SELECT u AS user_id, timestamptz '2026-01-05' + make_interval(days => 7 * w) AS ts,
       (1 + u % 5) * (1 + (abs(w - (4 + 7 * (u % 2))) <= 1)::int * 3) + sin(u * w) AS spend, (ARRAY['early', 'late'])[u % 2 + 1] AS kind
FROM generate_series(1, 200) AS u, generate_series(0, 15) AS w;

SELECT model, metric, memory > 1000000 AS memory
FROM usercls.train_sequence('rocket', 'rocket_log', label_column => 'kind', features => '{spend}', architecture => 'minirocket',
                            window_periods => 16, dry_run => true);
SELECT version, promoted, metric, value < 0.1 AS learned, value < baseline AS better, best_epoch, epochs,
       rows_train + rows_held_out AS users
FROM usercls.train_sequence('rocket', 'rocket_log', label_column => 'kind', features => '{spend}', architecture => 'minirocket',
                            window_periods => 16, hyperparams => '{"num_features": 1000}');
SELECT architecture, epochs, best_epoch, seed, rows_train + rows_held_out AS users, memory > 0 AS memory
FROM usercls.versions WHERE model = 'rocket';
SELECT tensor, shape[1] AS rows FROM usercls.model_tensors('rocket') WHERE tensor ~ 'minirocket|^head' ORDER BY 1;

-- By name, by value, many at once, and the model's own table: the same.
CREATE TABLE rocket_seq AS
SELECT user_id, min(kind) AS kind, usercls.sequence_agg(ts, ARRAY[spend], interval '7 days', timestamptz '2026-01-05', '2026-04-27') AS seq
FROM rocket_log GROUP BY user_id;
SELECT avg((p.label = kind)::int) > 0.95 AS accurate, max(abs((SELECT sum(x) FROM unnest(p.probabilities) x) - 1)) < 1e-6 AS sum_to_one,
       bool_and(p.probabilities = v.probabilities) AS by_value
FROM rocket_seq, (SELECT usercls.export_model('rocket') AS weights) m,
     LATERAL usercls.predict('rocket', seq) AS p, LATERAL usercls.predict(m.weights, seq) AS v;
SELECT count(*) AS users, max(abs(c.probability - (usercls.predict('rocket', seq)).probability)) < 1e-5 AS as_predict
FROM usercls.classify_sequences('rocket', 'rocket_seq') c JOIN rocket_seq USING (user_id);
SELECT count(*) AS users, max(abs(c.probability - (usercls.predict('rocket', seq)).probability)) < 1e-5 AS as_predict
FROM usercls.classify_users('rocket', '2026-04-27') c JOIN rocket_seq USING (user_id);

-- Sequences shorter than the window.
SELECT usercls.score('rocket', ARRAY[[3]]::float8[], 'late') BETWEEN 0 AND 1 AS one_period,
       usercls.score('rocket', ARRAY[[NULL]]::float8[], 'late') BETWEEN 0 AND 1 AS nothing_known;

-- Out and in again; trained again on today's data, with workers, to the same weights.
SELECT usercls.import_model('rocket copy', usercls.export_model('rocket'), promote => 'always');
SELECT bool_and((usercls.predict('rocket copy', seq)).probabilities = (usercls.predict('rocket', seq)).probabilities) AS same FROM rocket_seq;
SET usercls.training_workers = 1;
CALL usercls.retrain('rocket', promote => 'never');
RESET usercls.training_workers;
SELECT count(*) = 2 AS versions, count(DISTINCT sha256) AS weights FROM usercls.model_version v JOIN usercls.model m USING (model_id) WHERE m.name = 'rocket';
SELECT metric, n > 0 AS measured FROM usercls.evaluate('rocket') WHERE metric = 'log_loss';

-- Nobody held out: the temperature is fitted by cross-validation alone. Epochs go on from the closed form.
SELECT rows_held_out, epochs FROM usercls.train_sequence('rocket all', 'rocket_log', label_column => 'kind', features => '{spend}',
    architecture => 'minirocket', window_periods => 16, validation => '{"method": "none"}', hyperparams => '{"num_features": 168}');
SELECT avg(-ln(usercls.score('rocket all', seq, kind))) < 0.2 AS calibrated FROM rocket_seq;
SELECT epochs FROM usercls.train_sequence('rocket all', 'rocket_log', label_column => 'kind', features => '{spend}',
    architecture => 'minirocket', window_periods => 16, hyperparams => '{"num_features": 168, "max_epochs": 2}');

-- What it cannot honour.
\set VERBOSITY terse
SELECT usercls.train_sequence('rocket', 'rocket_log', label_column => 'kind', architecture => 'minirocket', hyperparams => '{"num_layers": 2}');
SELECT usercls.train_sequence('rocket', 'rocket_log', label_column => 'kind', architecture => 'minirocket', hyperparams => '{"pooling": "attention"}');
SELECT usercls.train_sequence('rocket', 'rocket_log', label_column => 'kind', architecture => 'minirocket', hyperparams => '{"bidirectional": true}');

SELECT count(usercls.drop_model(model)) FROM (VALUES ('rocket'), ('rocket copy'), ('rocket all')) AS m(model);
DROP TABLE rocket_log, rocket_seq;
