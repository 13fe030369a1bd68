-- Coverage of 95 % intervals: the truth is what the whole population says, and of each of 1,000 samples it is seen whether the
-- interval holds it.
SET search_path = public, usercls;
SET client_min_messages = warning;
SET usercls.max_memory = '1GB';
SELECT setseed(0.5) \g /dev/null

-- A million users of three classes that overlap, in 1,000 parts of 1,000; and 3,000 others to train two versions on.
CREATE TABLE class_users AS
SELECT u AS user_id, u / 1000 AS part, 'c' || k AS kind, ARRAY[k + 2 * (random() + random() + random() - 1.5), k * 0.5 + 2 * (random() + random() - 1)] AS seq
FROM generate_series(0, 1002999) u, LATERAL (SELECT floor(3 * random() + u * 0)::int AS k) x;
CREATE INDEX ON class_users (part);
CREATE VIEW class_train AS SELECT user_id, kind, seq FROM class_users WHERE part >= 1000;
CREATE VIEW class_all AS SELECT user_id, kind, seq FROM class_users WHERE part < 1000;
CREATE VIEW class_part AS SELECT user_id, kind, seq FROM class_users WHERE part = current_setting('bench.part')::int;
SELECT FROM train_sequence('c', 'class_train', sequence_column => 'seq', label_column => 'kind', hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always') \g /dev/null
SELECT FROM train_sequence('c', 'class_train', sequence_column => 'seq', label_column => 'kind', hyperparams => '{"hidden_size": 8, "max_epochs": 10, "summary_size": 0}', promote => 'always') \g /dev/null

-- Two million users of an experiment in 1,000 parts of 2,000, and 5,000 others to train on.
CREATE TABLE trial_users AS
SELECT u AS user_id, u / 2000 AS part, x, z, treated, (random() < 0.3 + treated * (0.25 * x - 0.05))::int AS outcome
FROM (SELECT u, random() AS x, random() AS z, (random() < 0.5)::int AS treated FROM generate_series(0, 2004999) u) t;
CREATE INDEX ON trial_users (part);
CREATE VIEW trial_train AS SELECT user_id, x, z, treated, outcome FROM trial_users WHERE part >= 1000;
CREATE VIEW trial_all AS SELECT user_id, x, z, treated, outcome FROM trial_users WHERE part < 1000;
CREATE VIEW trial_part AS SELECT user_id, x, z, treated, outcome FROM trial_users WHERE part = current_setting('bench.part')::int;
SELECT FROM train_uplift('u', 'trial_train', NULL, hyperparams => '{"hidden_size": 8, "max_epochs": 30}', promote => 'always') \g /dev/null
ANALYZE;

-- A row for each figure of a source; replicates as asked for. users: a tenth of them.
CREATE FUNCTION figures(classes regclass, trial regclass, tenth bigint, replicates int)
RETURNS TABLE (door text, metric text, value float8, low float8, high float8) LANGUAGE sql AS $$
	SELECT 'evaluate, classes', metric, value, ci_low, ci_high FROM usercls.evaluate('c', classes, replicates => replicates)
	UNION ALL SELECT 'evaluate, uplift', metric, value, ci_low, ci_high FROM usercls.evaluate('u', trial, replicates => replicates) WHERE metric NOT IN ('largest_smd', 'arm_auc')
	UNION ALL SELECT 'compare', metric, difference, ci_low, ci_high FROM usercls.compare('c', 1, 2, source => classes, replicates => replicates) WHERE metric <> 'ece'
	UNION ALL SELECT 'threshold', 'min_precision => 0.8', threshold, ci_low, ci_high FROM usercls.threshold('c', 'c2', min_precision => 0.8, source => classes, replicates => replicates)
	UNION ALL SELECT 'threshold', 'min_recall => 0.6', threshold, ci_low, ci_high FROM usercls.threshold('c', 'c2', min_recall => 0.6, source => classes, replicates => replicates)
	UNION ALL SELECT 'threshold', 'users => a tenth', threshold, ci_low, ci_high FROM usercls.threshold('c', 'c2', users => tenth, source => classes, replicates => replicates)
	UNION ALL SELECT 'threshold', 'value => 10, cost => 6', threshold, ci_low, ci_high FROM usercls.threshold('c', 'c2', value => 10, cost => 6, source => classes, replicates => replicates)
$$;
CREATE TABLE truth AS SELECT door, metric, value FROM figures('class_all', 'trial_all', 100000, 0);
CREATE TABLE sample AS SELECT 0 AS part, * FROM figures('class_all', 'trial_all', 100000, 0) LIMIT 0;
DO $$ BEGIN
	FOR p IN 0..999 LOOP
		PERFORM set_config('bench.part', p::text, false);
		INSERT INTO sample SELECT p, f.* FROM figures('class_part', 'trial_part', 100, 200) f;
	END LOOP;
END $$;
-- ece has a bias that depends on how many users there are: what it is of 1,000 users is the mean of the samples.
UPDATE truth SET value = (SELECT avg(value) FROM sample s WHERE s.door = truth.door AND s.metric = 'ece') WHERE metric = 'ece';

\pset format unaligned
\pset tuples_only on
\pset fieldsep ' | '
\echo '| function | figure | truth | covered, of 1,000 | mean width | values outside |'
\echo '| --- | --- | --- | --- | --- | --- |'
SELECT '| ' || door, metric, round(t.value::numeric, 4), round(100.0 * avg((t.value BETWEEN low AND high)::int), 1) || ' %', round(avg(high - low)::numeric, 4), sum((s.value NOT BETWEEN low AND high)::int) || ' |'
FROM sample s JOIN truth t USING (door, metric) GROUP BY door, metric, t.value ORDER BY door, metric;
