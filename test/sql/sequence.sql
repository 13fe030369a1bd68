-- Sequence models, from a table to a class for each user.
SET client_min_messages = warning;
SET timezone = 'UTC';

-- Each user spends ever more, ever less, or neither: the drift decides the label, and shows in the features.
CREATE TABLE seq_behaviour AS
SELECT u AS user_id, timestamptz '2026-01-05' + make_interval(days => d) AS ts,
       20 + (u % 3 - 1) * 0.12 * d + 5 * sin(u * d) AS spend, (u * d) % 5 + 1 AS logins,
       (ARRAY['down', 'same', 'up'])[u % 3 + 1] AS drift
FROM generate_series(1, 300) AS u, generate_series(0, 139) AS d
WHERE (u / 3 + d) % 3 = 0;

-- What a training would take, without it: nothing is stored.
SELECT model, version, promoted, metric, value, rows_train + rows_held_out AS users, classes, memory > 100000 AS memory
FROM usercls.train_sequence('seq_drift', 'seq_behaviour', label_column => 'drift', features => '{spend,logins}',
                            dry_run => true);
SELECT count(*) FROM usercls.models WHERE model = 'seq_drift';

-- A label column: what the sequence shows can be learned.
SELECT model, version, promoted, reason, metric, value < baseline AND value < 0.3 AS learned,
       rows_train + rows_held_out AS users, classes, best_epoch BETWEEN 1 AND epochs AS best_epoch, elapsed_seconds > 0 AS elapsed_seconds
FROM usercls.train_sequence('seq_drift', 'seq_behaviour', label_column => 'drift', features => '{spend,logins}',
                            hyperparams => '{"hidden_size": 16, "max_epochs": 30, "learning_rate": 0.01}', comment => 'first');
SELECT kind, architecture, promoted_version, versions, metric, comment FROM usercls.models WHERE model = 'seq_drift';
SELECT count(*) = max(l.epoch) AND min(l.epoch) = 1 AS epochs, bool_and(l.train_loss > 0) AS losses
FROM usercls.training_log l JOIN usercls.training_runs r USING (run_id) WHERE r.model = 'seq_drift';

-- One sequence at a time: 12 periods of 2 features. Missing periods, short histories and one row are scored, too.
CREATE TABLE seq_of_user AS
SELECT user_id, min(drift) AS drift,
       usercls.sequence_agg(ts, ARRAY[spend, logins], interval '7 days', timestamptz '2026-03-02', '2026-05-25') AS seq
FROM seq_behaviour WHERE ts >= '2026-03-02' AND ts < '2026-05-25' GROUP BY user_id;
SELECT avg((p.label = u.drift)::int) > 0.9 AS accurate, bool_and(p.probability BETWEEN 0 AND 1) AS in_range,
       max(abs((SELECT sum(x) FROM unnest(p.probabilities) x) - 1)) < 1e-6 AS sum_to_one, min(p.version), max(p.version)
FROM seq_of_user u CROSS JOIN LATERAL usercls.predict('seq_drift', u.seq) AS p;
SELECT max(abs(usercls.score('seq_drift', seq, 'up') - (usercls.predict('seq_drift', seq)).probabilities[3])) AS difference
FROM seq_of_user;
-- A file that does not say how long its window is takes any length.
\set unsized 'decode(replace(encode(usercls.export_model(''seq_drift''), ''hex''), encode(''window_periods'', ''hex''), encode(''window_unknown'', ''hex'')), ''hex'')'
SELECT usercls.score('seq_drift', ARRAY[[NULL, NULL], [NULL, 3], [5, 3]]::float8[], 'up')
     = usercls.score('seq_drift', ARRAY[[NULL, 3], [5, 3]]::float8[], 'up') AS empty_periods_at_the_start,
       usercls.score('seq_drift', ARRAY[[NULL, NULL]]::float8[], 'up') BETWEEN 0 AND 1 AS nothing_known,
       usercls.score('seq_drift', ARRAY[[5, 3]], 'up') BETWEEN 0 AND 1 AS one_period,
       usercls.score(:unsized, array_fill(1, ARRAY[500, 2]), 'up') BETWEEN 0 AND 1 AS many_periods;
SELECT usercls.predict('seq_drift', NULL) IS NULL AS null_is_null;

-- The weights as a value give the same, and no version.
SELECT bool_and(a.label = b.label AND a.probabilities = b.probabilities AND b.version IS NULL) AS same
FROM seq_of_user u, (SELECT usercls.export_model('seq_drift') AS weights) m,
     LATERAL usercls.predict('seq_drift', u.seq) AS a, LATERAL usercls.predict(m.weights, u.seq) AS b;

-- In parallel workers.
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT count(usercls.score('seq_drift', seq, 'up')) FROM seq_of_user;
ROLLBACK;
-- A class by its number in the probabilities.
SELECT bool_and(usercls.score(w, seq, 3) = usercls.score(w, seq, 'up')) AS same FROM seq_of_user, (SELECT usercls.export_model('seq_drift')) AS e (w);
SELECT usercls.score(usercls.export_model('seq_drift'), ARRAY[[5, 3]]::float8[], 4);
SELECT usercls.score(usercls.export_model('seq_drift'), ARRAY[[5, 3]]::float8[], 0);

-- All users of the model's own table, read up to as_of, are scored as predict() does, and ranked within each class.
SELECT count(*) AS users, avg((c.label = u.drift)::int) > 0.9 AS accurate,
       max(abs(c.probability - (usercls.predict('seq_drift', u.seq)).probability)) < 1e-5 AS as_predict,
       bool_and(c.trend IS NULL) AS no_trend
FROM usercls.classify_users('seq_drift', '2026-05-25', NULL::bigint, with_trend => true) c JOIN seq_of_user u USING (user_id);
-- A table of sequences is scored as predict() does it, by any number of workers; users without one are left out.
SET usercls.training_workers = 1;
SELECT count(*) = (SELECT count(*) FROM seq_of_user) AS everybody,
       bool_and(c.label = (usercls.predict('seq_drift', u.seq)).label) AS same_label,
       max(abs(c.probability - (usercls.predict('seq_drift', u.seq)).probability)) < 1e-6 AS as_predict,
       bool_and(c.probability = ANY (c.probabilities)) AS of_the_label
FROM usercls.classify_sequences('seq_drift', 'seq_of_user') c JOIN seq_of_user u USING (user_id);
RESET usercls.training_workers;
CREATE VIEW seq_named AS SELECT 'user ' || user_id AS who, CASE WHEN user_id <= 10 THEN seq END AS history FROM seq_of_user;
SELECT count(*), min(user_id), max(user_id)
FROM usercls.classify_sequences('seq_drift', 'seq_named', 'who', 'history', NULL::text);
SELECT count(*) FROM usercls.classify_sequences('seq_drift', 'seq_of_user') c
JOIN usercls.classify_sequences('seq_drift', 'seq_of_user', 'user_id', 'seq', NULL::bigint) b USING (user_id, probability);
DROP VIEW seq_named;
SELECT bool_and(rank = expected) AS ranked
FROM (SELECT rank, rank() OVER (PARTITION BY label ORDER BY probability DESC) AS expected
      FROM usercls.classify_users('seq_drift')) r;

-- A trend as the label: that of the window which ends horizon_periods after as_of.
SELECT classes, rows_train + rows_held_out AS users
FROM usercls.train_sequence('seq_trend', 'seq_behaviour', trend_of => 'spend', as_of => '2026-04-27', seed => 1,
                            hyperparams => '{"hidden_size": 8, "max_epochs": 3}');
SELECT jsonb_object_agg(label, n) AS classes, sum(n) AS users
FROM (SELECT usercls.label(trend) AS label, count(*) AS n
      FROM usercls.trend_users('seq_behaviour', 'user_id', 'ts', 'spend', interval '7 days', timestamptz '2026-03-02',
                               timestamptz '2026-05-25')
      GROUP BY 1) l;
-- Without as_of the label window ends with the last day of the data that is complete.
SELECT version, promoted IS NOT NULL AS promoted, rows_train + rows_held_out AS users
FROM usercls.train_sequence('seq_trend', 'seq_behaviour', trend_of => 'spend', horizon_periods => 0, architecture => 'lstm',
                            class_weights => '"resample"', promote => 'never',
                            hyperparams => '{"hidden_size": 8, "max_epochs": 3}');
SELECT version, as_of FROM usercls.versions WHERE model = 'seq_trend' ORDER BY version;
SELECT count(*) = 300 AS users, bool_and(c.trend::text = t.trend::text) AS same_trend
FROM usercls.classify_users('seq_trend', '2026-05-25', NULL::bigint, with_trend => true) c
JOIN usercls.trend_users('seq_behaviour', 'user_id', 'ts', 'spend', interval '7 days', timestamptz '2026-03-02',
                         timestamptz '2026-05-25') t USING (user_id);
-- Months before June 30th are other ones than those after February 28th, where the window starts: the trend counts as
-- the window does.
SELECT count(*) AS versions FROM usercls.train_sequence('seq_month', 'seq_behaviour', trend_of => 'spend', period => '1 month',
    window_periods => 4, horizon_periods => 0, as_of => '2026-05-24', promote => 'always',
    hyperparams => '{"hidden_size": 2, "max_epochs": 1}');
SELECT count(*) > 0 AS users, bool_and(trend::text LIKE '%first -4 periods 4 %') AS counted_back,
       bool_and(abs((usercls.period_values(trend))[1] - (SELECT sum(spend) FROM seq_behaviour b
                WHERE b.user_id = c.user_id AND ts >= '2026-02-28' AND ts < '2026-03-30')) < 1e-9) AS february
FROM usercls.classify_users('seq_month', '2026-06-30', NULL::bigint, with_trend => true) c;
SELECT count(*) > 0 AS users, count(trend) AS trends FROM usercls.classify_users('seq_month', '2026-06-30', NULL::bigint, with_trend => false);
SELECT usercls.rollup(trend) FROM (
    SELECT trend FROM usercls.classify_users('seq_month', '2026-06-30', NULL::bigint, with_trend => true)
    UNION ALL SELECT trend FROM usercls.trend_users('seq_behaviour', 'user_id', 'ts', 'spend', interval '1 month',
                                                    timestamptz '2026-02-28', timestamptz '2026-06-28')) t;


-- A class that nobody held out has is learned from, and said not to be measured.
CREATE VIEW seq_rare AS SELECT *, CASE WHEN user_id = 5 THEN 'rare' WHEN user_id % 2 = 0 THEN 'even' ELSE 'odd' END AS kind
FROM seq_behaviour WHERE user_id <= 40;
SET client_min_messages = notice;
SELECT classes, rows_train, rows_held_out, value IS NOT NULL AS measured
FROM usercls.train_sequence('seq_rare', 'seq_rare', label_column => 'kind', features => '{spend}', promote => 'never',
                            hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT rows_held_out, value IS NOT NULL AS measured
FROM usercls.train_sequence('seq_rare', 'seq_rare', label_column => 'kind', features => '{spend}', promote => 'never',
                            validation => '{"share": 0.001}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT rows_held_out, value
FROM usercls.train_sequence('seq_rare', 'seq_rare', label_column => 'kind', features => '{spend}', promote => 'never',
                            validation => '{"method": "none"}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SET client_min_messages = warning;
SELECT metrics::jsonb -> 'model' -> 'auc' -> 'rare' AS auc_of_rare FROM usercls.versions WHERE model = 'seq_rare' AND version = 1;

-- A view whose times are others each time one looks: rows that are not in the window after all are left out.
CREATE FUNCTION seq_shift() RETURNS interval STABLE LANGUAGE plpgsql
AS $$ BEGIN RETURN CASE WHEN random() < 0.5 THEN 0 ELSE (random() - 0.5) * 1e6 END * interval '1 hour'; END $$;
CREATE VIEW seq_shifted AS SELECT user_id, ts + seq_shift() AS ts, spend, drift FROM seq_behaviour;
SET client_min_messages = error;
SELECT rows_train > 0 AS users
FROM usercls.train_sequence('seq_shifted', 'seq_shifted', label_column => 'drift', features => '{spend}', as_of => '2026-04-27', dry_run => true);
SET client_min_messages = warning;
DROP VIEW seq_shifted;
DROP FUNCTION seq_shift();

-- Nothing after as_of reaches a feature.
CREATE TABLE seq_future AS
SELECT user_id, ts, CASE WHEN ts >= '2026-04-27' THEN 1e9 ELSE spend END AS spend, logins, drift FROM seq_behaviour;
SELECT m, (usercls.train_sequence(m, t, label_column => 'drift', features => '{spend,logins}', as_of => '2026-04-27',
                                  hyperparams => '{"hidden_size": 8, "max_epochs": 2}')).version
FROM (VALUES ('seq_past', 'seq_behaviour'::regclass), ('seq_with_future', 'seq_future')) v(m, t);
SELECT count(DISTINCT sha256(usercls.export_model(m))) AS weights FROM unnest('{seq_past,seq_with_future}'::text[]) AS m;

-- Any number of workers, and any order of the rows, gives the same bits.
CREATE TABLE seq_shuffled AS SELECT * FROM seq_behaviour ORDER BY md5(user_id::text || ts::text);
SET usercls.training_workers = 1;
SELECT version FROM usercls.train_sequence('seq_one_worker', 'seq_shuffled', label_column => 'drift', features => '{spend,logins}',
                                           as_of => '2026-04-27', hyperparams => '{"hidden_size": 8, "max_epochs": 2}');
SET usercls.training_workers = 2;
SELECT version FROM usercls.train_sequence('seq_two_workers', 'seq_shuffled', label_column => 'drift', features => '{spend,logins}',
                                           as_of => '2026-04-27', hyperparams => '{"hidden_size": 8, "max_epochs": 2}');
RESET usercls.training_workers;
SELECT count(DISTINCT sha256(usercls.export_model(m))) AS weights
FROM unnest('{seq_past,seq_one_worker,seq_two_workers}'::text[]) AS m;

-- Training starts from an earlier version, and the promoted one stays unless the new one is better.
SELECT version, promoted FROM usercls.train_sequence('seq_past', 'seq_behaviour', label_column => 'drift',
    features => '{spend,logins}', as_of => '2026-04-27', warm_start => 1, promote => 'always',
    hyperparams => '{"hidden_size": 8, "max_epochs": 20, "learning_rate": 0.01}');
SELECT version, promoted FROM usercls.train_sequence('seq_past', 'seq_behaviour', label_column => 'drift',
    features => '{spend,logins}', as_of => '2026-04-27', hyperparams => '{"hidden_size": 1, "max_epochs": 1}');

-- Users without a label, without a row in the window, and with ids of another type.
CREATE TABLE seq_text AS
SELECT 'user ' || user_id AS who, ts::date AS day, spend::numeric AS spend, CASE WHEN user_id % 10 > 0 THEN drift = 'up' END AS up
FROM seq_behaviour WHERE user_id <= 100
UNION ALL SELECT 'late', date '2026-05-01', 1, true;
SELECT rows_train + rows_held_out AS users, classes
FROM usercls.train_sequence('seq_text', 'seq_text', user_column => 'who', time_column => 'day', label_column => 'up',
                            hyperparams => '{"hidden_size": 8, "max_epochs": 2}', class_weights => '{"true": 2}',
                            validation => '{"method": "none"}', horizon_periods => 4);
SELECT count(*) AS users, min(user_id) FROM usercls.classify_users('seq_text', '2026-04-27', NULL::text);
SELECT count(*) AS users FROM usercls.classify_users('seq_text', NULL, NULL::text);

-- Rows that no window reaches are nobody's; with an index on the time a query finds the others, without one we do.
INSERT INTO seq_text VALUES (NULL, '2020-01-01'), (NULL, 'infinity'), ('never', 'infinity'), ('never', '-infinity'),
    ('never', '5874897-12-31'), ('never', NULL), (NULL, NULL);
CREATE TABLE seq_scanned AS SELECT * FROM usercls.classify_users('seq_text', NULL, NULL::text);
CREATE INDEX ON seq_text (day);
SELECT count(*) AS users, count(*) FILTER (WHERE s::text = i::text) AS alike
FROM seq_scanned s FULL JOIN usercls.classify_users('seq_text', NULL, NULL::text) i USING (user_id);
INSERT INTO seq_text VALUES (NULL, '2026-05-01');
SELECT * FROM usercls.classify_users('seq_text', NULL, NULL::text);
DROP INDEX seq_text_day_idx;
SELECT * FROM usercls.classify_users('seq_text', NULL, NULL::text);
DROP TABLE seq_scanned;

-- A timeout ends a training at once, and leaves no trace.
CREATE FUNCTION seq_cancelled(OUT cancelled boolean, OUT in_time boolean) LANGUAGE plpgsql AS $$
DECLARE started timestamptz := clock_timestamp();
BEGIN
	cancelled := false;
	BEGIN
		PERFORM usercls.train_sequence('seq_cancelled', 'seq_behaviour', label_column => 'drift', seed => 7,
		                               hyperparams => '{"max_epochs": 100000, "patience": 0}');
	EXCEPTION WHEN query_canceled THEN
		cancelled := true;
	END;
	in_time := clock_timestamp() - started < interval '2 seconds';
END $$;
SET statement_timeout = '500ms';
SELECT * FROM seq_cancelled();
RESET statement_timeout;
SELECT count(*) AS trace FROM usercls.models WHERE model = 'seq_cancelled';
SELECT count(*) AS trace FROM usercls.progress();

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'seq%' ORDER BY model;
DROP FUNCTION seq_cancelled();
DROP VIEW seq_rare;
DROP TABLE seq_behaviour, seq_of_user, seq_future, seq_shuffled, seq_text;
